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

    /// A 300-byte token with what is kept beside it takes about 1 kB.
    package init(policy: Policy, cacheEntries: Int = 4096, cacheBytes: Int = 8 << 20) {
        self.policy = policy
        self.carriers = TokenCarriers(header: policy.tokenHeader, query: policy.tokenQuery)
        self.cache = TokenCache(entries: cacheEntries, bytes: cacheBytes)
    }

    /// Judges one request. Marks in `head` what must not be forwarded: header lines of names the gateway owns, and the
    /// token where the route says so. `bytes` is the block that `head` was parsed from.
    package func judge(_ head: inout RequestHead, bytes: RawSpan, isWebSocket: Bool, now: WallClock) -> Verdict {
        do {
            try self.path.read(head.path, in: bytes)
            try self.checkCharacters()
        } catch {
            return self.refuse(nil, .badPath(error), error.detail)
        }
        self.policy.owned.drop(from: &head, bytes: bytes)
        guard let route = self.route(head.path, bytes: bytes, isWebSocket: isWebSocket) else {
            return self.refuse(nil, .noRoute, "no route matches")
        }
        if let problem = self.path.forms.subtracting(route.tolerated).problem {
            return self.refuse(route, .badPath(problem), problem.detail)
        }
        if isWebSocket, !(route.origins?.allow(head, bytes: bytes) ?? false) {
            return head.first(.origin) == nil
                ? self.refuse(route, .originMissing, "no Origin header")
                : self.refuse(route, .originNotAllowed, "origin not allowed")
        }
        guard route.auth != .none else { return .forward(Admission(route: route, identity: nil)) }
        if !isWebSocket, Self.isPreflight(head, bytes: bytes) {
            // A browser asks before it sends the token; the answer is the backend's. Whatever token is here goes nowhere.
            self.carriers.remove(route.httpSources, all: true, from: &head, bytes: bytes)
            return .forward(Admission(route: route, identity: nil))
        }
        return self.authenticate(
            &head, bytes: bytes, route, isWebSocket ? route.webSocketSources : route.httpSources, now)
    }

    /// What the Fetch standard calls a CORS-preflight request.
    private static func isPreflight(_ head: borrowing RequestHead, bytes: RawSpan) -> Bool {
        guard case .options = head.method, head.first(.origin) != nil else { return false }
        for field in head.fields where bytes.equalsIgnoringCase(field.name, "access-control-request-method") {
            return true
        }
        return false
    }

    private func refuse(_ route: RouteTerms?, _ reason: RejectionReason, _ detail: StaticString) -> Verdict {
        .refuse(Refusal(route: route, reason: reason, logDetail: detail))
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

    private func route(_ path: ByteRange, bytes: RawSpan, isWebSocket: Bool) -> RouteTerms? {
        if self.path.isVerbatim { return self.match(bytes.extracting(path.range), isWebSocket: isWebSocket) }
        let decoded = self.path.decoded
        return self.match(decoded.span.bytes, isWebSocket: isWebSocket)
    }

    /// The first route that serves this kind of request and matches. Django takes one slash off the front, Channels all.
    private func match(_ path: RawSpan, isWebSocket: Bool) -> RouteTerms? {
        var start = 1
        if isWebSocket { while start < path.byteCount, path.at(start) == .slash { start += 1 } }
        let rest = path.extracting(start..<path.byteCount)
        for route in self.policy.routes where route.serves(webSocket: isWebSocket) {
            if self.policy.patterns[route.index].matches(rest, with: &self.matcher) { return route }
        }
        return nil
    }

    // MARK: Token

    private func authenticate(
        _ head: inout RequestHead,
        bytes: RawSpan,
        _ route: RouteTerms,
        _ sources: TokenSources,
        _ now: WallClock
    ) -> Verdict {
        switch self.carriers.find(sources, in: &head, bytes: bytes) {
        case .badAuthorizationHeader:
            return self.refuse(route, .badAuthorizationHeader, "not two words in the token header")
        case .duplicates:
            return self.refuse(route, .duplicateTokens, "several carriers without one and the same token")
        case .none:
            guard route.auth == .required else { return .forward(Admission(route: route, identity: nil)) }
            return self.refuse(route, .notAuthenticated, "no token")
        case .token(let location):
            do {
                let identity = try self.identify(location, bytes: bytes, now)
                self.takeToken(from: &head, bytes: bytes, route, sources)
                return .forward(Admission(route: route, identity: identity))
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
