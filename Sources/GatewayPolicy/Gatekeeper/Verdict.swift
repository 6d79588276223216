import GatewaySettings

/// What the gatekeeper says about one request.
package enum Verdict: Sendable {
    case forward(Admission)
    case refuse(Refusal)
}

/// Leave to go upstream.
package struct Admission: Sendable {
    package var route: RouteTerms
    /// Nil on `auth: none` and for anonymous requests on `auth: optional`.
    package var identity: VerifiedIdentity?

    package init(route: RouteTerms, identity: VerifiedIdentity?) {
        self.route = route
        self.identity = identity
    }

    /// The complete header lines to add to the request that goes upstream; already chosen by the route's `forward`.
    package var injected: [UInt8] {
        guard let identity = self.identity else { return [] }
        return self.route.forward == .normalize ? identity.injected : identity.identityLines
    }
}
