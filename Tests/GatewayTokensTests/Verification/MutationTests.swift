import Testing

@testable import GatewayTokens

/// Nobody without the key can make a token that passes, and nothing traps.
struct MutationTests {
    static func mutate(_ token: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var token = token
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let index = Int.random(in: 0..<token.count, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: token.remove(at: index)
            case 1: token.insert(UInt8.random(in: 0...255, using: &generator), at: index)
            case 2: token[index] = UInt8.random(in: 0...255, using: &generator)
            case 3: token[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 4: token.swapAt(index, Int.random(in: 0..<token.count, using: &generator))
            case 5: token.append(contentsOf: token[index...])
            case 6: token.insert(contentsOf: token.prefix(3), at: index)
            default: token[index] = Array("ABCabc019-_.=".utf8).randomElement(using: &generator) ?? 0
            }
            if token.isEmpty { return [0] }
        }
        return token
    }

    static func decoded(_ token: [UInt8]) -> [[UInt8]?] {
        token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map {
            let part = Array($0)
            return Base64URL.decode(part.span.bytes, 0..<part.count)
        }
    }

    @Test(
        arguments: [
            (.hs256, TestKeys.secret, TestTokens.hs256, 30_000), (.es256, TestKeys.p256, TestTokens.es256, 1500),
            (.rs256, TestKeys.rsa, TestTokens.rs256, 1500), (.ps256, TestKeys.rsa, TestTokens.ps256, 1000),
            (.edDSA, TestKeys.ed25519, TestTokens.ed25519, 800), (.es512, TestKeys.p521, TestTokens.es512, 200),
            (.edDSA, TestKeys.ed448, TestTokens.ed448, 200),
        ] as [(SigningAlgorithm, String, String, Int)]
    )
    func changedToken_isNeverAccepted_unlessItDecodesTheSame(
        _ algorithm: SigningAlgorithm,
        _ key: String,
        _ token: String,
        _ rounds: Int
    ) throws {
        var generator = SeededGenerator(seed: 0x70C4)
        var verifier = TokenVerifier()
        let verification =
            algorithm.usesSecret
            ? try VerificationKey.secret(Array(key.utf8), algorithm: algorithm)
            : try VerificationKey.publicKey(pem: key, algorithm: algorithm)
        let rules = TokenRules.test(algorithm, keys: [verification])
        let original = Array(token.utf8)
        for _ in 0..<rounds {
            let changed = Self.mutate(original, &generator)
            if case .accepted = verifier.judge(changed, rules) {
                #expect(Self.decoded(changed) == Self.decoded(original))
            }
        }
        #expect(verifier.judge(original, rules) == Verdict.good)
    }

    /// The same for what a trusted signer may write: the outcome is a user or a reason, never a trap.
    @Test func signedNonsense_isJudgedWithoutATrap() throws {
        var generator = SeededGenerator(seed: 99)
        var verifier = TokenVerifier()
        let rules = try TokenRules.hs256 { $0.audience = ["chat"] }
        let payload = Array(
            Forge.payload(["aud": #"["chat"]"#, "nbf": "1e3", "n": #"{"a":["\u00e9\ud83d\ude00",-1.5e2,null]}"#]).utf8
        )
        var accepted = 0
        for _ in 0..<20_000 {
            let changed = Self.mutate(payload, &generator)
            if case .accepted = verifier.judge(Array(Forge.token(payloadBytes: changed).utf8), rules) { accepted += 1 }
        }
        #expect(accepted > 0)
        let header = Array(#"{"alg":"HS256","typ":"JWT","kid":"a","b64":true,"cty":"x"}"#.utf8)
        for _ in 0..<10_000 {
            let changed = Self.mutate(header, &generator)
            let token = Forge.token(headerBytes: changed, payloadBytes: payload)
            _ = verifier.judge(Array(token.utf8), rules)
        }
    }

    @Test func garbage_isRefused() throws {
        var generator = SeededGenerator(seed: 5)
        var verifier = TokenVerifier()
        let rules = try TokenRules.hs256()
        let alphabet = Array("AQgwab-_..".utf8)
        for round in 0..<20_000 {
            let length = Int.random(in: 0..<300, using: &generator)
            let bytes = (0..<length).map { _ in
                round.isMultiple(of: 2)
                    ? UInt8.random(in: 0...255, using: &generator) : alphabet.randomElement(using: &generator) ?? 0
            }
            guard case .rejected = verifier.judge(bytes, rules) else {
                Issue.record("accepted \(bytes)")
                return
            }
        }
    }
}
