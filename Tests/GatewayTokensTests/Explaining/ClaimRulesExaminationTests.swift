import Testing

@testable import GatewayTokens

@Suite struct ClaimRulesExaminationTests {
    private static let rules: [(path: String, rule: ClaimRule)] = [
        ("rooms", .value(.text("{room}"))), ("role", .oneOf([.text("admin"), .text("owner")])),
        ("scope", .contains(.text("chat"))), ("org.id", .equals(.text("9"))), ("mail", .present(true)),
        ("staff", .any([.value(.bool(true)), .equals(.text("yes"))])),
    ]

    @Test(
        arguments: [
            (#"{"rooms":["a","b"],"role":"owner","scope":"x chat","org":{"id":9},"mail":"m","staff":true}"#, "++++++"),
            (#"{"rooms":["a"],"role":"user","scope":"chats","org":{"id":8},"mail":null,"staff":"true"}"#, "------"),
            (#"{}"#, "------"), (#"{"rooms":"b","staff":"yes"}"#, "+----+"),
        ])
    func eachRule_isJudgedByItself(claims: String, expected: String) throws {
        let document = try JSONDocument(
            parsing: Array(claims.utf8), limits: JSONLimits(length: 1000, depth: 8, values: 100, numberLength: 20))
        let rules = try ClaimRules.compile(Self.rules)
        let claims = Claims(document, root: document.root)
        let captures: (String) -> String? = { $0 == "room" ? "b" : nil }
        let reports = rules.examine(claims, captures: captures)
        #expect(reports.map { $0.outcome == .passed ? "+" : "-" }.joined() == expected)
        #expect(reports.map(\.name) == Self.rules.map(\.path))
        #expect(rules.evaluate(claims, captures: captures) == !reports.contains { $0.outcome == .failed })
    }

    @Test func rules_areOnlyTold_whenThereAreNoClaims() throws {
        let reports = try ClaimRules.compile(Self.rules).examine(nil) { _ in nil }
        #expect(reports.allSatisfy { $0.outcome == .skipped })
        #expect(reports[0].detail == "wanted: {room}, which nothing was captured for, or a list with it")
    }
}
