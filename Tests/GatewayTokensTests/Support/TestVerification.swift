import Testing

@testable import GatewayTokens

/// The moment at which all tests happen: half a second after a whole one.
let testNow = WallClock(seconds: 1_750_000_000, nanoseconds: 500_000_000)

/// What a verifier said.
enum Outcome: Equatable, Sendable {
    case accepted(user: String)
    case rejected(TokenRejection.Reason)
}

extension TokenRules {
    /// simplejwt's defaults.
    static func test(_ algorithm: SigningAlgorithm = .hs256, keys: [VerificationKey]) -> TokenRules {
        TokenRules(
            algorithm: algorithm,
            keys: keys,
            audience: nil,
            issuer: nil,
            leeway: 0,
            tokenClasses: [TokenClass(name: "AccessToken", type: "access")],
            typeClaim: "token_type",
            jtiClaim: "jti",
            userIDClaim: "user_id"
        )
    }

    /// With the secret of `TestKeys`, changed by `change`.
    static func hs256(_ change: (inout TokenRules) -> Void = { _ in }) throws -> TokenRules {
        var rules = try TokenRules.test(keys: [.secret(Array(TestKeys.secret.utf8), algorithm: .hs256)])
        change(&rules)
        return rules
    }

    static func publicKey(_ algorithm: SigningAlgorithm, _ pem: String) throws -> TokenRules {
        try TokenRules.test(algorithm, keys: [.publicKey(pem: pem, algorithm: algorithm)])
    }
}

extension TokenVerifier {
    mutating func verify(_ bytes: [UInt8], _ rules: TokenRules, now: WallClock = testNow) throws -> VerifiedToken {
        try self.verify(bytes.span.bytes, rules: rules, now: now)
    }

    mutating func judge(_ bytes: [UInt8], _ rules: TokenRules, now: WallClock = testNow) -> Outcome {
        do throws(TokenRejection) {
            return .accepted(user: try self.verify(bytes.span.bytes, rules: rules, now: now).userID)
        } catch {
            return .rejected(error.reason)
        }
    }
}

/// Explanations must say the same, so whatever is judged is also examined.
func judge(_ token: String, _ rules: TokenRules, now: WallClock = testNow) -> Outcome {
    var verifier = TokenVerifier()
    let outcome = verifier.judge(Array(token.utf8), rules, now: now)
    if let authority = try? TokenAuthority([rules]) { expectAgreement(token, authority, outcome, now: now) }
    return outcome
}

/// The first check that fails is the verifier's reason, found by the checks themselves.
func expectAgreement(_ token: String, _ authority: TokenAuthority, _ outcome: Outcome, now: WallClock = testNow) {
    let examination = TokenExamination(Array(token.utf8), authority: authority, now: now)
    let first = examination.checks.first { $0.outcome == .failed }
    #expect(!examination.checks.contains { $0.name == "verdict" })
    switch outcome {
    case .accepted(let user):
        #expect(examination.verified?.userID == user && examination.failure == nil && first == nil)
    case .rejected(let reason):
        #expect(examination.verified == nil && examination.failure == reason)
        #expect(first?.detail.hasPrefix("\(reason.detail)") ?? false)
    }
}

func verified(_ token: String, _ rules: TokenRules, now: WallClock = testNow) throws -> VerifiedToken {
    var verifier = TokenVerifier()
    return try verifier.verify(Array(token.utf8), rules, now: now)
}
