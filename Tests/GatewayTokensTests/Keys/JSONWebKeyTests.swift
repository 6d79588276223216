import Testing

@testable import GatewayTokens

struct JSONWebKeyTests {
    private static let all = SigningAlgorithm.allCases
    private static let p256 = TestJWK.p256
    private static let rsa = TestJWK.rsa
    private static let ed25519 = TestJWK.ed25519

    private func problem(_ text: String, _ algorithms: [SigningAlgorithm] = all) -> KeyProblem? {
        LoadedKeysTests.problem(text, algorithms)
    }

    // MARK: What others write

    @Test(arguments: ForeignFixtures.all.keys.keys.sorted())
    func key_verifiesEveryTokenOfItsOwner(_ name: String) throws {
        let key = try #require(ForeignFixtures.all.keys[name])
        let loaded = try LoadedKeys.configured(Array(key.jwk.utf8), algorithms: Self.all)
        let tokens = ForeignFixtures.all.tokens.filter { $0.key == name }
        #expect(tokens.count >= 4)
        for token in tokens {
            let fitting = loaded.keys.filter { $0.algorithm == token.algorithm }
            #expect(fitting.count == 1)
            #expect(judge(token.token, .test(token.algorithm, keys: fitting)) == Verdict.good)
        }
    }

    @Test(arguments: PublishedVector.all)
    func publishedSecret_isTakenAsOct(_ vector: PublishedVector) throws {
        guard vector.algorithm.usesSecret else { return }
        let jwk = #"{"kty":"oct","k":"\#(vector.key)","kid":"a"}"#
        let loaded = try LoadedKeys.configured(Array(jwk.utf8), algorithms: [vector.algorithm])
        let key = try #require(loaded.keys.first)
        let check = try #require(SignatureCheck(key))
        let parts = vector.token.segments
        let signature = try #require(Forge.decode(parts[2]))
        #expect(Array((parts[0] + "." + parts[1]).utf8).withUnsafeBytes { check.accepts(signature, of: $0) })
    }

    // MARK: Binding

    @Test(
        arguments: [
            (p256, all, [.es256]), (p256.adding(#""alg":"ES256""#), all, [.es256]),
            (rsa, [.rs256, .ps512], [.rs256, .ps512]), (rsa, [.rs384], [.rs384]),
            (rsa.adding(#""alg":"PS256""#), all, [.ps256]), (ed25519, all, [.edDSA]),
            (#"{"kty":"oct","k":"YWJj"}"#, all, [.hs256, .hs384, .hs512]),
            (#"{"kty":"oct","k":"YWJj","alg":"HS384"}"#, all, [.hs384]),
            (
                p256.adding(#""use":"sig","key_ops":["verify"],"kid":"é","x5c":["AAAA"],"other":{"a":[1]}"#), all,
                [.es256]
            ),
            (rsa.adding(#""key_ops":["verify","wrapKey"]"#), [.rs256], [.rs256]),
        ] as [(String, [SigningAlgorithm], [SigningAlgorithm])]
    )
    func key_isBoundToItsAlgorithm_orToEveryAllowedOneThatFits(
        _ text: String,
        _ allowed: [SigningAlgorithm],
        _ expected: [SigningAlgorithm]
    ) throws {
        let keys = try LoadedKeys.configured(Array(text.utf8), algorithms: allowed).keys
        #expect(keys.map(\.algorithm) == expected)
    }

    @Test(
        arguments: [
            (p256.adding(#""alg":"RS256""#), .algorithmDoesNotFit(.rs256)),
            (p256.adding(#""alg":"ES384""#), .algorithmDoesNotFit(.es384)),
            (p256.adding(#""alg":"HS256""#), .algorithmDoesNotFit(.hs256)),
            (#"{"kty":"oct","k":"YWJj","alg":"RS256"}"#, .algorithmDoesNotFit(.rs256)),
            (rsa.adding(#""alg":"RS512""#), .algorithmNotAllowed(.rs512)),
            (rsa.adding(#""alg":"RSA-OAEP""#), .unsupportedKeyAlgorithm),
            (rsa.adding(#""alg":"rs256""#), .unsupportedKeyAlgorithm), (rsa.adding(#""alg":1"#), .badMember("alg")),
            (ed25519.adding(#""alg":"Ed25519""#), .unsupportedKeyAlgorithm),
            (#"{"kty":"EC","crv":"P-384"}"#, .noAllowedAlgorithm(keyType: "EC on P-384")),
            (rsa.adding(#""use":"enc""#), .notForSignatures), (rsa.adding(#""use":null"#), .notForSignatures),
            (rsa.adding(#""key_ops":[]"#), .notForVerification),
            (rsa.adding(#""key_ops":["sign"]"#), .notForVerification),
            (rsa.adding(#""key_ops":"verify""#), .badMember("key_ops")),
            (rsa.adding(#""key_ops":["verify","verify"]"#), .badMember("key_ops")),
            (rsa.adding(#""key_ops":["verify",1]"#), .badMember("key_ops")),
            (rsa.adding(#""kid":7"#), .badMember("kid")),
            (rsa.adding(#""kid":"\#(String(repeating: "k", count: 257))""#), .badMember("kid")),
        ] as [(String, KeyProblem)]
    )
    func key_isRefused_whenItsDescriptionDoesNotFit(_ text: String, _ problem: KeyProblem) {
        #expect(self.problem(text, [.rs256, .es256, .edDSA, .hs256]) == problem)
    }

    // MARK: Private members

    @Test(
        arguments: ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].flatMap { name in
            [p256, rsa, ed25519, #"{"kty":"unknown","x":"AA"}"#].map { (name, $0) }
        }
    )
    func key_isRefused_whenItHasAPrivateMember(_ name: String, _ text: String) throws {
        let value = "c2VjcmV0LXZhbHVl"
        for use in ["", #","use":"enc""#] {
            let jwk = text.adding(#""\#(name)":"\#(value)"\#(use)"#)
            let problem = try #require(self.problem(jwk))
            #expect(problem == .privateMember(name))
            #expect(problem.message.contains("“\(name)”") && !problem.message.contains(value))
            // In a set it ends everything, wherever it stands.
            #expect(self.problem(#"{"keys":[\#(Self.p256),\#(jwk)]}"#) == .privateMember(name))
        }
    }

    // MARK: Numbers

    @Test(
        arguments: [
            (#"{"kty":"RSA","n":"","e":"AQAB"}"#, .badMember("n")), (#"{"kty":"RSA","e":"AQAB"}"#, .badMember("n")),
            (#"{"kty":"RSA","n":"AAAA","e":"AQAB"}"#, .badMember("n")),
            (#"{"kty":"RSA","n":5,"e":"AQAB"}"#, .badMember("n")), (TestJWK.rsa(exponent: nil), .badMember("e")),
            (TestJWK.rsa(exponent: "AQAB="), .badMember("e")), (TestJWK.rsa(exponent: "AQ B"), .badMember("e")),
            (TestJWK.rsa(exponent: "AQ"), .badRSAExponent), (TestJWK.rsa(exponent: "AQAA"), .badRSAExponent),
            (TestJWK.rsa(exponent: "AAAA"), .badRSAExponent), (TestJWK.rsa(exponent: "AQAAAAAAAAAB"), .badRSAExponent),
            (TestJWK.rsa(exponent: "Aw"), nil), (TestJWK.rsa(exponent: "AAEAAQ"), nil),
            (TestJWK.rsa(bits: 2048), nil), (TestJWK.rsa(bits: 2047), .rsaTooShort(bits: 2047)),
            (TestJWK.rsa(bits: 1024), .rsaTooShort(bits: 1024)), (TestJWK.rsa(bits: 8192), nil),
            (TestJWK.rsa(bits: 8193), .rsaTooLong(bits: 8200)),
            (TestJWK.rsa(bits: 500_000), .rsaTooLong(bits: 500_000)),
            (TestJWK.rsa(bits: 2048, last: 0xFE), .badRSAModulus), (TestJWK.rsa(bits: 2048, zeros: 3), nil),
        ] as [(String, KeyProblem?)]
    )
    func rsaKey_isJudged_byItsNumbers(_ text: String, _ problem: KeyProblem?) {
        #expect(self.problem(text, [.rs256]) == problem)
    }

    @Test(
        arguments: [
            (TestJWK.p256(x: nil), .badMember("x")), (TestJWK.p256(y: nil), .badMember("y")),
            (TestJWK.p256(y: "AAAA"), .badMember("y")), (TestJWK.p256(x: TestJWK.bytes(33)), .badMember("x")),
            (TestJWK.p256(x: TestJWK.bytes(31)), .badMember("x")), (TestJWK.p256(x: TestJWK.bytes(32)), .weakPoint),
            (TestJWK.p256(x: TestJWK.bytes(32, 0), y: TestJWK.bytes(32, 0)), .weakPoint),
            (TestJWK.p256(x: TestJWK.bytes(32, 0xFF)), .weakPoint),
            (p256.replacing("P-256", "P-384"), .badMember("x")), (p256.replacing("P-256", "secp256k1"), .weakPoint),
            (p256.replacing("P-256", "P-192"), .unsupportedCurve),
            (p256.replacing("P-256", "Ed25519"), .unsupportedCurve),
            (#"{"kty":"EC"}"#, .unsupportedCurve), (#"{"kty":"EC","crv":1}"#, .unsupportedCurve),
            (#"{"kty":"OKP","crv":"X25519","x":"\#(TestJWK.bytes(32))"}"#, .unsupportedCurve),
            (#"{"kty":"OKP","crv":"Ed25519","x":"\#(TestJWK.bytes(31))"}"#, .badMember("x")),
            (#"{"kty":"OKP","crv":"Ed448","x":"\#(TestJWK.bytes(32))"}"#, .badMember("x")),
            (#"{"kty":"OKP","crv":"Ed25519","x":"\#(TestJWK.bytes(32, 0))"}"#, .weakPoint),
            (#"{"kty":"OKP","crv":"Ed25519","x":"\#(TestJWK.bytes(32, 0xFF))"}"#, .weakPoint),
            (#"{"kty":"oct"}"#, .badMember("k")), (#"{"kty":"oct","k":""}"#, .badMember("k")),
            (#"{"kty":"oct","k":"YWJj="}"#, .badMember("k")), (#"{"kty":"oct","k":"YWJ"}"#, .badMember("k")),
            (#"{"kty":"oct","k":"c3NoLXJzYSBBQUFB"}"#, .secretIsKey(.ssh)),
            (#"{"kty":"rsa"}"#, .unsupportedKeyType), (#"{"kty":1}"#, .badMember("kty")),
            (#"{"kty":"AKP","alg":"ML-DSA-44"}"#, .unsupportedKeyType),
        ] as [(String, KeyProblem)]
    )
    func otherKey_isRefused_whenItsNumbersMakeNone(_ text: String, _ problem: KeyProblem) {
        #expect(self.problem(text) == problem)
        #expect(!problem.message.isEmpty)
    }

    @Test func key_isRefusedOrRead_whateverByteIsChanged() {
        var generator = SeededGenerator(seed: 31)
        for text in [Self.p256, Self.rsa, Self.ed25519, #"{"keys":[\#(Self.p256),\#(Self.ed25519)]}"#] {
            let bytes = Array(text.utf8)
            for _ in 0..<1000 {
                var changed = bytes
                changed[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                _ = try? LoadedKeys.configured(changed, algorithms: Self.all)
                _ = try? LoadedKeys.published(changed, algorithms: Self.all)
            }
        }
    }
}
