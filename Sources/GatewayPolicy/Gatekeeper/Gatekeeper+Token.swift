import GatewayMessage
import GatewaySettings
package import GatewayTokens

extension Gatekeeper {
    /// Nil for an anonymous request that may pass. Takes the token out of what is forwarded.
    func authenticate(
        _ head: inout RequestHead,
        bytes: RawSpan,
        _ route: RouteTerms,
        isWebSocket: Bool,
        _ now: WallClock
    ) throws(Refusal) -> VerifiedIdentity? {
        let sources = isWebSocket ? route.webSocketSources : route.httpSources
        switch self.carriers.find(sources, in: &head, bytes: bytes) {
        case .badAuthorizationHeader: throw .badAuthorizationHeader(on: route)
        case .duplicates: throw .duplicateTokens(on: route)
        case .none:
            guard route.auth == .required else { return nil }
            throw Refusal(route: route, reason: .notAuthenticated, logDetail: "no token")
        case .token(let location):
            do {
                let identity = try self.identify(location, bytes: bytes, now)
                self.takeToken(from: &head, bytes: bytes, route, sources)
                return identity
            } catch {
                throw Refusal(route: route, reason: RejectionReason(error), logDetail: error.reason.detail)
            }
        }
    }

    /// Verifies a token that came another way than with a request. Nil for one that is not valid.
    package func identity(ofToken token: RawSpan, now: WallClock) -> VerifiedIdentity? {
        try? self.identify(token, now)
    }

    func identify(
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

extension Refusal {
    static func badAuthorizationHeader(on route: RouteTerms?) -> Refusal {
        Refusal(route: route, reason: .badAuthorizationHeader, logDetail: "not two words in the token header")
    }

    static func duplicateTokens(on route: RouteTerms?) -> Refusal {
        let detail: StaticString = "several carriers without one and the same token"
        return Refusal(route: route, reason: .duplicateTokens, logDetail: detail)
    }
}

extension RejectionReason {
    init(_ rejection: TokenRejection) {
        guard rejection.reason != .keysUnavailable else {
            self = .keysUnavailable
            return
        }
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
