import GatewayTokens

extension Gatekeeper {
    /// What goes upstream for a user beside the lines that are always the same: those of the path, and the assertion.
    func extraLines(
        _ identity: VerifiedIdentity,
        on route: RouteTerms,
        _ captures: RouteCaptures,
        _ now: WallClock
    ) throws(Refusal) -> [UInt8] {
        let captureLines = captures.isEmpty ? [] : self.policy.identity.lines(of: captures)
        guard let plan = self.policy.assertion, let signer = self.assertionSigner else { return captureLines }
        let audience = plan.audience(of: route.upstream)
        if let known = self.cache.assertion(about: identity, audience, captureLines), known.isFresh(at: now.seconds) {
            return known.lines
        }
        let expiresAt = plan.expiry(of: identity, from: now.seconds)
        let payload = plan.payload(
            identity, captureLines, audience: audience, issuedAt: now.seconds, expiresAt: expiresAt)
        guard let token = signer.sign(payload) else {
            // Without it the user would pass for nobody, and not know why.
            throw Refusal(route: route, reason: .keysUnavailable, logDetail: "the assertion could not be signed")
        }
        let assertion = Assertion(
            audience: audience, captureLines: captureLines, line: plan.linePrefix + token + [0x0D, 0x0A],
            issuedAt: now.seconds, expiresAt: expiresAt, lifetime: plan.lifetime)
        self.cache.keep(assertion, about: identity)
        return assertion.lines
    }
}
