import Testing

@testable import GatewayTokens

struct SignatureTests {
    static let keys: [(SigningAlgorithm, String, String)] = [
        (.rs256, TestKeys.rsa, TestTokens.rs256), (.rs384, TestKeys.rsa, TestTokens.rs384),
        (.rs512, TestKeys.rsa, TestTokens.rs512), (.ps256, TestKeys.rsa, TestTokens.ps256),
        (.ps384, TestKeys.rsa, TestTokens.ps384), (.ps512, TestKeys.rsa, TestTokens.ps512),
        (.es256, TestKeys.p256, TestTokens.es256), (.es256k, TestKeys.secp256k1, TestTokens.es256k),
        (.es384, TestKeys.p384, TestTokens.es384), (.es512, TestKeys.p521, TestTokens.es512),
        (.edDSA, TestKeys.ed25519, TestTokens.ed25519), (.edDSA, TestKeys.ed448, TestTokens.ed448),
        (.rs256, TestKeys.rsaPKCS1, TestTokens.rs256), (.rs256, TestKeys.rsaCertificate, TestTokens.rs256),
        (.es256, TestKeys.p256Certificate, TestTokens.es256),
    ]

    static let secrets: [(SigningAlgorithm, String, String)] = [
        (.hs256, TestKeys.secret, TestTokens.hs256), (.hs384, TestKeys.secret, TestTokens.hs384),
        (.hs512, TestKeys.secret, TestTokens.hs512),
    ]

    @Test(arguments: PublishedVector.all)
    func publishedSignature_isValid_andNoOtherBitIs(_ vector: PublishedVector) throws {
        let key: VerificationKey
        if vector.algorithm.usesSecret {
            key = try .secret(#require(Forge.decode(vector.key)), algorithm: vector.algorithm)
        } else {
            key = try .publicKey(pem: vector.key, algorithm: vector.algorithm)
        }
        let check = try #require(SignatureCheck(key))
        let parts = vector.token.segments
        let message = Array((parts[0] + "." + parts[1]).utf8)
        var signature = try #require(Forge.decode(parts[2]))
        #expect(message.withUnsafeBytes { check.accepts(signature, of: $0) })
        for index in signature.indices {
            signature[index] ^= 1
            #expect(!message.withUnsafeBytes { check.accepts(signature, of: $0) })
            signature[index] ^= 1
        }
        #expect(!message.dropLast().withUnsafeBytes { check.accepts(signature, of: $0) })
        #expect(message.withUnsafeBytes { check.accepts(signature, of: $0) }, "a context survives refusals")
    }

    @Test(arguments: SignatureTests.keys)
    func token_isAccepted_withItsKey(_ algorithm: SigningAlgorithm, _ key: String, _ token: String) throws {
        #expect(judge(token, try .publicKey(algorithm, key)) == .accepted(user: "7"))
    }

    @Test(
        arguments: [(.hs256, TestTokens.hs256), (.hs384, TestTokens.hs384), (.hs512, TestTokens.hs512)]
            as [(SigningAlgorithm, String)]
    )
    func token_isAccepted_withItsSecret(_ algorithm: SigningAlgorithm, _ token: String) throws {
        let key = try VerificationKey.secret(Array(TestKeys.secret.utf8), algorithm: algorithm)
        #expect(judge(token, .test(algorithm, keys: [key])) == .accepted(user: "7"))
        let other = try VerificationKey.secret(Array((TestKeys.secret + "x").utf8), algorithm: algorithm)
        #expect(judge(token, .test(algorithm, keys: [other])) == .rejected(.badSignature))
        #expect(judge(token, .test(algorithm, keys: [other, key])) == .accepted(user: "7"))
        #expect(judge(token, .test(algorithm, keys: [])) == .rejected(.badSignature))
    }

    @Test(arguments: SignatureTests.keys)
    func token_isRefused_underEveryOtherAlgorithm(_ algorithm: SigningAlgorithm, _ key: String, _ token: String) throws
    {
        for other in SigningAlgorithm.allCases where other != algorithm && !other.usesSecret {
            guard let rules = try? TokenRules.publicKey(other, key) else { continue }
            #expect(judge(token, rules) == .rejected(.wrongAlgorithm))
            // The same with a header that says what the rules want to hear.
            let parts = token.segments
            let header = Base64URL.encode(Array(#"{"alg":"\#(other.rawValue)"}"#.utf8))
            #expect(judge([header, parts[1], parts[2]].joined(separator: "."), rules) == .rejected(.badSignature))
        }
    }

    @Test func key_isNeverUsed_forAnotherAlgorithmThanItsOwn() throws {
        let rs384 = try VerificationKey.publicKey(pem: TestKeys.rsa, algorithm: .rs384)
        #expect(judge(TestTokens.rs256, .test(.rs256, keys: [rs384])) == .rejected(.badSignature))
    }

    @Test func token_isAccepted_withTheSecondKeyDuringARotation() throws {
        let other = try VerificationKey.publicKey(pem: TestKeys.otherRSA, algorithm: .ps256)
        let key = try VerificationKey.publicKey(pem: TestKeys.rsa, algorithm: .ps256)
        #expect(judge(TestTokens.ps256, .test(.ps256, keys: [other])) == .rejected(.badSignature))
        #expect(judge(TestTokens.ps256, .test(.ps256, keys: [other, key])) == .accepted(user: "7"))
    }

    @Test func pss_isRefused_withAnotherSaltLengthOrMask() throws {
        let rules = try TokenRules.publicKey(.ps256, TestKeys.rsa)
        for token in [TestTokens.ps256Salt20, TestTokens.ps256Salt0, TestTokens.ps256SHA1Mask] {
            #expect(judge(token, rules) == .rejected(.badSignature))
        }
    }

    @Test func rsaSignature_isRefused_whenShorterThanTheModulus() throws {
        let pss = try TokenRules.publicKey(.ps256, TestKeys.rsa)
        #expect(judge(TestTokens.ps256LeadingZero, pss) == .accepted(user: "7"))
        #expect(judge(TestTokens.ps256Short, pss) == .rejected(.badSignature))
        let pkcs1 = try TokenRules.publicKey(.rs256, TestKeys.rsa)
        #expect(judge(TestTokens.rs256LeadingZero, pkcs1) == .accepted(user: "7"))
        #expect(judge(TestTokens.rs256Short, pkcs1) == .rejected(.badSignature))
    }

    @Test func ecdsaTwin_isAccepted_asTheSameIdentity() throws {
        let rules = try TokenRules.publicKey(.es256, TestKeys.p256)
        #expect(TestTokens.es256Twin != TestTokens.es256)
        let (twin, token) = (try verified(TestTokens.es256Twin, rules), try verified(TestTokens.es256, rules))
        #expect(twin.userID == token.userID && twin.jti == token.jti && twin.expiresAt == token.expiresAt)
    }

    /// CVE-2022-21449 and its relatives.
    @Test func ecdsaSignature_isRefused_whenOutOfRangeOrOfAnotherForm() throws {
        let rules = try TokenRules.publicKey(.es256, TestKeys.p256)
        let parts = TestTokens.es256.segments
        let good = try #require(Forge.decode(parts[2]))
        let (r, s) = (Array(good[..<32]), Array(good[32...]))
        let order: [UInt8] = [
            0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
            0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
        ]
        let zero = [UInt8](repeating: 0, count: 32)
        let largest = [UInt8](repeating: 0xFF, count: 32)
        let wrong: [[UInt8]] = [
            zero + zero, zero + s, r + zero, order + s, r + order, order + order, largest + s, r + largest, s + r, r,
            r + s + [0],
            Array((r + s).dropLast()), [0] + r + s, r + [0] + s, Array(repeating: 0, count: 132),
        ]
        for signature in wrong {
            let token = [parts[0], parts[1], Base64URL.encode(signature)].joined(separator: ".")
            #expect(judge(token, rules) == .rejected(.badSignature))
        }
        #expect(judge(TestTokens.es256DER, rules) == .rejected(.badSignature))
        #expect(judge(TestTokens.es256, rules) == .accepted(user: "7"))
    }

    @Test(arguments: [
        (String(repeating: "00", count: 64), "3006020100020100"),
        (String(repeating: "00", count: 31) + "01" + String(repeating: "00", count: 31) + "80", "300702010102020080"),
        (
            String(repeating: "ff", count: 132),
            "3081" + "8a" + "0243" + "00" + String(repeating: "ff", count: 66) + "0243" + "00"
                + String(repeating: "ff", count: 66)
        ),
    ])
    func fixedWidthSignature_isWrittenAsDER(_ fixed: String, _ der: String) {
        var result: [UInt8] = [1, 2, 3]
        self.bytes(hex: fixed).withUnsafeBufferPointer { ECDSASignature.writeDER(ofFixedWidth: $0, into: &result) }
        #expect(result == self.bytes(hex: der))
    }

    private func bytes(hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Keys are shared by all workers, contexts are not.
    @Test func key_servesManyThreadsAtOnce() async throws {
        let rules = try Self.keys.map { (try TokenRules.publicKey($0.0, $0.1), $0.2) }
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var verifier = TokenVerifier()
                    return rules.allSatisfy { rules, token in
                        (0..<5).allSatisfy { _ in verifier.judge(Array(token.utf8), rules) == .accepted(user: "7") }
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes == [Bool](repeating: true, count: 8))
    }

    @Test func oneVerifier_servesManyKeysInAnyOrder() throws {
        var generator = SeededGenerator(seed: 42)
        var verifier = TokenVerifier()
        let cases = try Self.keys.map { (try TokenRules.publicKey($0.0, $0.1), Array($0.2.utf8)) }
        for _ in 0..<60 {
            let (rules, token) = cases[Int.random(in: 0..<cases.count, using: &generator)]
            #expect(verifier.judge(token, rules) == .accepted(user: "7"))
            #expect(verifier.judge(token.dropLast(4) + Array("AAAA".utf8), rules) == .rejected(.badSignature))
        }
        for index in 0..<200 {
            let key = try VerificationKey.secret(Array("other secret \(index)".utf8), algorithm: .hs256)
            #expect(verifier.judge(Array(TestTokens.hs256.utf8), .test(keys: [key])) == .rejected(.badSignature))
        }
    }
}
