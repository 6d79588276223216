import GatewaySettings

/// What the gatekeeper says about one request.
package enum Verdict: Sendable {
    case forward(Admission)
    case refuse(Refusal)
    /// Somebody asks whether the gateway is there.
    case healthCheck
    /// A browser asks what a page may send; answered with 204 and these lines. Without a route it is about a renewal.
    case preflight(route: RouteTerms?, headerLines: [UInt8])
    /// Somebody brings the WebSocket of this session a new token, which is valid. Whether it is good for that socket is still
    /// to be asked: see `Gatekeeper.objection`.
    case renewal(session: [UInt8], identity: VerifiedIdentity)
}

/// Leave to go upstream.
package struct Admission: Sendable {
    package var route: RouteTerms
    /// Nil on `auth: none` and for anonymous requests on `auth: optional`.
    package var identity: VerifiedIdentity?
    /// Whole lines to add to the response; empty when `cors` is off.
    package var corsLines: [UInt8]
    /// The id that the client of a WebSocket chose for its session; empty when it chose none.
    package var session: [UInt8] = []

    /// What the route's rules about claims may ask again when the socket is given another token.
    package var captures = RouteCaptures.none
    /// Whole lines of this one request, to go upstream beside `injected`: what its path gave, and the signed assertion. Most
    /// often none.
    package var extraLines: [UInt8] = []
    package var offeredToken = OfferedTokenPassage.untouched

    package init(route: RouteTerms, identity: VerifiedIdentity?, corsLines: [UInt8] = []) {
        self.route = route
        self.identity = identity
        self.corsLines = corsLines
    }

    /// The complete header lines to add to the request that goes upstream; already chosen by the route's `forward`.
    package var injected: [UInt8] {
        guard let identity = self.identity else { return [] }
        return self.route.forward == .normalize ? identity.injected : identity.identityLines
    }
}
