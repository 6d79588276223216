package import GatewayMessage
import GatewaySettings
package import GatewayTokens

/// Judges requests by one policy. One per worker and policy generation: it owns the token verifier, the cache of verified
/// tokens and the working memory, so nothing here is locked and a request of a known token allocates nothing.
package final class Gatekeeper {
    package let policy: Policy
    var path = PathReader()
    var matcher = PatternMatcher()
    var carriers: TokenCarriers
    var verifier = TokenVerifier()
    /// Nil: nothing is signed.
    let assertionSigner: CompactSigner?
    /// The policy's, with the keys that were fetched. Nil only when no route reads tokens.
    var authority: TokenAuthority?
    /// For each of the plan's remote blocks the generation of keys that `authority` has.
    var keyGenerations: [UInt64]
    /// Blocks of the plan: see `takeUnknownKeys`.
    var unknownKeys: [Int] = []
    /// Tokens that are no longer welcome; nil: all that are valid are. Whoever owns the gatekeeper changes it between requests.
    package var revocations: RevocationList?
    /// Whether the request being judged may cost a verification.
    var mayVerify = true
    /// What the handshake being judged has of tokens among its sub-protocols.
    var offered = OfferedToken.none
    /// See `takeFailure`.
    var hasFailed = false
    var cache: TokenCache
    /// Counted since the last `takeCounts`.
    var counts = TokenCounts()
    /// The next request to be judged comes from a trusted proxy.
    var isVetted = false
    /// Of that request it is not known whom it is from.
    var isClientUnknown = false
    /// The first since the last `takeIgnoredForwarding`.
    var ignoredForwarding: IPAddress?

    /// A 300-byte token with what is kept beside it takes about 1 kB.
    package init(policy: Policy, cacheEntries: Int = 4096, cacheBytes: Int = 8 << 20) {
        self.policy = policy
        self.authority = policy.tokens?.authority
        self.assertionSigner = policy.assertion.map { CompactSigner($0.key, type: AssertionPlan.type) }
        self.keyGenerations = Array(repeating: 0, count: policy.tokens?.remoteBlocks.count ?? 0)
        self.carriers = TokenCarriers(header: policy.tokenHeader, query: policy.tokenQuery)
        self.cache = TokenCache(entries: cacheEntries, bytes: cacheBytes)
    }

    /// Judges one request. Marks in `head` what must not be forwarded: header lines of names the gateway owns or the route
    /// edits, the token where the route says so, the path's prefix. `bytes` is the block that `head` was parsed from; `client`
    /// is who sent it as far as that is known, nil for somebody on this machine.
    ///
    /// The token is looked at last: whatever else is wrong is said first, and costs no signature. Without `mayVerify` only
    /// tokens that are known already pass. `offered` is what the handshake's sub-protocols hold, where `Policy.readsOffers`.
    package func judge(
        _ head: inout RequestHead,
        bytes: RawSpan,
        isWebSocket: Bool,
        client: IPAddress?,
        now: WallClock,
        mayVerify: Bool = true,
        offered: OfferedToken = .none
    ) -> Verdict {
        self.mayVerify = mayVerify
        self.offered = offered
        defer {
            self.isVetted = false
            self.isClientUnknown = false
        }
        if !self.policy.health.isEmpty, !isWebSocket, self.isHealthCheck(head, bytes: bytes) { return .healthCheck }
        do throws(Refusal) {
            try self.readPath(head.path, in: bytes)
            if self.isOwnPath(in: head, bytes: bytes) { return try self.renew(&head, bytes: bytes, now) }
            if self.policy.owned.drop(from: &head, bytes: bytes) { self.noteIgnoredForwarding(of: client) }
            let preflight = isWebSocket ? nil : Preflight(head, bytes: bytes)
            let route = try self.route(for: head, preflight, bytes: bytes, isWebSocket: isWebSocket, client: client)
            try self.checkPath(of: &head, bytes: bytes, route)
            if isWebSocket { try self.checkOrigin(of: head, bytes: bytes, route) }
            if let preflight { return self.answer(preflight, &head, bytes: bytes, route) }
            let session = isWebSocket && route.takesSession ? try self.session(of: head, bytes: bytes, route) : []
            let captures =
                route.captureNames.isEmpty || route.auth == .none
                ? .none : self.captures(of: route, head, bytes: bytes, isWebSocket: isWebSocket)
            var identity: VerifiedIdentity?
            if route.auth != .none {
                identity = try self.authenticate(&head, bytes: bytes, route, captures, isWebSocket: isWebSocket, now)
            }
            if !session.isEmpty { self.policy.sessionQuery.cut(from: &head, bytes: bytes) }
            var admission = self.admit(&head, bytes: bytes, route, identity, isWebSocket: isWebSocket)
            admission.session = session
            admission.captures = captures
            if let identity {
                if self.assertionSigner != nil || !captures.isEmpty {
                    admission.extraLines = try self.extraLines(identity, on: route, captures, now)
                }
                self.takeTokens(from: &head, bytes: bytes, isWebSocket: isWebSocket, &admission)
            }
            return .forward(admission)
        } catch {
            return .refuse(error)
        }
    }

    /// Whether a request is not counted by anybody's rate: a balancer's health check, and a preflight that is answered here.
    package func isExempt(_ head: borrowing RequestHead, bytes: RawSpan) -> Bool {
        if !self.policy.health.isEmpty, self.isHealthCheck(head, bytes: bytes) { return true }
        return self.policy.cors != nil && Preflight(head, bytes: bytes) != nil
    }

    private func isHealthCheck(_ head: borrowing RequestHead, bytes: RawSpan) -> Bool {
        switch head.method {
        case .get, .head: bytes.isEqual(head.path, self.policy.health)
        case .post, .put, .patch, .delete, .options, .connect, .trace, .other: false
        }
    }

    /// What only the route can say about the path: which forms it tolerates, and what goes upstream of it.
    private func checkPath(of head: inout RequestHead, bytes: RawSpan, _ route: RouteTerms) throws(Refusal) {
        if let problem = self.path.forms.subtracting(route.tolerated).problem {
            throw Refusal(route: route, reason: .badPath(problem), logDetail: problem.detail)
        }
        do throws(PathProblem) {
            head.strippedPath = try route.prefix.cut(head.path, in: bytes)
        } catch {
            throw Refusal(route: route, reason: .badPath(error), logDetail: error.detail)
        }
    }

    func checkOrigin(of head: borrowing RequestHead, bytes: RawSpan, _ route: RouteTerms) throws(Refusal) {
        if route.origins?.allow(head, bytes: bytes) ?? false { return }
        throw head.first(.origin) == nil
            ? Refusal(route: route, reason: .originMissing, logDetail: "no Origin header")
            : Refusal(route: route, reason: .originNotAllowed, logDetail: "origin not allowed")
    }

    /// A browser asks before it sends the token. The answer is ours with `cors`, otherwise the backend's, and then whatever
    /// token is here goes nowhere.
    private func answer(
        _ preflight: Preflight,
        _ head: inout RequestHead,
        bytes: RawSpan,
        _ route: RouteTerms
    ) -> Verdict {
        if let cors = self.policy.cors {
            return .preflight(route: route, headerLines: cors.preflightLines(preflight, head, bytes: bytes))
        }
        if route.auth != .none { self.carriers.remove(route.httpSources, all: true, from: &head, bytes: bytes) }
        var admission = self.admit(&head, bytes: bytes, route, nil, isWebSocket: false)
        if route.auth != .none, route.httpSources.contains(.cookie) {
            admission.extraLines = route.tokenCookie.cut(from: &head, bytes: bytes)
        }
        return .forward(admission)
    }

    private func admit(
        _ head: inout RequestHead,
        bytes: RawSpan,
        _ route: RouteTerms,
        _ identity: VerifiedIdentity?,
        isWebSocket: Bool
    ) -> Admission {
        route.edit(&head, bytes: bytes)
        // Pages cannot read what comes of a handshake, and browsers do not ask whether they may.
        let corsLines = isWebSocket ? nil : self.policy.cors?.responseLines(head, bytes: bytes)
        return Admission(route: route, identity: identity, corsLines: corsLines ?? [])
    }
}
