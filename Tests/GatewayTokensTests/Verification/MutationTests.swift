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
            (.edDSA, TestKeys.ed448, TestTokens.ed448, 200), (.hs384, TestKeys.secret, TestTokens.hs384, 3000),
            (.hs512, TestKeys.secret, TestTokens.hs512, 3000), (.rs384, TestKeys.rsa, TestTokens.rs384, 500),
            (.rs512, TestKeys.rsa, TestTokens.rs512, 500), (.ps384, TestKeys.rsa, TestTokens.ps384, 500),
            (.ps512, TestKeys.rsa, TestTokens.ps512, 500), (.es384, TestKeys.p384, TestTokens.es384, 300),
            (.es256k, TestKeys.secp256k1, TestTokens.es256k, 300),
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

    /// Changes that survive decoding: header or payload say something else, or the same in other words, under the old
    /// signature.
    @Test(arguments: SignatureTests.keys + SignatureTests.secrets)
    func rewrittenToken_isNeverAccepted(_ algorithm: SigningAlgorithm, _ key: String, _ token: String) throws {
        var generator = SeededGenerator(seed: 0x5EED)
        var verifier = TokenVerifier()
        let rules = try Self.permissive(algorithm, key)
        let parts = token.segments
        let json = try parts.prefix(2).map { try #require(Forge.decode($0)) }
        for round in 0..<400 {
            var changed = json
            let index = round & 1
            changed[index] = Self.rewrite(json[index], &generator)
            if changed == json { continue }
            let text = (changed.map(Base64URL.encode) + [parts[2]]).joined(separator: ".")
            guard case .rejected = verifier.judge(Array(text.utf8), rules) else {
                Issue.record("accepted \(text)")
                return
            }
        }
        #expect(verifier.judge(Array(token.utf8), rules) == Verdict.good)
    }

    /// Every algorithm and every type would do.
    private static func permissive(_ algorithm: SigningAlgorithm, _ key: String) throws -> TokenRules {
        let algorithms = SigningAlgorithm.allCases.filter { $0.usesSecret == algorithm.usesSecret }
        var rules = TokenRules.test(keys: [])
        rules.keySet = KeySet(try LoadedKeys.configured(Array(key.utf8), algorithms: algorithms).keys)
        rules.algorithms = SigningAlgorithm.allCases
        rules.tokenClasses = [TokenClass(name: "UntypedToken", type: nil)]
        rules.jtiClaim = nil
        return rules
    }

    private static func rewrite(_ json: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        let pieces: [String] = [
            " ", "\n", "0", "9", "1", #","admin":true"#, #","user_id":"1""#, "\\u0037", "{}", "null", #""x":1,"#, ",",
        ]
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1: return self.mutate(json, &generator)
        case 2:
            // A blank where blanks mean nothing.
            return Bool.random(using: &generator) ? [0x20] + json : json + [0x0A]
        case 3:
            // One more member at the end.
            return Array(json.dropLast()) + Array((pieces[5...6].randomElement(using: &generator) ?? "").utf8) + [0x7D]
        case 4:
            guard let digit = json.indices.filter({ 0x30...0x39 ~= json[$0] }).randomElement(using: &generator) else {
                return [0x20] + json
            }
            var changed = json
            changed[digit] = 0x30 + (changed[digit] - 0x30 + UInt8.random(in: 1...9, using: &generator)) % 10
            return changed
        default:
            let place = Int.random(in: 0...json.count, using: &generator)
            let piece = Array((pieces.randomElement(using: &generator) ?? " ").utf8)
            return Array(json[..<place]) + piece + Array(json[place...])
        }
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
