import GatewayMessage
import GatewaySettings
package import GatewayTokens

extension Gatekeeper {
    /// Nil for an anonymous request that may pass. Marks the token in `head` where it is not forwarded.
    func authenticate(
        _ head: inout RequestHead,
        bytes: RawSpan,
        _ route: RouteTerms,
        _ captures: RouteCaptures,
        isWebSocket: Bool,
        _ now: WallClock
    ) throws(Refusal) -> VerifiedIdentity? {
        let sources = isWebSocket ? route.webSocketSources : route.httpSources
        let location: TokenCarriers.Location
        switch self.carriers.find(sources, cookie: route.tokenCookie, offered: self.offered, in: &head, bytes: bytes) {
        case .badAuthorizationHeader: throw .badAuthorizationHeader(on: route)
        case .badSubprotocol(let detail): throw Refusal(route: route, reason: .badSubprotocol, logDetail: detail)
        case .duplicates: throw .duplicateTokens(on: route)
        case .none:
            guard route.auth == .required else { return nil }
            throw Refusal(route: route, reason: .notAuthenticated, logDetail: "no token")
        case .token(let found): location = found
        case .cookie(let found):
            try self.checkOrigin(ofCookieIn: head, bytes: bytes, route, isWebSocket: isWebSocket)
            location = found
        }
        do throws(IdentityProblem) {
            let identity = try self.identify(location, bytes: bytes, now)
            try self.check(identity, on: route, captures)
            self.takeToken(from: &head, bytes: bytes, route, sources)
            return identity
        } catch {
            throw Refusal(route: route, reason: error.reason, logDetail: error.logDetail)
        }
    }

    /// Verifies a token that came another way than with a request. Nil for one that is not valid.
    package func identity(ofToken token: RawSpan, now: WallClock, mayVerify: Bool = true) -> VerifiedIdentity? {
        self.mayVerify = mayVerify
        return try? self.identify(token, now)
    }

    func identify(
        _ location: TokenCarriers.Location,
        bytes: RawSpan,
        _ now: WallClock
    ) throws(IdentityProblem) -> VerifiedIdentity {
        if location.isDecoded {
            let decoded = self.carriers.decoded
            return try self.identify(decoded.span.bytes.extracting(location.range.range), now)
        }
        return try self.identify(bytes.extracting(location.range.range), now)
    }

    private func identify(_ token: RawSpan, _ now: WallClock) throws(IdentityProblem) -> VerifiedIdentity {
        if !self.keyGenerations.isEmpty { self.refreshKeys() }
        if let known = self.cache.find(token) {
            if known.isTimely(at: now.seconds) {
                self.counts.cacheHits &+= 1
                return try self.unlessRevoked(known)
            }
            // Verified again below, only to say exactly what simplejwt says.
            self.cache.remove(token)
        }
        guard self.mayVerify else { throw .tooManyFailures }
        self.counts.cacheMisses &+= 1
        let verified = try self.verify(token, now)
        self.counts.accepted &+= 1
        let identity = self.policy.identity.render(verified, token: token)
        self.cache.insert(token, identity)
        return try self.unlessRevoked(identity)
    }

    private func verify(_ token: RawSpan, _ now: WallClock) throws(IdentityProblem) -> VerifiedToken {
        guard let authority = self.authority else { throw .rejected(TokenRejection(.badSignature)) }
        do {
            return try self.verifier.verify(token, authority: authority, now: now)
        } catch {
            switch error.reason {
            case .keysUnavailable: throw .rejected(error)
            case .unknownKey: self.noteUnknownKey()
            default: break
            }
            self.hasFailed = true
            self.counts.refused &+= 1
            throw .rejected(error)
        }
    }

    private func unlessRevoked(_ identity: VerifiedIdentity) throws(IdentityProblem) -> VerifiedIdentity {
        guard self.isRevoked(identity) else { return identity }
        throw .rejected(TokenRejection(.revoked))
    }

    /// Whether a user is no longer welcome with this token.
    package func isRevoked(_ identity: VerifiedIdentity) -> Bool {
        self.revocations?.revokes(
            issuer: identity.issuer, jti: identity.jti, userID: identity.userID, issuedAt: identity.issuedAt) ?? false
    }

    /// What the route asks beyond a valid token.
    private func check(
        _ identity: VerifiedIdentity,
        on route: RouteTerms,
        _ captures: RouteCaptures
    ) throws(IdentityProblem) {
        if let issuers = route.issuers, !(issuers.indices.contains(identity.block) && issuers[identity.block]) {
            throw .rejected(TokenRejection(.issuer))
        }
        guard let requirement = route.requirement else { return }
        guard let claims = identity.claims, requirement.evaluate(claims, captures: { captures.text(of: $0) }) else {
            throw .forbidden
        }
    }

    /// Whether an identity that came another way, with a renewal say, is good for a socket of this route. Nil: it is. The
    /// captures are those of the socket's admission. Whether it is the same user is for others to say. Another worker's gatekeeper
    /// may have verified the token, by a policy or keys that were replaced meanwhile.
    package func objection(
        to identity: VerifiedIdentity,
        on route: RouteTerms,
        captures: RouteCaptures
    ) -> RejectionReason? {
        do throws(IdentityProblem) {
            if !self.keyGenerations.isEmpty { self.refreshKeys() }
            guard let blocks = self.authority?.blocks, blocks.indices.contains(identity.block),
                blocks[identity.block].keySet.contains(fingerprint: identity.keyFingerprint)
            else { throw .rejected(TokenRejection(.unknownKey)) }
            _ = try self.unlessRevoked(identity)
            try self.check(identity, on: route, captures)
            return nil
        } catch {
            return error.reason
        }
    }

    private func takeToken(from head: inout RequestHead, bytes: RawSpan, _ route: RouteTerms, _ sources: TokenSources) {
        switch route.forward {
        case .keep: break
        case .normalize: self.carriers.remove(sources, all: true, from: &head, bytes: bytes)
        case .strip: self.carriers.remove(sources, all: false, from: &head, bytes: bytes)
        }
    }
}

/// Why there is no identity although there is one token.
enum IdentityProblem: Error {
    case rejected(TokenRejection)
    /// A claim is not what the route requires.
    case forbidden
    /// It would have to be verified, and its sender has guessed too often.
    case tooManyFailures

    var reason: RejectionReason {
        switch self {
        case .rejected(let rejection): RejectionReason(rejection)
        case .forbidden: .forbidden
        case .tooManyFailures: .tooManyFailures
        }
    }

    var logDetail: StaticString {
        switch self {
        case .rejected(let rejection): rejection.reason.detail
        case .forbidden: "a claim is not what the route requires"
        case .tooManyFailures: "too many tokens that were not valid"
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
    /// Whether a verification has failed since the last call: who sends such tokens again and again may be guessing.
    package func takeFailure() -> Bool {
        defer { self.hasFailed = false }
        return self.hasFailed
    }

    /// What was counted since the last call.
    package func takeCounts() -> TokenCounts {
        defer { self.counts = TokenCounts() }
        return self.counts
    }
}
