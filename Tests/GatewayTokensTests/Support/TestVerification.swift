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

func judge(_ token: String, _ rules: TokenRules, now: WallClock = testNow) -> Outcome {
    var verifier = TokenVerifier()
    return verifier.judge(Array(token.utf8), rules, now: now)
}

func verified(_ token: String, _ rules: TokenRules, now: WallClock = testNow) throws -> VerifiedToken {
    var verifier = TokenVerifier()
    return try verifier.verify(Array(token.utf8), rules, now: now)
}
