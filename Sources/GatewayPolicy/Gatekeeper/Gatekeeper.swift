package import GatewayMessage
import GatewaySettings
package import GatewayTokens

/// Judges requests by one policy. One per worker and policy generation: it owns the token verifier, the cache of verified
/// tokens and the working memory, so nothing here is locked and a request of a known token allocates nothing.
package final class Gatekeeper {
    package let policy: Policy
    private var path = PathReader()
    private var matcher = PatternMatcher()
    private var carriers: TokenCarriers
    private var verifier = TokenVerifier()
    private var cache: TokenCache
    /// Counted since the last `takeCounts`.
    fileprivate var counts = TokenCounts()
    /// The next request to be judged comes from a trusted proxy.
    var isVetted = false
    /// The first since the last `takeIgnoredForwarding`.
    var ignoredForwarding: IPAddress?

    /// A 300-byte token with what is kept beside it takes about 1 kB.
    package init(policy: Policy, cacheEntries: Int = 4096, cacheBytes: Int = 8 << 20) {
        self.policy = policy
        self.carriers = TokenCarriers(header: policy.tokenHeader, query: policy.tokenQuery)
        self.cache = TokenCache(entries: cacheEntries, bytes: cacheBytes)
    }

    /// Judges one request. Marks in `head` what must not be forwarded: header lines of names the gateway owns, and the
    /// token where the route says so. `bytes` is the block that `head` was parsed from; `client` is who sent it as far as that
    /// is known, nil for the machine itself.
    ///
    /// The order is that of what a refusal gives away, least first: the form of the request, who it comes from, what it asks
    /// for, and the token last.
    package func judge(
        _ head: inout RequestHead,
        bytes: RawSpan,
        isWebSocket: Bool,
        client: IPAddress?,
        now: WallClock
    ) -> Verdict {
        if !self.policy.health.isEmpty, !isWebSocket, self.isHealthCheck(head, bytes: bytes) { return .healthCheck }
        do {
            try self.path.read(head.path, in: bytes)
            try self.checkCharacters()
        } catch {
            return self.refuse(nil, .badPath(error), error.detail)
        }
        if self.policy.owned.drop(from: &head, bytes: bytes) { self.noteIgnoredForwarding(of: client) }
        self.isVetted = false
        guard let first = self.route(head, bytes: bytes, isWebSocket: isWebSocket) else {
            return self.refuse(nil, .noRoute, "no route matches")
        }
        let preflight = isWebSocket ? nil : Preflight(head, bytes: bytes)
        guard let route = isWebSocket ? first : self.taker(of: head, preflight, from: first, bytes: bytes) else {
            return self.refuseMethod(first, client)
        }
        if let addresses = route.addresses, !addresses.admits(client) {
            return self.refuse(route, .addressNotAllowed, "client address not allowed")
        }
        if let problem = self.path.forms.subtracting(route.tolerated).problem {
            return self.refuse(route, .badPath(problem), problem.detail)
        }
        do {
            head.strippedPath = try route.prefix.cut(head.path, in: bytes)
        } catch {
            return self.refuse(route, .badPath(error), error.detail)
        }
        if isWebSocket, !(route.origins?.allow(head, bytes: bytes) ?? false) {
            return head.first(.origin) == nil
                ? self.refuse(route, .originMissing, "no Origin header")
                : self.refuse(route, .originNotAllowed, "origin not allowed")
        }
        if let preflight { return self.answer(preflight, &head, bytes: bytes, route) }
        guard route.auth != .none else { return self.forward(&head, bytes: bytes, route, nil, isWebSocket) }
        return self.authenticate(&head, bytes: bytes, route, isWebSocket, now)
    }

    private func isHealthCheck(_ head: borrowing RequestHead, bytes: RawSpan) -> Bool {
        switch head.method {
        case .get, .head: bytes.isEqual(head.path, self.policy.health)
        case .post, .put, .patch, .delete, .options, .connect, .trace, .other: false
        }
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
        return self.forward(&head, bytes: bytes, route, nil, false)
    }

    private func forward(
        _ head: inout RequestHead,
        bytes: RawSpan,
        _ route: RouteTerms,
        _ identity: VerifiedIdentity?,
        _ isWebSocket: Bool
    ) -> Verdict {
        route.edit(&head, bytes: bytes)
        // Pages cannot read what comes of a handshake, and browsers do not ask whether they may.
        let corsLines = isWebSocket ? [] : self.policy.corsLines(head: head, bytes: bytes)
        return .forward(Admission(route: route, identity: identity, corsLines: corsLines))
    }

    private func refuse(_ route: RouteTerms?, _ reason: RejectionReason, _ detail: StaticString) -> Verdict {
        .refuse(Refusal(route: route, reason: reason, logDetail: detail))
    }

    /// Who may not use the first route that matches is not told what it takes.
    private func refuseMethod(_ first: RouteTerms, _ client: IPAddress?) -> Verdict {
        if let addresses = first.addresses, !addresses.admits(client) {
            return self.refuse(first, .addressNotAllowed, "client address not allowed")
        }
        let allow = self.policy.methods.allowed(from: first.index)
        let detail: StaticString = "no matching route takes the method"
        return .refuse(Refusal(route: first, reason: .methodNotAllowed, logDetail: detail, allow: allow))
    }

    // MARK: Route

    /// Python versions disagree about the classes of young characters. A pattern that asks for classes could then match
    /// here and not there.
    private func checkCharacters() throws(PathProblem) {
        guard self.policy.asksForCategories, !self.path.isASCII else { return }
        let decoded = self.path.decoded
        let bytes = decoded.span.bytes
        var offset = 0
        while let (scalar, length) = UTF8Decoding.scalar(in: bytes, at: offset) {
            guard UnicodeClasses.isSettled(scalar) else { throw .unsettledCharacter }
            offset += length
        }
    }

    private func route(_ head: borrowing RequestHead, bytes: RawSpan, isWebSocket: Bool) -> RouteTerms? {
        let host = self.policy.asksForHost ? head.host.map { HostRules.name(of: $0, in: bytes) } : nil
        if self.path.isVerbatim {
            return self.match(bytes.extracting(head.path.range), host, bytes: bytes, isWebSocket: isWebSocket)
        }
        let decoded = self.path.decoded
        return self.match(decoded.span.bytes, host, bytes: bytes, isWebSocket: isWebSocket)
    }

    /// The first route that serves this kind of request and matches path and host. Django takes one slash off the front,
    /// Channels all.
    private func match(_ path: RawSpan, _ host: ByteRange?, bytes: RawSpan, isWebSocket: Bool) -> RouteTerms? {
        var start = 1
        if isWebSocket { while start < path.byteCount, path.at(start) == .slash { start += 1 } }
        let rest = path.extracting(start..<path.byteCount)
        for route in self.policy.routes where route.serves(webSocket: isWebSocket) {
            if let hosts = route.hosts, !hosts.matches(host, in: bytes) { continue }
            if self.policy.patterns[route.index].matches(rest, with: &self.matcher) { return route }
        }
        return nil
    }

    /// The route that takes the method, among those that share the first one's pattern and hosts. A preflight goes where the
    /// request that follows it would go; one that the gateway answers itself goes anywhere.
    private func taker(
        of head: borrowing RequestHead,
        _ preflight: Preflight?,
        from first: RouteTerms,
        bytes: RawSpan
    ) -> RouteTerms? {
        guard self.policy.methods.isUsed else { return first }
        let method = preflight?.method ?? head.methodName
        var index = first.index
        while true {
            let route = self.policy.routes[index]
            guard let methods = route.methods, !methods.allows(method, in: bytes) else { return route }
            guard let next = self.policy.methods.route(after: index) else { break }
            index = next
        }
        return preflight != nil && self.policy.cors != nil ? first : nil
    }

    // MARK: Token

    private func authenticate(
        _ head: inout RequestHead,
        bytes: RawSpan,
        _ route: RouteTerms,
        _ isWebSocket: Bool,
        _ now: WallClock
    ) -> Verdict {
        let sources = isWebSocket ? route.webSocketSources : route.httpSources
        switch self.carriers.find(sources, in: &head, bytes: bytes) {
        case .badAuthorizationHeader:
            return self.refuse(route, .badAuthorizationHeader, "not two words in the token header")
        case .duplicates:
            return self.refuse(route, .duplicateTokens, "several carriers without one and the same token")
        case .none:
            guard route.auth == .required else { return self.forward(&head, bytes: bytes, route, nil, isWebSocket) }
            return self.refuse(route, .notAuthenticated, "no token")
        case .token(let location):
            do {
                let identity = try self.identify(location, bytes: bytes, now)
                self.takeToken(from: &head, bytes: bytes, route, sources)
                return self.forward(&head, bytes: bytes, route, identity, isWebSocket)
            } catch {
                return self.refuse(route, RejectionReason(error), error.reason.detail)
            }
        }
    }

    private func identify(
        _ location: TokenCarriers.Location,
        bytes: RawSpan,
        _ now: WallClock
    ) throws(TokenRejection) -> VerifiedIdentity {
        if location.isDecoded {
            let decoded = self.carriers.decoded
            return try self.identify(decoded.span.bytes.extracting(location.range.range), now)
        }
        return try self.identify(bytes.extracting(location.range.range), now)
    }

    private func identify(_ token: RawSpan, _ now: WallClock) throws(TokenRejection) -> VerifiedIdentity {
        if let known = self.cache.find(token) {
            if known.isTimely(at: now.seconds) {
                self.counts.cacheHits &+= 1
                return known
            }
            // Verified again below, only to say exactly what simplejwt says.
            self.cache.remove(token)
        }
        guard let rules = self.policy.tokenRules else { throw TokenRejection(.badSignature) }
        self.counts.cacheMisses &+= 1
        let verified: VerifiedToken
        do {
            verified = try self.verifier.verify(token, rules: rules, now: now)
        } catch {
            self.counts.refused &+= 1
            throw error
        }
        self.counts.accepted &+= 1
        let identity = self.policy.identity.render(verified, token: token)
        self.cache.insert(token, identity)
        return identity
    }

    private func takeToken(from head: inout RequestHead, bytes: RawSpan, _ route: RouteTerms, _ sources: TokenSources) {
        switch route.forward {
        case .keep: break
        case .normalize: self.carriers.remove(sources, all: true, from: &head, bytes: bytes)
        case .strip: self.carriers.remove(sources, all: false, from: &head, bytes: bytes)
        }
    }
}

extension RejectionReason {
    init(_ rejection: TokenRejection) {
        switch rejection.answer {
        case .tokenNotValid: self = .tokenNotValid(rejection)
        case .noUserIdentification: self = .noUserIdentification(rejection)
        }
    }
}

/// What a gatekeeper did with tokens, for metrics.
package struct TokenCounts: Sendable, Equatable {
    /// Tokens that were known and still valid.
    package var cacheHits = 0
    package var cacheMisses = 0
    /// Verified in full.
    package var accepted = 0
    package var refused = 0
}

extension Gatekeeper {
    /// What was counted since the last call.
    package func takeCounts() -> TokenCounts {
        defer { self.counts = TokenCounts() }
        return self.counts
    }
}
