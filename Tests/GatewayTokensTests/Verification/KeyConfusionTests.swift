import Testing

@testable import GatewayTokens

/// Attacks that want a key to be used for what it is not, against rules that allow every algorithm at once.
struct KeyConfusionTests {
    /// All public keys of the fixtures under every algorithm that they fit, and a secret nobody knows.
    private static func permissive() throws -> TokenRules {
        var keys: [VerificationKey] = []
        for key in ForeignFixtures.all.keys.sorted(by: { $0.key < $1.key }).map(\.value) {
            keys += try LoadedKeys.configured(Array(key.jwk.utf8), algorithms: SigningAlgorithm.allCases).keys
        }
        for algorithm in SigningAlgorithm.allCases where algorithm.usesSecret {
            keys.append(
                try .secret(
                    Array("a secret that nobody knows, of 64 bytes and more, for each".utf8), algorithm: algorithm))
        }
        var rules = TokenRules.test(keys: [])
        rules.algorithms = SigningAlgorithm.allCases
        rules.keySet = KeySet(keys)
        return rules
    }

    private static func der(_ pem: String) -> [UInt8] {
        let base64 = pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        let strict = base64.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }.filter { $0 != "=" }
        return Forge.decode(String(strict)) ?? []
    }

    /// Everything about a public key that somebody could take for a secret.
    private static func faces(_ key: ForeignFixtures.Key) throws -> [[UInt8]] {
        let pem = key.pem.hasSuffix("\n") ? String(key.pem.dropLast()) : key.pem
        let texts = [
            pem, pem + "\n", pem + "\r\n", pem.replacing("\n", "\r\n"), pem.replacing("\n", "\\n"),
            pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined(), key.jwk, #"{"keys":[\#(key.jwk)]}"#,
        ]
        var faces = texts.map { Array($0.utf8) } + [self.der(pem)]
        let members = try FixtureJSON(text: Array(key.jwk.utf8)).members
        for (name, member) in members where ["n", "e", "x", "y"].contains(name) {
            let text = member.text ?? ""
            faces += [Array(text.utf8), Forge.decode(text) ?? []]
        }
        return faces
    }

    @Test(arguments: ForeignFixtures.all.keys.keys.sorted())
    func publicKey_isNeverASecret(_ name: String) throws {
        let rules = try Self.permissive()
        let key = try #require(ForeignFixtures.all.keys[name])
        let payload = Base64URL.encode(Array(Forge.payload().utf8))
        for face in try Self.faces(key) {
            for algorithm in [SigningAlgorithm.hs256, .hs384, .hs512] {
                for kid in ["", #","kid":"\#(name)""#] {
                    let header = Base64URL.encode(Array(#"{"alg":"\#(algorithm.rawValue)"\#(kid)}"#.utf8))
                    let token = Forge.sign(header + "." + payload, algorithm: algorithm, secretBytes: face)
                    #expect(judge(token, rules) == .rejected(.badSignature))
                }
            }
        }
        // The rules themselves are sound.
        for token in ForeignFixtures.all.tokens where token.key == name {
            #expect(judge(token.token, rules) == Verdict.good)
        }
    }

    @Test(arguments: ForeignFixtures.all.tokens.filter { $0.maker == "PyJWT" })
    func signature_isOfOneAlgorithm_whateverTheHeaderSays(_ token: ForeignFixtures.Token) throws {
        let rules = try Self.permissive()
        let parts = token.token.segments
        for other in SigningAlgorithm.allCases {
            let header = Base64URL.encode(Array(#"{"alg":"\#(other.rawValue)","kid":"\#(token.key)"}"#.utf8))
            #expect(judge([header, parts[1], parts[2]].joined(separator: "."), rules) == .rejected(.badSignature))
        }
    }

    /// A key that comes with the token is not looked at, in any form.
    @Test(arguments: ["rsa", "p256", "ed25519"])
    func key_isNeverTakenFromTheToken(_ name: String) throws {
        let algorithm: SigningAlgorithm = name == "rsa" ? .rs256 : name == "p256" ? .es256 : .edDSA
        let forms = try #require(ForeignFixtures.all.signing[name])
        let key = try SigningKey.privateKey(Array(try #require(forms["pkcs8"]).utf8), algorithm: algorithm)
        let jwk = try #require(forms["jwk"])
        let certificate = Self.der(TestKeys.rsaCertificate)
        let headers = [
            #""jwk":\#(jwk)"#, #""jwk":{"keys":[\#(jwk)]}"#, #""jku":"https://evil.example/keys""#,
            #""x5u":"file:///tmp/key.pem""#, #""x5c":["\#(Base64URL.encode(certificate))"]"#, #""x5t":"AAAA""#,
            #""kid":"../../tmp/key.pem""#, #""kid":"data:application/json,{}""#,
        ]
        let (rules, payload) = (try Self.permissive(), Base64URL.encode(Array(Forge.payload().utf8)))
        for member in headers {
            let header = Base64URL.encode(Array(#"{"alg":"\#(algorithm.rawValue)",\#(member)}"#.utf8))
            let signed = header + "." + payload
            let signature = try #require(key.sign(Array(signed.utf8)))
            #expect(judge(signed + "." + Base64URL.encode(signature), rules) == .rejected(.badSignature))
        }
    }

    @Test(
        arguments: [
            ("p256", .es256), ("secp256k1", .es256k), ("p384", .es384), ("p521", .es512),
        ] as [(String, SigningAlgorithm)]
    )
    func ecdsaSignature_isRefused_whenItsNumbersAreTrivial(_ name: String, _ algorithm: SigningAlgorithm) throws {
        let rules = try Self.permissive()
        let token = try #require(ForeignFixtures.all.tokens.first { $0.key == name })
        let parts = token.token.segments
        let width = algorithm.coordinateLength
        let (zero, ones) = ([UInt8](repeating: 0, count: width), [UInt8](repeating: 0xFF, count: width))
        let one = Array(zero.dropLast()) + [1]
        let good = try #require(Forge.decode(parts[2]))
        let (r, s) = (Array(good[..<width]), Array(good[width...]))
        let wrong: [[UInt8]] = [
            zero + zero, zero + one, one + zero, one + one, ones + ones, zero + s, r + zero, one + s, r + one, s + r,
            r + r,
            Array(good.dropLast()), good + [0], [0] + good, [],
        ]
        for signature in wrong {
            let outcome = judge([parts[0], parts[1], Base64URL.encode(signature)].joined(separator: "."), rules)
            #expect(outcome == .rejected(signature.isEmpty ? .malformed : .badSignature))
        }
        #expect(judge(token.token, rules) == Verdict.good)
    }

    @Test(arguments: ["ed25519", "ed448"])
    func edwardsSignature_isRefused_whenItsNumbersAreTrivialOrTooLarge(_ name: String) throws {
        let rules = try Self.permissive()
        let token = try #require(ForeignFixtures.all.tokens.first { $0.key == name })
        let parts = token.token.segments
        let good = try #require(Forge.decode(parts[2]))
        let half = good.count / 2
        var identity = [UInt8](repeating: 0, count: half)
        identity[0] = 1
        let zero = [UInt8](repeating: 0, count: half)
        // s + the group's order is the same number to a verifier that forgets RFC 8032 section 5.1.7.
        let order: [UInt8] =
            name == "ed25519"
            ? [
                0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14, 0, 0, 0,
                0, 0,
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
            ] : [UInt8](repeating: 0xFF, count: 57)
        var sum = Array(good[..<half])
        var carry = 0
        for index in 0..<half {
            carry += Int(good[half + index]) + Int(order[index])
            sum.append(UInt8(carry & 255))
            carry >>= 8
        }
        let r = Array(good[..<half])
        let wrong: [[UInt8]] = [
            zero + zero, identity + zero, r + zero, zero + Array(good[half...]), sum, Array(good.dropLast()),
            good + [0],
            Array(good[half...]) + r,
        ]
        for signature in wrong {
            let changed = [parts[0], parts[1], Base64URL.encode(signature)].joined(separator: ".")
            #expect(judge(changed, rules) == .rejected(.badSignature))
        }
    }

    /// The widest rules there are, and tokens of every maker, changed in every way.
    @Test func changedToken_isNeverAccepted_unlessItDecodesTheSame() throws {
        var generator = SeededGenerator(seed: 0xF0F0)
        var verifier = TokenVerifier()
        var rules = try Self.permissive()
        let secret = Array(ForeignFixtures.all.secret.utf8)
        let secrets = try [SigningAlgorithm.hs256, .hs384, .hs512].map {
            try VerificationKey.secret(secret, algorithm: $0)
        }
        rules.keySet = KeySet(rules.keySet.entries.map(\.key) + secrets)
        for token in ForeignFixtures.all.tokens {
            let original = Array(token.token.utf8)
            #expect(verifier.judge(original, rules) == Verdict.good)
            for _ in 0..<60 {
                let changed = MutationTests.mutate(original, &generator)
                if case .accepted = verifier.judge(changed, rules) {
                    #expect(MutationTests.decoded(changed) == MutationTests.decoded(original), "\(token)")
                }
            }
        }
    }

    /// Parts of good tokens, put together anew.
    @Test func mixedToken_isNeverAccepted_unlessItIsWhole() throws {
        var generator = SeededGenerator(seed: 0xABBA)
        var verifier = TokenVerifier()
        let rules = try Self.permissive()
        let tokens = ForeignFixtures.all.tokens.filter { $0.key != "secret" }.map(\.token.segments)
        for _ in 0..<1500 {
            let sources = (0..<3).map { _ in Int.random(in: 0..<tokens.count, using: &generator) }
            let mixed = zip(sources, 0..<3).map { tokens[$0][$1] }
            guard !tokens.contains(mixed) else { continue }
            guard case .rejected = verifier.judge(Array(mixed.joined(separator: ".").utf8), rules) else {
                Issue.record("accepted parts of \(sources)")
                continue
            }
        }
    }
}
