package import GatewayMessage

/// What a handshake's sub-protocols hold of tokens. Found by whoever reads handshakes; whether it counts is for the route to
/// say.
package enum OfferedToken: Sendable, Equatable {
    case none
    /// Where it stands in the request's block, or its base64url does.
    case token(ByteRange, isBase64URL: Bool)
    case several
    /// The beginning of a form, and no token behind it.
    case incomplete
    /// There would be nothing left to answer with.
    case alone
}

/// What becomes of the token among a handshake's sub-protocols on the way upstream.
package enum OfferedTokenPassage: Sendable {
    /// It is none as far as the route is concerned.
    case untouched
    /// Upstream sees it, but must not choose it.
    case kept
    case removed
}
