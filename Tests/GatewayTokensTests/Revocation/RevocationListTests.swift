import Testing

@testable import GatewayTokens

struct RevocationListTests {
    private func list(_ text: String, now: WallClock = testNow) throws(RevocationProblem) -> RevocationList {
        try .parse(Array(text.utf8), now: now)
    }

    private func problem(_ text: String) -> RevocationProblem? {
        do throws(RevocationProblem) {
            _ = try self.list(text)
            return nil
        } catch {
            #expect(!error.message.isEmpty)
            return error
        }
    }

    private static let document = #"""
        {"jti":[{"jti":"one"},{"jti":"two","iss":"a"},{"jti":7},{"jti":"é","iss":"é"},{"jti":"old","exp":1749990000},
                {"jti":"recent","exp":1749999000},{"jti":""}],
         "users":[{"user":"gone"},{"user":42,"issued_before":1000},{"user":"mixed","iss":"a","issued_before":1000},
                  {"user":"mixed","issued_before":500},{"user":"local","iss":"b"}]}
        """#

    @Test(
        arguments: [
            // By id.
            (nil, "one", "x", 1, true), ("a", "one", "x", 1, true), (nil, "two", "x", 1, false),
            ("a", "two", "x", 1, true),
            ("b", "two", "x", 1, false), ("A", "two", "x", 1, false), (nil, "7", "x", 1, true),
            (nil, "07", "x", 1, false),
            ("é", "é", "x", 1, true), ("e\u{301}", "é", "x", 1, false), (nil, "One", "x", 1, false),
            (nil, nil, "x", 1, false), (nil, "", "x", 1, true), (nil, "gone", "x", 1, false),
            // Its own end is an hour ago, or not yet.
            (nil, "old", "x", 1, false), (nil, "recent", "x", 1, true),
            // By user.
            (nil, nil, "gone", 1, true), ("a", "y", "gone", .max, true), (nil, nil, "gone", nil, true),
            (nil, nil, "one", 1, false), (nil, nil, "42", 999, true), (nil, nil, "42", 1000, false),
            (nil, nil, "42", nil, true), ("z", nil, "42", -5, true), ("a", nil, "mixed", 999, true),
            ("a", nil, "mixed", 1000, false), (nil, nil, "mixed", 499, true), (nil, nil, "mixed", 500, false),
            ("c", nil, "mixed", 499, true), ("c", nil, "mixed", 500, false), ("b", nil, "local", 1, true),
            (nil, nil, "local", 1, false), ("a", nil, "local", 1, false),
        ] as [(String?, String?, String, Int64?, Bool)]
    )
    func token_isRevoked_byItsIDOrItsUser(
        _ issuer: String?,
        _ jti: String?,
        _ user: String,
        _ issuedAt: Int64?,
        _ expected: Bool
    ) throws {
        let list = try self.list(Self.document)
        #expect(list.revokes(issuer: issuer, jti: jti, userID: user, issuedAt: issuedAt) == expected)
        #expect(!RevocationList.empty.revokes(issuer: issuer, jti: jti, userID: user, issuedAt: issuedAt))
    }

    @Test func verifiedToken_isRevoked_byItsFacts() throws {
        let token = try verified(Forge.token(payload: Forge.payload(["iss": #""me""#])), .hs256())
        #expect(try self.list(#"{"jti":[{"jti":"0123456789abcdef0123456789abcdef","iss":"me"}]}"#).revokes(token))
        #expect(try !self.list(#"{"jti":[{"jti":"0123456789abcdef0123456789abcdef","iss":"you"}]}"#).revokes(token))
        #expect(try self.list(#"{"users":[{"user":"7","issued_before":1700000001}]}"#).revokes(token))
        #expect(try !self.list(#"{"users":[{"user":"7","issued_before":1700000000}]}"#).revokes(token))
        // A twin of the signature is the same token.
        let rules = try TokenRules.publicKey(.es256, TestKeys.p256)
        let list = try self.list(#"{"jti":[{"jti":"0123456789abcdef0123456789abcdef"}]}"#)
        #expect(list.revokes(try verified(TestTokens.es256, rules)))
        #expect(list.revokes(try verified(TestTokens.es256Twin, rules)))
    }

    @Test func entries_areMerged_intoTheWidest() throws {
        for order in [["5", "9"], ["9", "5"]] {
            let list = try self.list(
                #"{"users":[{"user":"a","issued_before":\#(order[0])},{"user":"a","issued_before":\#(order[1])}]}"#)
            #expect(list.count == 1)
            #expect(list.revokes(issuer: nil, jti: nil, userID: "a", issuedAt: 8))
            #expect(!list.revokes(issuer: nil, jti: nil, userID: "a", issuedAt: 9))
        }
        let forEver = try self.list(#"{"users":[{"user":"a"},{"user":"a","issued_before":5}]}"#)
        #expect(forEver.revokes(issuer: nil, jti: nil, userID: "a", issuedAt: .max))
    }

    @Test(arguments: ["{}", #"{"jti":[]}"#, #"{"users":[],"jti":[]}"#, " {\n} "])
    func list_isEmpty_whenNothingIsInIt(_ text: String) throws {
        #expect(try self.list(text).isEmpty)
    }

    @Test(
        arguments: [
            ("", .notJSON), ("[]", .notJSON), ("null", .notJSON), ("{", .notJSON), (#"{"jti":[],"jti":[]}"#, .notJSON),
            (#"{"jti":{}}"#, .badMember(section: "jti", index: nil, name: "jti")),
            (#"{"users":null}"#, .badMember(section: "users", index: nil, name: "users")),
            (#"{"sessions":[]}"#, .unknownMember(section: nil, index: nil)),
            (#"{"jti":["a"]}"#, .badMember(section: "jti", index: 0, name: "jti")),
            (#"{"jti":[{"jti":"a"},{}]}"#, .badMember(section: "jti", index: 1, name: "jti")),
            (#"{"jti":[{"jti":null}]}"#, .badMember(section: "jti", index: 0, name: "jti")),
            (#"{"jti":[{"jti":1.5}]}"#, .badMember(section: "jti", index: 0, name: "jti")),
            (#"{"jti":[{"jti":"a","iss":null}]}"#, .badMember(section: "jti", index: 0, name: "iss")),
            (#"{"jti":[{"jti":"a","iss":["b"]}]}"#, .badMember(section: "jti", index: 0, name: "iss")),
            (#"{"jti":[{"jti":"a","exp":"1"}]}"#, .badMember(section: "jti", index: 0, name: "exp")),
            (#"{"jti":[{"jti":"a","exp":1e3}]}"#, .badMember(section: "jti", index: 0, name: "exp")),
            (#"{"jti":[{"jti":"a","exp":9223372036854775808}]}"#, .badMember(section: "jti", index: 0, name: "exp")),
            (#"{"jti":[{"jti":"a","issued_before":1}]}"#, .unknownMember(section: "jti", index: 0)),
            (#"{"jti":[{"jti":"a","tenant":"b"}]}"#, .unknownMember(section: "jti", index: 0)),
            (#"{"users":[{"user":"a","exp":1}]}"#, .unknownMember(section: "users", index: 0)),
            (#"{"users":[{"jti":"a"}]}"#, .unknownMember(section: "users", index: 0)),
            // Spellings that no verified token can have.
            (#"{"users":[{"user":""}]}"#, .badMember(section: "users", index: 0, name: "user")),
            (#"{"users":[{"user":" a"}]}"#, .badMember(section: "users", index: 0, name: "user")),
            (#"{"users":[{"user":-1}]}"#, .badMember(section: "users", index: 0, name: "user")),
            (#"{"users":[{"user":true}]}"#, .badMember(section: "users", index: 0, name: "user")),
            (
                #"{"users":[{"user":"a","issued_before":null}]}"#,
                .badMember(section: "users", index: 0, name: "issued_before")
            ),
            (
                #"{"users":[{"user":"a","issued_before":1.5}]}"#,
                .badMember(section: "users", index: 0, name: "issued_before")
            ),
            (#"{"users":[[[]]]}"#, .badMember(section: "users", index: 0, name: "user")),
            (#"{"users":[[[[]]]]}"#, .notJSON),
        ] as [(String, RevocationProblem)]
    )
    func document_isRefused_whenAnythingInItIsOdd(_ text: String, _ problem: RevocationProblem) {
        #expect(self.problem(text) == problem)
    }

    @Test func list_isBounded() throws {
        let most = RevocationList.maximumEntries
        func entries(_ count: Int) -> String {
            "{\"users\":[" + (0..<count).map { #"{"user":\#($0)}"# }.joined(separator: ",") + "]}"
        }
        let list = try self.list(entries(most))
        #expect(list.count == most)
        for user in [0, 1, most / 2, most - 1] {
            #expect(list.revokes(issuer: "any", jti: nil, userID: "\(user)", issuedAt: 0))
        }
        #expect(!list.revokes(issuer: nil, jti: nil, userID: "\(most)", issuedAt: 0))
        #expect(self.problem(entries(most + 1)) == .tooManyEntries)
        #expect(self.problem(String(repeating: " ", count: 32 << 20) + "{}") == .tooLarge)
        let names = (0..<100_000).map { #""\#($0)":1"# }.joined(separator: ",")
        #expect(self.problem("{\(names)}") == .tooManyEntries)
    }

    /// Against the plainest thing that could work.
    @Test func answers_areThoseOfALinearSearch() throws {
        var generator = SeededGenerator(seed: 2024)
        let names = ["a", "b", "ab", "", "ba", "7", "é", "long-name-of-more-than-fifteen-bytes"]
        let issuers = [nil, "a", "", "ab", "https://issuer.example/with/a/path"] as [String?]
        for _ in 0..<60 {
            var tokens: [(issuer: String?, name: String)] = []
            var users: [(issuer: String?, name: String, before: Int64?)] = []
            for _ in 0..<Int.random(in: 0..<12, using: &generator) {
                let issuer = issuers[Int.random(in: 0..<issuers.count, using: &generator)]
                let name = names[Int.random(in: 0..<names.count, using: &generator)]
                if Bool.random(using: &generator) {
                    tokens.append((issuer, name))
                } else if !name.isEmpty {
                    users.append(
                        (issuer, name, Bool.random(using: &generator) ? nil : .random(in: 0...3, using: &generator)))
                }
            }
            let text = self.document(tokens, users)
            // In one piece, or united from two that may share entries.
            let (some, many) = (tokens.prefix(tokens.count / 2), users.dropFirst(users.count / 3))
            let halves = try self.list(self.document(Array(some), users))
                .union(self.list(self.document(tokens, Array(many))))
            let list = Bool.random(using: &generator) ? halves : try self.list(text)
            #expect(halves.count == (try self.list(text).count))
            for issuer in issuers {
                for name in names {
                    for issuedAt in [nil, 0, 1, 2, 3] as [Int64?] {
                        let isRevoked = users.contains {
                            ($0.issuer == nil || $0.issuer == issuer) && $0.name == name
                                && ($0.before == nil || issuedAt == nil || (issuedAt ?? 0) < ($0.before ?? 0))
                        }
                        #expect(
                            list.revokes(issuer: issuer, jti: nil, userID: name, issuedAt: issuedAt) == isRevoked,
                            "\(text)")
                    }
                    let isRevoked = tokens.contains { ($0.issuer == nil || $0.issuer == issuer) && $0.name == name }
                    #expect(
                        list.revokes(issuer: issuer, jti: name, userID: "nobody", issuedAt: 1) == isRevoked, "\(text)")
                }
            }
        }
    }

    private func document(
        _ tokens: [(issuer: String?, name: String)],
        _ users: [(issuer: String?, name: String, before: Int64?)]
    ) -> String {
        func issuer(_ issuer: String?) -> String { issuer.map { #","iss":"\#($0)""# } ?? "" }
        let tokens = tokens.map { #"{"jti":"\#($0.name)"\#(issuer($0.issuer))}"# }
        let users = users.map { user in
            #"{"user":"\#(user.name)"\#(issuer(user.issuer))\#(user.before.map { #","issued_before":\#($0)"# } ?? "")}"#
        }
        return #"{"jti":[\#(tokens.joined(separator: ","))],"users":[\#(users.joined(separator: ","))]}"#
    }

    @Test func document_isReadOrRefused_whateverByteIsChanged() {
        var generator = SeededGenerator(seed: 8)
        let bytes = Array(Self.document.utf8)
        for _ in 0..<5000 {
            var changed = bytes
            changed[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            if Bool.random(using: &generator) { changed.remove(at: .random(in: 0..<changed.count, using: &generator)) }
            _ = try? RevocationList.parse(changed, now: testNow)
        }
    }
}
