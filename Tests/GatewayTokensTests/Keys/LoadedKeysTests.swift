import Testing

@testable import GatewayTokens

struct LoadedKeysTests {
    static let all = SigningAlgorithm.allCases

    static func problem(_ text: String, _ algorithms: [SigningAlgorithm] = all) -> KeyProblem? {
        do throws(KeyProblem) {
            _ = try LoadedKeys.configured(Array(text.utf8), algorithms: algorithms)
            return nil
        } catch {
            return error
        }
    }

    private func problem(_ text: String, _ algorithms: [SigningAlgorithm] = all) -> KeyProblem? {
        Self.problem(text, algorithms)
    }

    private func algorithms(_ text: String, _ allowed: [SigningAlgorithm] = all) throws -> [SigningAlgorithm] {
        try LoadedKeys.configured(Array(text.utf8), algorithms: allowed).keys.map(\.algorithm)
    }

    // MARK: What a text is

    @Test(
        arguments: [
            ("a secret", nil), ("", nil), ("{", nil), ("{}", nil), (#"{"a":1}"#, nil), (#"{"keys":{}}"#, nil),
            (" \n{\"kty\":1}", .jwk), (#"{"\u006bty":"oct"}"#, .jwk), (#"{"kty":"oct","#, .jwk),
            (#"{"a":{"kty":1}}"#, nil), (#"{"keys":[]}"#, .jwks), (#"{"kty":"RSA","keys":[]}"#, .jwks),
            ("ssh-rsa AAAA", .ssh), (TestKeys.rsa, .pem), ("# comment\n" + TestKeys.p256, .pem),
        ] as [(String, KeyText?)]
    )
    func text_isRecognised_byItsForm(_ text: String, _ form: KeyText?) {
        #expect(KeyText(recognizing: Array(text.utf8)) == form)
    }

    @Test func secret_isBoundToEachAllowedHSAlgorithm() throws {
        #expect(try self.algorithms(TestKeys.secret, [.rs256, .hs512, .hs256]) == [.hs512, .hs256])
        #expect(self.problem("just text", [.rs256]) == .notPEM(nil))
        #expect(self.problem("", [.hs256]) == .emptySecret)
        #expect(self.problem("ssh-rsa AAAA", [.hs256]) == .notPEM(.ssh))
        #expect(self.problem(TestKeys.rsa, [.hs256]) == .publicKeyForSecretAlgorithm(.hs256))
    }

    @Test func text_isRefused_whenLongerThan1MiB() {
        #expect(self.problem(String(repeating: "x", count: 1 << 20), [.hs256]) == nil)
        #expect(self.problem(String(repeating: "x", count: 1 << 20 + 1), [.hs256]) == .tooLarge)
    }

    // MARK: PEM

    @Test(
        arguments: [
            (TestKeys.rsa, [.rs256, .rs384, .rs512, .ps256, .ps384, .ps512]), (TestKeys.p256, [.es256]),
            (TestKeys.secp256k1, [.es256k]), (TestKeys.ed448, [.edDSA]), (TestKeys.p256Certificate, [.es256]),
        ] as [(String, [SigningAlgorithm])]
    )
    func pem_isBoundToEveryAllowedAlgorithmThatFits(_ pem: String, _ expected: [SigningAlgorithm]) throws {
        #expect(try self.algorithms(pem) == expected)
        #expect(try self.algorithms(pem, [expected[0]]) == [expected[0]])
    }

    @Test func pemProblem_isAboutTheKeyItself_whenItsKindIsAllowed() {
        #expect(self.problem(TestKeys.rsa1024) == .rsaTooShort(bits: 1024))
        #expect(self.problem(TestKeys.rsa1024, [.es256]) == .wrongFamily(expected: "EC", found: "RSA"))
        #expect(self.problem(TestKeys.p384, [.es256]) == .wrongCurve(expected: "prime256v1", found: "secp384r1"))
    }

    @Test func severalBlocks_giveSeveralKeys_andSkipTheUnusable() throws {
        let text = [TestKeys.rsa1024, TestKeys.p256, TestKeys.x25519, TestKeys.ed25519].joined(separator: "\n")
        let loaded = try LoadedKeys.configured(Array(text.utf8), algorithms: Self.all)
        #expect(loaded.keys.map(\.algorithm) == [.es256, .edDSA])
        #expect(loaded.skipped.map(\.index) == [0, 2])
        #expect(loaded.skipped.first?.problem == .rsaTooShort(bits: 1024))
        #expect(loaded.skipped.first?.message == "key 1: the RSA key has 1024 bits, at least 2048 are needed")
    }

    @Test func certificatesInARow_areAChain() throws {
        let chain = TestKeys.rsaCertificate + "\n" + TestKeys.p256Certificate
        #expect(try self.algorithms(chain, [.rs256, .es256]) == [.rs256])
        let parted = [TestKeys.rsaCertificate, TestKeys.ed25519, TestKeys.p256Certificate].joined(separator: "\n")
        #expect(try self.algorithms(parted, [.rs256, .es256, .edDSA]) == [.rs256, .edDSA, .es256])
    }

    @Test func pem_isRefused_whenItHasAPrivateKeyOrNoUsableOne() {
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
        #expect(self.problem(TestKeys.p256 + "\n" + key) == .privateKey)
        let useless = TestKeys.rsa1024 + "\n" + TestKeys.x25519
        guard case .noUsableKey(let skipped)? = self.problem(useless) else {
            Issue.record("a file without a usable key was taken")
            return
        }
        #expect(skipped.count == 2)
        let many = [String](repeating: TestKeys.ed25519, count: 101).joined(separator: "\n")
        #expect(self.problem(many) == .tooManyKeys)
    }
}
