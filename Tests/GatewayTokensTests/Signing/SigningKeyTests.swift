import Testing

@testable import GatewayTokens

struct SigningKeyTests {
    private static let fixtures = ForeignFixtures.all

    private static let algorithms: [(SigningAlgorithm, String)] = SigningAlgorithm.allCases.flatMap { algorithm in
        let names =
            switch algorithm.family {
            case .hmac: [] as [String]
            case .rsaPKCS1, .rsaPSS: ["rsa"]
            case .ecdsa:
                [
                    algorithm == .es256
                        ? "p256" : algorithm == .es256k ? "secp256k1" : algorithm == .es384 ? "p384" : "p521"
                ]
            case .edDSA: ["ed25519", "ed448"]
            }
        return names.map { (algorithm, $0) }
    }

    private func problem(_ text: String, _ algorithm: SigningAlgorithm) -> KeyProblem? {
        do throws(KeyProblem) {
            _ = try SigningKey.privateKey(Array(text.utf8), algorithm: algorithm)
            return nil
        } catch {
            return error
        }
    }

    private func form(_ name: String, _ form: String) throws -> String {
        try #require(Self.fixtures.signing[name]?[form])
    }

    // MARK: Signing

    @Test(arguments: algorithms)
    func token_isAccepted_withThePublicHalf(_ algorithm: SigningAlgorithm, _ name: String) throws {
        let claims = TokenSigner.accessTokenClaims(user: "7", lifetime: 300, now: testNow)
        let rules = try TokenRules.publicKey(algorithm, self.form(name, "public"))
        for form in ["pkcs8", "traditional", "jwk"] {
            guard let text = Self.fixtures.signing[name]?[form] else {
                #expect(form == "traditional" && algorithm == .edDSA)
                continue
            }
            let key = try SigningKey.privateKey(Array(text.utf8), algorithm: algorithm, keyID: "k")
            for _ in 0..<(algorithm.family == .ecdsa ? 20 : 2) {
                let token = try TokenSigner.sign(claims: claims, key: key, type: "at+jwt")
                #expect(judge(token, rules) == Verdict.good)
                let header = try #require(Forge.decode(token.segments[0]))
                let expected = #"{"alg":"\#(algorithm.rawValue)","kid":"k","typ":"at+jwt"}"#
                #expect(String(decoding: header, as: UTF8.self) == expected)
            }
        }
    }

    /// RSA PKCS#1 and Edwards signatures are the same whoever makes them.
    @Test func publishedSignature_isMadeAgain() throws {
        let key = try SigningKey.privateKey(
            Array(
                #"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
                    .utf8),
            algorithm: .edDSA
        )
        let vector = try #require(PublishedVector.all.first { $0.algorithm == .edDSA })
        let parts = vector.token.segments
        let signature = try #require(key.sign(Array((parts[0] + "." + parts[1]).utf8)))
        #expect(Base64URL.encode(signature) == parts[2])
    }

    @Test func header_isPyJWTs() throws {
        func header(_ key: SigningKey, _ type: String?) throws -> String {
            let token = try TokenSigner.sign(claims: [], key: key, type: type)
            return String(decoding: try #require(Forge.decode(token.segments[0])), as: UTF8.self)
        }
        let secret = Array(TestKeys.secret.utf8)
        #expect(try header(.secret(secret, algorithm: .hs256), "JWT") == #"{"alg":"HS256","typ":"JWT"}"#)
        #expect(try header(.secret(secret, algorithm: .hs512, keyID: "é"), nil) == #"{"alg":"HS512","kid":"\u00e9"}"#)
        let oct = #"{"kty":"oct","k":"\#(Base64URL.encode(secret))","kid":"own"}"#
        #expect(try header(.privateKey(Array(oct.utf8), algorithm: .hs256), nil) == #"{"alg":"HS256","kid":"own"}"#)
        let key = try SigningKey.privateKey(Array(oct.utf8), algorithm: .hs256, keyID: "given")
        #expect(key.keyID == "given")
        #expect(
            judge(
                try TokenSigner.sign(
                    claims: TokenSigner.accessTokenClaims(user: "7", lifetime: 9, now: testNow), key: key), try .hs256()
            ) == Verdict.good)
        #expect(throws: SigningProblem.duplicateClaim) {
            try TokenSigner.sign(claims: [("a", .null), ("a", .null)], key: key)
        }
    }

    @Test(arguments: algorithms)
    func compactSigner_signsWhatTheOtherDoes(_ algorithm: SigningAlgorithm, _ name: String) throws {
        let key = try SigningKey.privateKey(Array(self.form(name, "pkcs8").utf8), algorithm: algorithm, keyID: "k\"")
        let claims = TokenSigner.accessTokenClaims(user: "7", lifetime: 300, now: testNow)
        let expected = try TokenSigner.sign(claims: claims, key: key, type: "a+b").segments
        let signer = CompactSigner(key, type: "a+b")
        for _ in 0..<3 {
            let token = try #require(signer.sign(JSONWriter.object(claims)))
            let text = String(decoding: token, as: UTF8.self)
            #expect(text.segments[0...1] == expected[0...1])
            #expect(judge(text, try TokenRules.publicKey(algorithm, self.form(name, "public"))) == Verdict.good)
        }
    }

    @Test func compactSigner_signsWithSecrets() throws {
        for algorithm in [SigningAlgorithm.hs256, .hs384, .hs512] {
            let key = try SigningKey.secret(Array(TestKeys.secret.utf8), algorithm: algorithm)
            let signer = CompactSigner(key, type: "JWT")
            for claims in [[], [("a", SignedClaim.string("b"))]] {
                let token = try #require(signer.sign(JSONWriter.object(claims)))
                #expect(String(decoding: token, as: UTF8.self) == (try TokenSigner.sign(claims: claims, key: key)))
            }
        }
    }

    @Test(arguments: algorithms)
    func key_isTheCounterpart_ofItsPublicHalfOnly(_ algorithm: SigningAlgorithm, _ name: String) throws {
        let key = try SigningKey.privateKey(Array(self.form(name, "pkcs8").utf8), algorithm: algorithm)
        for (other, public_) in Self.fixtures.signing.compactMapValues({ $0["public"] }) {
            for loaded in SigningAlgorithm.allCases.compactMap({
                try? VerificationKey.publicKey(pem: public_, algorithm: $0)
            }) {
                #expect(key.isCounterpart(of: loaded) == (other == name))
                #expect(
                    KeySet([], previous: [PreviousKey(loaded, notAfter: 0)]).contains(counterpartOf: key)
                        == (other == name))
            }
        }
        #expect(!key.isCounterpart(of: try .secret(Array(TestKeys.secret.utf8), algorithm: .hs256)))
    }

    @Test func secret_isTheCounterpart_ofItself() throws {
        let key = try SigningKey.secret(Array(TestKeys.secret.utf8), algorithm: .hs256)
        #expect(key.isCounterpart(of: try .secret(Array(TestKeys.secret.utf8), algorithm: .hs512)))
        #expect(!key.isCounterpart(of: try .secret(Array((TestKeys.secret + "x").utf8), algorithm: .hs256)))
    }

    // MARK: Loading

    @Test(arguments: fixtures.signing.keys.sorted())
    func privateKey_isRefused_whenEncryptedOrOfAnotherForm(_ name: String) throws {
        let algorithm = try #require(Self.algorithms.first { $0.1 == name }).0
        let forms = try #require(Self.fixtures.signing[name])
        for form in ["pkcs8_encrypted", "traditional_encrypted"] {
            guard let text = forms[form] else { continue }
            #expect(self.problem(text, algorithm) == .encryptedPrivateKey)
        }
        if let text = forms["openssh"] {
            #expect(self.problem(text, algorithm) == .unsupportedPEM(label: "OPENSSH PRIVATE KEY"))
        }
        let (pkcs8, pem) = (try self.form(name, "pkcs8"), try self.form(name, "public"))
        #expect(self.problem(pem, algorithm) == .notPrivateKey)
        #expect(self.problem(pkcs8 + pkcs8, algorithm) == .severalKeys)
        #expect(self.problem(pem + pkcs8, algorithm) == nil)
        #expect(self.problem(pkcs8.replacingLineBreaks(with: "\\n"), algorithm) == .escapedLineBreaks)
        #expect(self.problem(pkcs8, .hs256) == .publicKeyForSecretAlgorithm(.hs256))
        let other: SigningAlgorithm = algorithm.family == .rsaPKCS1 ? .es256 : .rs256
        guard case .wrongFamily? = self.problem(pkcs8, other) else {
            Issue.record("\(name) was taken for \(other)")
            return
        }
        // A gateway's own key must never be one of these.
        for text in forms.filter({ $0.key != "public" }).values {
            let verification = LoadedKeysTests.problem(text)
            #expect(verification == .privateKey || verification == .privateMember("d"))
        }
    }

    @Test func privateKey_isRefused_whenWeakOrForAnotherCurve() throws {
        #expect(self.problem(Self.fixtures.rsa1024, .rs256) == .rsaTooShort(bits: 1024))
        #expect(
            self.problem(try self.form("p384", "pkcs8"), .es256)
                == .wrongCurve(expected: "prime256v1", found: "secp384r1"))
        #expect(self.problem(try self.form("p384", "jwk"), .es256) == .algorithmDoesNotFit(.es256))
        #expect(
            self.problem("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", .es256)
                == .unreadable(label: "EC PRIVATE KEY"))
        let withParameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        #expect(self.problem(withParameters + (try self.form("p256", "traditional")), .es256) == nil)
        for text in ["", "a secret", "{}", #"{"keys":[]}"#, "ssh-rsa AAAA"] {
            #expect(self.problem(text, .rs256) == .notPrivateKey)
        }
    }

    @Test(
        arguments: [
            (#""alg":"ES256""#, nil), (#""alg":"ES384""#, .algorithmNotAllowed(.es384)), (#""use":"sig""#, nil),
            (#""use":"enc""#, .notForSignatures), (#""key_ops":["sign"]"#, nil), (#""kid":1"#, .badMember("kid")),
            (#""key_ops":["verify"]"#, .notForSigning),
        ] as [(String, KeyProblem?)]
    )
    func jwk_isRefused_whenItIsForAnotherUse(_ member: String, _ problem: KeyProblem?) throws {
        #expect(self.problem(try self.form("p256", "jwk").adding(member), .es256) == problem)
    }

    @Test(arguments: fixtures.signing.keys.sorted())
    func jwk_isRefused_whenItsPartsAreMissingOrDoNotBelongTogether(_ name: String) throws {
        let algorithm = try #require(Self.algorithms.first { $0.1 == name }).0
        let jwk = try FixtureJSON(text: Array(self.form(name, "jwk").utf8))
        let members = jwk.members.map { ($0, $1.text ?? "") }.filter { $0.0 != "key_ops" }
        func text(_ members: [(String, String)]) -> String {
            "{" + members.map { #""\#($0)":"\#($1)""# }.joined(separator: ",") + "}"
        }
        #expect(self.problem(text(members), algorithm) == nil)
        for (index, (member, value)) in members.enumerated() {
            var changed = members
            changed.remove(at: index)
            let problem = self.problem(text(changed), algorithm)
            switch member {
            case "kty": #expect(problem == .notPrivateKey)
            case "crv": #expect(problem == .unsupportedCurve)
            case "d": #expect(problem == .notPrivateKey)
            default: #expect(problem == .badMember(member))
            }
            guard member != "kty", member != "crv" else { continue }
            var bytes = try #require(Forge.decode(value))
            bytes[bytes.count / 2] ^= 0x10
            changed = members
            changed[index].1 = Base64URL.encode(bytes)
            #expect(self.problem(text(changed), algorithm) != nil, "\(name) with another \(member)")
            changed[index].1 = "A"
            #expect(self.problem(text(changed), algorithm) == .badMember(member))
        }
        if name == "rsa" {
            #expect(self.problem(text(members + [("oth", "")]), algorithm) == .badMember("oth"))
            let short = members.filter { ["kty", "n", "e", "d"].contains($0.0) }
            #expect(self.problem(text(short), algorithm) == nil)
            let index = try #require(short.firstIndex { $0.0 == "d" })
            var changed = short
            var exponent = try #require(Forge.decode(changed[index].1))
            exponent[100] ^= 0x10
            changed[index].1 = Base64URL.encode(exponent)
            #expect(self.problem(text(changed), algorithm) == .inconsistentPrivateKey)
        }
    }

    @Test func key_isReadOrRefused_whateverByteIsChanged() throws {
        var generator = SeededGenerator(seed: 12)
        for (name, algorithm) in [("p256", SigningAlgorithm.es256), ("ed25519", .edDSA)] {
            for form in ["pkcs8", "jwk", "pkcs8_encrypted"] {
                let text = Array(try self.form(name, form).utf8)
                for _ in 0..<300 {
                    var changed = text
                    changed[Int.random(in: 0..<text.count, using: &generator)] = .random(in: 0...255, using: &generator)
                    _ = try? SigningKey.privateKey(changed, algorithm: algorithm)
                    _ = try? LoadedKeys.configured(changed, algorithms: SigningAlgorithm.allCases)
                }
            }
        }
    }

    @Test func key_showsNothing_whenPrinted() throws {
        let key = try SigningKey.secret(Array("a secret that must not be seen".utf8), algorithm: .hs256)
        var text = "\(key) \(String(reflecting: key)) "
        dump(key, to: &text)
        #expect(!text.contains("must not") && text.contains("HS256"))
    }
}
