import Testing

@testable import GatewayTokens

/// Known attacks on tokens that the verdict battery does not already hold.
struct AttackCatalogueTests {
    @Test(arguments: ["none", "NONE", "nOnE", "none ", " none", "", "HS256 ", "HS256\\u0000", "HS-256", "\\u0048S256x"])
    func algorithm_isRefused_whenNotExactlyTheConfiguredOne(_ name: String) throws {
        let header = Base64URL.encode(Array(#"{"alg":"\#(name)","typ":"JWT"}"#.utf8))
        let signed = header + "." + Base64URL.encode(Array(Forge.payload().utf8))
        #expect(judge(Forge.sign(signed), try .hs256()) == .rejected(.wrongAlgorithm))
        #expect(judge(signed + ".", try .hs256()) == .rejected(.malformed))
        #expect(judge(signed + ".AA", try .hs256()) == .rejected(.wrongAlgorithm))
    }

    @Test(arguments: ["null", "[]", "{}", #"["none"]"#, "true", "256", #"{"HS256":1}"#])
    func algorithm_isRefused_whenNotText(_ value: String) throws {
        #expect(judge(Forge.token(header: #"{"alg":\#(value)}"#), try .hs256()) == .rejected(.wrongAlgorithm))
    }

    /// Swift takes the Kelvin sign and K for one text, Python does not.
    @Test(
        arguments: [
            ("ES256K", true), (#"\u0045S256\u004b"#, true), ("ES256\u{212A}", false), (#"ES256\u212a"#, false),
        ] as [(String, Bool)]
    )
    func algorithm_isRefused_whenItOnlyLooksTheSame(_ name: String, _ isAccepted: Bool) throws {
        let forms = try #require(ForeignFixtures.all.signing["secp256k1"])
        let key = try SigningKey.privateKey(Array(try #require(forms["pkcs8"]).utf8), algorithm: .es256k)
        let rules = try TokenRules.publicKey(.es256k, try #require(forms["public"]))
        let header = Base64URL.encode(Array(#"{"alg":"\#(name)"}"#.utf8))
        let signed = header + "." + Base64URL.encode(Array(Forge.payload().utf8))
        let token = signed + "." + Base64URL.encode(try #require(key.sign(Array(signed.utf8))))
        #expect(judge(token, rules) == (isAccepted ? Verdict.good : .rejected(.wrongAlgorithm)))
        let jwk = #"{"kty":"OKP","crv":"Ed25519","alg":"\#(name)","x":"AA"}"#
        #expect(throws: isAccepted ? KeyProblem.algorithmDoesNotFit(.es256k) : .unsupportedKeyAlgorithm) {
            try LoadedKeys.configured(Array(jwk.utf8), algorithms: [.es256k, .edDSA])
        }
    }

    @Test func algorithm_isAccepted_whenItIsOnlyEscaped() throws {
        #expect(judge(Forge.token(header: #"{"\u0061lg":"\u0048S256"}"#), try .hs256()) == Verdict.good)
    }

    @Test func signature_isRefused_whenCutExtendedOrOfAnotherToken() throws {
        let parts = Forge.token().segments
        let other = Forge.token(payload: Forge.payload(["user_id": #""8""#])).segments
        let code = try #require(Forge.decode(parts[2]))
        let wrong = [Array(code.dropLast()), Array(code.dropFirst()), Array(code.prefix(1)), code + [0], code + code]
        for signature in wrong.map(Base64URL.encode) + [other[2]] {
            let token = [parts[0], parts[1], signature].joined(separator: ".")
            #expect(judge(token, try .hs256()) == .rejected(.badSignature))
        }
    }

    @Test(
        arguments: [
            (.hs512, .hs256), (.hs384, .hs256), (.hs256, .hs512), (.hs256, .hs384),
        ] as [(SigningAlgorithm, SigningAlgorithm)]
    )
    func secret_isBound_toItsAlgorithm(_ signed: SigningAlgorithm, _ configured: SigningAlgorithm) throws {
        let key = try VerificationKey.secret(Array(TestKeys.secret.utf8), algorithm: configured)
        let body = Base64URL.encode(Array(Forge.payload().utf8))
        for name in [signed, configured] {
            let header = Base64URL.encode(Array(#"{"alg":"\#(name.rawValue)"}"#.utf8))
            let token = Forge.sign(header + "." + body, algorithm: signed)
            let reason: TokenRejection.Reason = name == configured ? .badSignature : .wrongAlgorithm
            #expect(judge(token, .test(configured, keys: [key])) == .rejected(reason))
        }
    }

    @Test(
        arguments: [
            ("1", false), ("null", false), ("[]", false), (#""\#(String(repeating: "k", count: 257))""#, false),
            (#""\#(String(repeating: "k", count: 256))""#, true), (#""' OR 1=1 --""#, true), (#""a\u0000b""#, true),
            (#""a\r\nb""#, true), (#""https://evil.example/key""#, true), (#""""#, true),
        ] as [(String, Bool)]
    )
    func keyID_isOpaqueText_ofLimitedLength(_ value: String, _ isAccepted: Bool) throws {
        let token = Forge.token(header: #"{"alg":"HS256","kid":\#(value)}"#)
        #expect(judge(token, try .hs256()) == (isAccepted ? Verdict.good : .rejected(.badHeader)))
    }

    @Test(arguments: [
        #"["b64","b64"]"#, #"["alg"]"#, "{}", "null", "true", #""""#, "[null]",
    ])
    func criticalExtension_isRefused_inEveryForm(_ value: String) throws {
        #expect(judge(Forge.token(header: #"{"alg":"HS256","crit":\#(value)}"#), try .hs256()) == .rejected(.badHeader))
    }

    @Test(arguments: [
        #"{"alg":"HS256","b64":null}"#, #"{"alg":"HS256","b64":"true"}"#, #"{"alg":"HS256","zip":null}"#,
        #"{"alg":"HS256","cty":1}"#, #"{"alg":"HS256","cty":"jwt"}"#, #"{"alg":"HS256","typ":null}"#,
        #"{"alg":"HS256","x":{"a":1,"a":2}}"#, #"{"alg":"none","\u0061lg":"HS256"}"#, #"{"alg":"HS256"}{}"#,
        "\u{FEFF}{\"alg\":\"HS256\"}", #"{"alg":"HS256","kid":"\ud800"}"#, #"{"alg":"HS256",}"#,
        #"{"alg":"HS256","x":\#(String(repeating: "9", count: 33))}"#,
        #"{"alg":"HS256","x":[\#([String](repeating: "1", count: 200).joined(separator: ","))]}"#,
        #"{"alg":"HS256","x":\#(String(repeating: "[", count: 8))\#(String(repeating: "]", count: 8))}"#,
    ])
    func header_isRefused_whenOdd(_ header: String) throws {
        #expect(judge(Forge.token(header: header), try .hs256()) == .rejected(.badHeader))
    }

    @Test(arguments: [
        #"{"payload":"e30","protected":"e30","signature":"AA"}"#, "a.b.c.d.e",
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AA.AA.AA.AA", "Bearer a.b.c", "null", "undefined",
    ])
    func otherSerializations_areRefused(_ token: String) throws {
        #expect(judge(token, try .hs256()) == .rejected(.malformed))
    }

    @Test(arguments: ["+", "/", "=", " ", "\t", "\r", "\n", "\0", "%", "é", "~", ":", "\u{7F}"])
    func token_isRefused_whereverAForeignCharacterStands(_ character: String) throws {
        let token = Forge.token()
        let rules = try TokenRules.hs256()
        for offset in stride(from: 0, through: token.utf8.count, by: 7) {
            let index = token.utf8.index(token.startIndex, offsetBy: offset)
            var changed = token
            changed.insert(contentsOf: character, at: index)
            #expect(judge(changed, rules) == .rejected(.malformed))
        }
    }

    @Test(arguments: ["exp", "nbf", "iat"])
    func time_isRefused_whenNotANumberInRange(_ claim: String) throws {
        let rules = try TokenRules.hs256()
        let wrong = [
            #""1""#, "true", "false", "null", "[]", "{}", "1e400", "-1e400", "9223372036854775808",
            "18446744073709551616",
            "1e308", "[1]",
        ]
        for value in wrong {
            let payload = Forge.payload([claim: value])
            #expect(judge(Forge.token(payload: payload), rules) == .rejected(.badTime), "\(value)")
        }
        for value in ["NaN", "-Infinity", "01", "+1", ".5", "1.", "0x1", String(repeating: "1", count: 8000 / 2)] {
            let payload = Forge.payload([claim: value])
            #expect(judge(Forge.token(payload: payload), rules) == .rejected(.badPayload), "\(value)")
        }
    }

    @Test func past_isAccepted_inNotBeforeAndIssuedAt() throws {
        let payload = Forge.payload(["nbf": "-1", "iat": "-1.5", "exp": "253402300799"])
        let token = try verified(Forge.token(payload: payload), .hs256())
        #expect(token.validFrom == -1 && token.issuedAt == -1 && token.expiresAt == 253_402_300_799)
    }

    @Test func clock_mayStandAnywhere() throws {
        let token = Forge.token(payload: Forge.payload(["nbf": "0", "iat": "0"]))
        for leeway in [0, 300, .max] as [Int64] {
            let rules = try TokenRules.hs256 { $0.leeway = leeway }
            _ = judge(token, rules, now: WallClock(seconds: .min))
            _ = judge(token, rules, now: WallClock(seconds: .max, nanoseconds: 999_999_999))
        }
        #expect(judge(token, try .hs256(), now: WallClock(seconds: .max)) == .rejected(.expired))
        #expect(judge(token, try .hs256(), now: WallClock(seconds: -1)) == .rejected(.issuedInFuture))
    }

    @Test func size_isLimitedTo8KiB() throws {
        func token(_ filling: Int) -> String {
            Forge.token(payload: Forge.payload(["x": "\"" + String(repeating: "x", count: filling) + "\""]))
        }
        let rules = try TokenRules.hs256()
        let shortest = token(0).utf8.count
        let fitting = (8192 - shortest) / 4 * 3 - 3
        #expect(token(fitting).utf8.count <= 8192)
        #expect(judge(token(fitting), rules) == Verdict.good)
        #expect(judge(token(fitting + 12), rules) == .rejected(.tooLarge))
        #expect(judge(String(repeating: "A", count: 8193), rules) == .rejected(.tooLarge))
        #expect(judge(String(repeating: ".", count: 100_000), rules) == .rejected(.tooLarge))
    }

    @Test func manyNames_areRefusedByCount() throws {
        let names = (0..<3000).map { #""\#(String($0, radix: 36))":1"# }.joined(separator: ",")
        #expect(judge(Forge.token(payload: "{\(names)}"), try .hs256()) == .rejected(.tooLarge))
        let fewer = (0..<200).map { #""h\#($0)":1"# }.joined(separator: ",")
        #expect(judge(Forge.token(header: "{\"alg\":\"HS256\",\(fewer)}"), try .hs256()) == .rejected(.badHeader))
        // Five of the 256 members are the claims themselves.
        for (count, outcome) in [(251, Verdict.good), (252, .rejected(.badPayload))] as [(Int, Outcome)] {
            let members = (0..<count).map { #","h\#($0)":1"# }.joined()
            #expect(judge(Forge.token(payload: Forge.payload().dropLast() + members + "}"), try .hs256()) == outcome)
        }
    }
}
