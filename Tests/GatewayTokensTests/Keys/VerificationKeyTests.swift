import Testing

@testable import GatewayTokens

struct VerificationKeyTests {
    private func problem(_ pem: String, _ algorithm: SigningAlgorithm) -> KeyProblem? {
        do throws(KeyProblem) {
            _ = try VerificationKey.publicKey(pem: pem, algorithm: algorithm)
            return nil
        } catch {
            return error
        }
    }

    private func problem(secret: [UInt8], _ algorithm: SigningAlgorithm = .hs256) -> KeyProblem? {
        do throws(KeyProblem) {
            _ = try VerificationKey.secret(secret, algorithm: algorithm)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Public keys

    @Test(
        arguments: [
            (TestKeys.rsa, .rs256), (TestKeys.rsa, .ps512), (TestKeys.rsaPKCS1, .rs384),
            (TestKeys.rsaCertificate, .ps256), (TestKeys.p256, .es256), (TestKeys.p256Certificate, .es256),
            (TestKeys.p256Explicit, .es256),
            (TestKeys.secp256k1, .es256k), (TestKeys.p384, .es384), (TestKeys.p521, .es512), (TestKeys.ed25519, .edDSA),
            (TestKeys.ed448, .edDSA), ("\n\n" + TestKeys.p256 + "\n\n", .es256),
            ("Subject: a comment above\n" + TestKeys.p256, .es256),
        ] as [(String, SigningAlgorithm)]
    )
    func publicKey_isAccepted_whenItFitsItsAlgorithm(_ pem: String, _ algorithm: SigningAlgorithm) {
        #expect(self.problem(pem, algorithm) == nil)
    }

    @Test func publicKey_isAccepted_withCarriageReturns() {
        let lines = TestKeys.p256.split(separator: "\n").joined(separator: "\r\n")
        #expect(self.problem(lines, .es256) == nil)
    }

    @Test func chainOfCertificates_givesItsFirstKey() {
        let chain = TestKeys.rsaCertificate + "\n" + TestKeys.p256Certificate
        #expect(self.problem(chain, .rs256) == nil)
        #expect(self.problem(chain, .es256) == .wrongFamily(expected: "EC", found: "RSA"))
    }

    @Test(
        arguments: [
            (TestKeys.rsa, .es256, .wrongFamily(expected: "EC", found: "RSA")),
            (TestKeys.p256, .rs256, .wrongFamily(expected: "RSA", found: "EC")),
            (TestKeys.p256, .ps256, .wrongFamily(expected: "RSA", found: "EC")),
            (TestKeys.p256, .edDSA, .wrongFamily(expected: "Ed25519 or Ed448", found: "EC")),
            (TestKeys.x25519, .edDSA, .wrongFamily(expected: "Ed25519 or Ed448", found: "X25519")),
            (TestKeys.ed25519, .es256, .wrongFamily(expected: "EC", found: "ED25519")),
            (TestKeys.rsaPSSOnly, .ps256, .wrongFamily(expected: "RSA", found: "RSA-PSS")),
            (TestKeys.p384, .es256, .wrongCurve(expected: "prime256v1", found: "secp384r1")),
            (TestKeys.secp256k1, .es256, .wrongCurve(expected: "prime256v1", found: "secp256k1")),
            (TestKeys.p256, .es256k, .wrongCurve(expected: "secp256k1", found: "prime256v1")),
            (TestKeys.p256, .es512, .wrongCurve(expected: "secp521r1", found: "prime256v1")),
            (TestKeys.rsa1024, .rs256, .rsaTooShort(bits: 1024)), (TestKeys.rsa1024, .ps256, .rsaTooShort(bits: 1024)),
            (TestKeys.rsa16392, .rs256, .rsaTooLong(bits: 16392)),
            (TestKeys.rsaExponent1, .rs256, .badRSAExponent), (TestKeys.rsaEvenExponent, .rs256, .badRSAExponent),
            (TestKeys.rsaHugeExponent, .rs256, .badRSAExponent),
            (TestKeys.p256OwnGenerator, .es256, .wrongCurve(expected: "prime256v1", found: "an unnamed curve")),
            (TestKeys.p256OffCurve, .es256, .unreadable(label: "PUBLIC KEY")),
            (TestKeys.ed25519Identity, .edDSA, .weakPoint), (TestKeys.ed448Identity, .edDSA, .weakPoint),
            (TestKeys.rsa, .hs256, .publicKeyForSecretAlgorithm(.hs256)),
        ] as [(String, SigningAlgorithm, KeyProblem)]
    )
    func publicKey_isRefused_whenUnfit(_ pem: String, _ algorithm: SigningAlgorithm, _ problem: KeyProblem) {
        #expect(self.problem(pem, algorithm) == problem)
    }

    @Test(arguments: [
        "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY",
    ])
    func privateKey_isRefused_whereverItStands(_ label: String) {
        let key = "-----BEGIN \(label)-----\nAAAA\n-----END \(label)-----"
        #expect(self.problem(key, .es256) == .privateKey)
        #expect(self.problem(TestKeys.p256 + "\n" + key, .es256) == .privateKey)
        #expect(
            self.problem("-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n" + key, .es256)
                == .privateKey)
        #expect(KeyProblem.privateKey.message.contains("private key"))
    }

    @Test(
        arguments: [
            ("", .notPEM(nil)), ("just text", .notPEM(nil)), (#"{"kty":"EC","crv":"P-256"}"#, .notPEM(.jwk)),
            ("ssh-ed25519 AAAAC3Nz test@example", .notPEM(.ssh)),
            ("ecdsa-sha2-nistp256 AAAAE2Vj test@example", .notPEM(.ssh)),
            (TestKeys.p256.replacingLineBreaks(with: "\\n"), .escapedLineBreaks),
            (TestKeys.p256.replacingLineBreaks(with: " "), .unreadable(label: "PUBLIC KEY")),
            (TestKeys.p256 + "\n" + TestKeys.p384, .severalKeys),
            (TestKeys.p256 + "\n" + TestKeys.p256Certificate, .severalKeys),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", .unreadable(label: "PUBLIC KEY")),
            ("-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----", .unreadable(label: "PUBLIC KEY")),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n", .unreadable(label: "PUBLIC KEY")),
            (
                "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
                .unsupportedPEM(label: "CERTIFICATE REQUEST")
            ),
        ] as [(String, KeyProblem)]
    )
    func text_isRefused_whenNotOnePublicKey(_ text: String, _ problem: KeyProblem) {
        #expect(self.problem(text, .es256) == problem)
    }

    @Test func pem_isRefusedOrRead_whateverByteIsChanged() {
        var generator = SeededGenerator(seed: 7)
        let text = Array(TestKeys.p256.utf8)
        for _ in 0..<2000 {
            var changed = text
            changed[Int.random(in: 0..<text.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = self.problem(String(decoding: changed, as: UTF8.self), .es256)
        }
    }

    // MARK: Secrets

    @Test func secret_isRefused_whenEmptyOrForAnotherFamily() {
        #expect(self.problem(secret: []) == .emptySecret)
        #expect(self.problem(secret: Array("x".utf8), .es256) == .secretForPublicKeyAlgorithm(.es256))
    }

    @Test(
        arguments: [
            (TestKeys.rsa, .pem), (TestKeys.p256Certificate, .pem), ("  \n" + TestKeys.rsaPKCS1, .pem),
            (TestKeys.rsa.replacingLineBreaks(with: "\\n"), .pem), ("-----BEGIN PUBLIC KEY-----", .pem),
            ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----", .pem),
            ("ssh-rsa AAAAB3Nz test@example", .ssh), ("ecdsa-sha2-nistp384 AAAA", .ssh),
            ("ssh-ed25519-cert-v01@openssh.com AAAA", .ssh),
            (#" {"kty":"oct","k":"AAAA"}"#, .jwk), (#"{"keys":[{"kty":"RSA"}]}"#, .jwks),
        ] as [(String, KeyText)]
    )
    func secret_isRefused_whenItIsAKey(_ text: String, _ found: KeyText) {
        #expect(self.problem(secret: Array(text.utf8)) == .secretIsKey(found))
    }

    @Test(arguments: [TestKeys.rsa, TestKeys.rsaPKCS1, TestKeys.p256Certificate, TestKeys.ed25519])
    func secret_isRefused_whenItIsAKeyInDER(_ pem: String) throws {
        let base64 = pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        let strict = base64.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }.filter { $0 != "=" }
        let der = try #require(Forge.decode(String(strict)))
        #expect(self.problem(secret: der) == .secretIsKey(.der))
    }

    @Test(arguments: ["0", "{\"not\": \"a key\"}", "0123456789", "\u{30}\u{82}", "ssh", "BEGIN", "a\0b"])
    func secret_isAccepted_whenItOnlyResemblesAKey(_ text: String) {
        #expect(self.problem(secret: Array(text.utf8)) == nil)
    }

    @Test(
        arguments: [
            (.hs256, 31, true), (.hs256, 32, false), (.hs384, 47, true), (.hs384, 48, false), (.hs512, 63, true),
            (.hs512, 64, false), (.hs256, 5, true),
        ] as [(SigningAlgorithm, Int, Bool)]
    )
    func secret_warns_whenShorterThanItsDigest(_ algorithm: SigningAlgorithm, _ count: Int, _ warns: Bool) throws {
        let key = try VerificationKey.secret([UInt8](repeating: 0x61, count: count), algorithm: algorithm)
        #expect((key.warning != nil) == warns)
        #expect(key.warning?.contains("\(count) bytes") ?? true)
    }

    @Test func secret_warns_whenStartprojectWroteIt() throws {
        let text = "django-insecure-" + String(repeating: "x", count: 50)
        #expect(try VerificationKey.secret(Array(text.utf8), algorithm: .hs256).warning != nil)
    }
}

extension String {
    func replacingLineBreaks(with text: String) -> String {
        self.split(separator: "\n").joined(separator: text)
    }
}
