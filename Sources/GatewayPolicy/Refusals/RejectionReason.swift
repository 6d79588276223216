package import GatewayTokens

/// Why a request is refused: the public side. What each reason becomes on the wire stands in `RejectionReason+Wire.swift`
/// and nowhere else.
package enum RejectionReason: Sendable, Equatable {
    case badPath(PathProblem)
    /// `Host` is no name, and routes go by hosts.
    case badHost
    case noRoute
    /// Routes match, and none of them takes the method.
    case methodNotAllowed
    /// The route's `allow` and `deny` keep the client's address out.
    case addressNotAllowed
    case originNotAllowed
    /// Clients other than browsers send none; `allow_missing_origin` lets them in.
    case originMissing
    /// Nothing that counts as a token was found, on a route that requires one.
    case notAuthenticated
    /// One of our schemes, but not followed by exactly one word.
    case badAuthorizationHeader
    /// A token is announced among the sub-protocols, and it is not one that can be taken.
    case badSubprotocol
    /// Several carriers, and not all of them carry the same token.
    case duplicateTokens
    case tokenNotValid(TokenRejection)
    case noUserIdentification(TokenRejection)
    /// A claim rule of the route failed.
    case forbidden
    /// As many WebSockets as may be are open already.
    case tooManySockets
    /// An open WebSocket has the id that the client chose for its session.
    case sessionInUse
    /// A client has brought too many tokens that were not valid, and this one is not known.
    case tooManyFailures
    /// The handshake names a session, but not by one proper id.
    case badSession
    /// The keys are not there yet.
    case keysUnavailable
}
