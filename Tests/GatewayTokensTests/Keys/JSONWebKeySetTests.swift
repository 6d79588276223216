import Testing

@testable import GatewayTokens

struct JSONWebKeySetTests {
    private static let all = SigningAlgorithm.allCases

    private func load(_ keys: [String]) throws(KeyProblem) -> LoadedKeys {
        try self.load("{\"keys\":[" + keys.joined(separator: ",") + "]}")
    }

    private func load(_ text: String) throws(KeyProblem) -> LoadedKeys {
        try .published(Array(text.utf8), algorithms: Self.all)
    }

    private func problem(_ text: String) -> KeyProblem? {
        do throws(KeyProblem) {
            _ = try self.load(text)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: ForeignFixtures.all.sets)
    func set_givesTheKeysForSignatures_inOrder(_ set: ForeignFixtures.Set) throws {
        let loaded = try LoadedKeys.published(Array(set.document.utf8), algorithms: Self.all)
        var index = 0
        for expected in set.keys {
            let own = try #require(ForeignFixtures.all.keys[expected.name])
            let fitting = try LoadedKeys.configured(Array(own.pem.utf8), algorithms: Self.all).keys.map(\.algorithm)
            for algorithm in expected.algorithm.map({ [$0] }) ?? fitting {
                let key = loaded.keys[index]
                index += 1
                #expect(key.algorithm == algorithm && key.keyID == expected.keyID)
                let tokens = ForeignFixtures.all.tokens.filter { $0.key == expected.name && $0.algorithm == algorithm }
                for token in tokens {
                    let isNamed = token.keyID == nil || key.keyID == nil || token.keyID == key.keyID
                    let outcome = isNamed ? Verdict.good : .rejected(.unknownKey)
                    #expect(judge(token.token, .test(algorithm, keys: [key])) == outcome)
                }
            }
        }
        #expect(index == loaded.keys.count)
    }

    @Test func keyForAnotherPurpose_isSkippedWithAReason() throws {
        let loaded = try self.load([
            TestJWK.rsa.adding(#""kid":"e","use":"enc""#), TestJWK.p256.adding(#""kid":"a""#),
            #"{"kty":"oct","k":"YWJj","kid":"s"}"#, TestJWK.rsa(bits: 1024), "7", "[]", #"{"kid":"n"}"#,
        ])
        #expect(loaded.keys.map(\.keyID) == ["a"])
        let reasons: [KeyProblem] = [
            .notForSignatures, .publishedSecret, .rsaTooShort(bits: 1024), .badMember("kty"), .badMember("kty"),
            .badMember("kty"),
        ]
        #expect(loaded.skipped.map(\.problem) == reasons)
        #expect(loaded.skipped.map(\.index) == [0, 2, 3, 4, 5, 6])
        #expect(loaded.skipped.map(\.keyID) == ["e", "s", nil, nil, nil, "n"])
    }

    @Test func keyID_belongsToTheFirstKeyForSignatures() throws {
        let (one, two) = (TestJWK.p256.adding(#""kid":"a""#), TestJWK.ed25519.adding(#""kid":"a""#))
        let first = try self.load([one, two])
        #expect(first.keys.map(\.algorithm) == [.es256] && first.skipped.map(\.problem) == [.duplicateKeyID])
        #expect(try self.load([two, one]).keys.map(\.algorithm) == [.edDSA])
        #expect(try self.load([one, one]).keys.count == 1)
        // Spelled differently, meant the same.
        #expect(try self.load([one, TestJWK.ed25519.adding(#""kid":"\u0061""#)]).keys.count == 1)
        #expect(try self.load([one, TestJWK.ed25519.adding(#""kid":"A""#)]).keys.count == 2)
        // A key for encryption takes no name away, an unusable one for signatures does.
        #expect(try self.load([TestJWK.rsa.adding(#""kid":"a","use":"enc""#), one]).keys.count == 1)
        for first in [#"{"kty":"EC","crv":"P-1","kid":"a"}"#, TestJWK.rsa.adding(#""kid":"a","use":null"#)] {
            guard case .noUsableKey? = self.problem(#"{"keys":[\#(first),\#(one)]}"#) else {
                Issue.record("the second key was used")
                continue
            }
        }
        #expect(try self.load([TestJWK.p256, TestJWK.ed25519]).keys.count == 2)
    }

    @Test(
        arguments: [
            (#"{"keys":[]}"#, .noKeys), ("[]", .notKeySet), ("{}", .notKeySet), ("", .notKeySet),
            ("<html>", .notKeySet),
            (#"{"keys":{}}"#, .notKeySet), (#"{"keys":null}"#, .notKeySet), (TestJWK.p256, .notKeySet),
            (#"{"keys":[],"keys":[\#(TestJWK.p256)]}"#, .notKeySet), (#"{"keys":[\#(TestJWK.p256)]"#, .notKeySet),
            (#"{"keys":[\#(TestJWK.p256)]}x"#, .notKeySet),
        ] as [(String, KeyProblem)]
    )
    func document_isRefused_whenItIsNoSet(_ text: String, _ problem: KeyProblem) {
        #expect(self.problem(text) == problem)
        #expect(!problem.message.isEmpty)
    }

    @Test func document_isBounded_inBytesKeysAndValues() throws {
        let unnamed = [String](repeating: TestJWK.ed25519, count: 100)
        #expect(try self.load(unnamed).keys.count == 100)
        #expect(self.problem("{\"keys\":[" + (unnamed + ["{}"]).joined(separator: ",") + "]}") == .tooManyKeys)
        let set = #"{"keys":[\#(TestJWK.p256)]}"#
        #expect(self.problem(set + String(repeating: " ", count: 1 << 20 - set.utf8.count)) == nil)
        #expect(self.problem(set + String(repeating: " ", count: 1 << 20 - set.utf8.count + 1)) == .tooLarge)
        let names = (0..<10_000).map { #""\#($0)":1"# }.joined(separator: ",")
        #expect(self.problem(#"{"keys":[\#(TestJWK.p256)],\#(names)}"#) == .notKeySet)
    }

    @Test func noUsableKey_namesTheFirstReasons() throws {
        let problem = try #require(
            self.problem("{\"keys\":[" + [String](repeating: "1", count: 9).joined(separator: ",") + "]}"))
        #expect(problem.message.hasPrefix("no key can be used: key 1: ") && problem.message.hasSuffix("; …"))
        #expect(problem.message.contains("key 5") && !problem.message.contains("key 6"))
    }
}
