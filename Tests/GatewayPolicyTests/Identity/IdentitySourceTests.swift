import GatewayMessage
import GatewayTokens
import Testing

@testable import GatewayPolicy

@Suite struct IdentitySourceTests {
    private static func lines(
        _ identity: String,
        _ target: String = "/room/a%20b/",
        others: [(String, SignedClaim)] = []
    ) throws -> [String] {
        let gateway = try TestGateway(
            routes: """
                  - {path: 'room/<room_id>/', upstream: chat, auth: optional}
                  - {path: 'plain/', upstream: chat}
                """, identity: identity)
        var request = TestRequest(
            target,
            [
                "X-Room: forged", "X-Via: forged", "X-Claim: forged",
                "Authorization: Bearer \(try TestGateway.token(others: others))",
            ])
        let admission = try #require(gateway.judge(&request).admission)
        // What the gateway says itself nobody else says.
        let names = request.keptLines.compactMap { $0.split(separator: ":").first }
        #expect(names.allSatisfy { !identity.contains($0) })
        let text = String(decoding: (admission.identity?.identityLines ?? []) + admission.extraLines, as: UTF8.self)
        return text.split(separator: "\r\n").map(String.init)
    }

    @Test func constants_andCaptures_areSentForUsers() throws {
        let identity = "{X-User-Id: user_id, X-Via: {constant: my gate}, X-Room: {capture: room_id}}"
        #expect(try Self.lines(identity) == ["X-User-Id: 7", "X-Via: my gate", "X-Room: a%20b"])
        #expect(try Self.lines(identity, "/plain/") == ["X-User-Id: 7", "X-Via: my gate"])
    }

    @Test func nothingIsSent_withoutUser() throws {
        let gateway = try TestGateway(
            routes: "  - {path: 'room/<room_id>/', upstream: chat, auth: optional}",
            identity: "{X-Via: {constant: me}, X-Room: {capture: room_id}}")
        var request = TestRequest("/room/x/", ["X-Room: forged", "X-Via: forged"])
        let admission = try #require(gateway.judge(&request).admission)
        #expect(admission.injected.isEmpty && admission.extraLines.isEmpty && request.keptLines.isEmpty)
    }

    @Test(arguments: [
        (#"["a",1]"#, #"["a",1]"#), (#"[ "a" , 1 ]"#, #"["a",1]"#),
        (#"{"k": [true, null, {}], "l": []}"#, #"{"k":[true,null,{}],"l":[]}"#),
        (#""text""#, #""text""#), ("1.50", "1.50"), ("true", "true"), ("null", "null"), (#""a\"b\\""#, #""a\"b\\""#),
        (#""\u0000\r\n""#, #""\u0000\u000d\u000a""#), (#""é ü""#, #""%C3%A9%20%C3%BC""#),
        (#"[[],[[]],{}]"#, "[[],[[]],{}]"),
    ])
    func claim_isSentAsJSON(json: String, expected: String) throws {
        #expect(
            try Self.lines("{X-Claim: {claim: c, format: json}}", others: [("c", .json(json))]) == [
                "X-Claim: \(expected)"
            ])
    }

    @Test func claim_isLeftOut_whenMissingOrTooLong() throws {
        #expect(try Self.lines("{X-Claim: {claim: c, format: json}}").isEmpty)
        let long = "\"" + String(repeating: "a", count: 4100) + "\""
        #expect(try Self.lines("{X-Claim: {claim: c, format: json}}", others: [("c", .json(long))]).isEmpty)
    }
}
