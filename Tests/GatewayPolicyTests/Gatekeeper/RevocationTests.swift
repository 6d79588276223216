import GatewayMessage
import GatewayPolicy
import GatewayTokens
import Testing

@Suite struct RevocationTests {
    private static func list(_ text: String) throws -> RevocationList {
        try RevocationList.parse(Array(text.utf8), now: TestGateway.now)
    }

    @Test(arguments: [
        (#"{}"#, "user 7"), (#"{"jti":[{"jti":"00112233445566778899aabbccddeeff"}]}"#, "401 revoked"),
        (#"{"users":[{"user":"7"}]}"#, "401 revoked"), (#"{"users":[{"user":"8"}]}"#, "user 7"),
        (#"{"users":[{"user":"7","issued_before":1700000000}]}"#, "user 7"),
        (#"{"users":[{"user":"7","issued_before":1700000001}]}"#, "401 revoked"),
    ])
    func token_isRefused_whetherKnownOrNot(list: String, expected: String) throws {
        let revocations = try Self.list(list)
        for isKnown in [false, true] {
            let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat}")
            let lines = ["Authorization: Bearer \(try TestGateway.token())"]
            var request = TestRequest("/a/", lines)
            if isKnown { #expect(gateway.outcome(&request) == "user 7") }
            gateway.gatekeeper.revocations = revocations
            request = TestRequest("/a/", lines)
            #expect(gateway.outcome(&request) == expected)
            gateway.gatekeeper.revocations = nil
            request = TestRequest("/a/", lines)
            #expect(gateway.outcome(&request) == "user 7")
        }
    }

    @Test func handshake_isClosed_withTheReason() throws {
        let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat, websocket: true}")
        gateway.gatekeeper.revocations = try Self.list(#"{"users":[{"user":"7"}]}"#)
        let lines = ["Authorization: Bearer \(try TestGateway.token())", "Origin: https://a.example.com"]
        var request = TestRequest("/a/", lines)
        let refusal = try #require(gateway.judge(&request, isWebSocket: true).refusal)
        guard case .acceptThenClose(4001, let reason) = delivery(of: refusal, hasOrigin: true, isWebSocket: true) else {
            Issue.record("not accepted")
            return
        }
        #expect("\(reason)" == "token revoked")
        let body = gateway.policy.answer(to: refusal).body(.json, requestID: []).bytes
        #expect(String(decoding: body, as: UTF8.self).contains("Token is blacklisted"))
    }

    @Test func openSocket_canBeAskedAbout() throws {
        let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat}")
        var request = TestRequest("/a/", ["Authorization: Bearer \(try TestGateway.token())"])
        let identity = try #require(gateway.judge(&request).admission?.identity)
        #expect(!gateway.gatekeeper.isRevoked(identity))
        gateway.gatekeeper.revocations = try Self.list(#"{"users":[{"user":"7"}]}"#)
        #expect(gateway.gatekeeper.isRevoked(identity))
    }

    // MARK: Failures

    private static func status(_ gateway: TestGateway, _ token: String, mayVerify: Bool) -> String {
        var request = TestRequest("/a/", ["Authorization: Bearer \(token)"])
        let block = request.block
        let verdict = gateway.gatekeeper.judge(
            &request.head, bytes: block.span.bytes, isWebSocket: false, client: nil, now: TestGateway.now,
            mayVerify: mayVerify)
        return verdict.refusal.map { "\($0.reason.status) \($0.reason.metricLabel)" } ?? "admitted"
    }

    @Test func onlyKnownTokensPass_whenNothingMayBeVerified() throws {
        let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat}")
        let token = try TestGateway.token()
        #expect(Self.status(gateway, token, mayVerify: false) == "429 throttled" && !gateway.gatekeeper.takeFailure())
        #expect(Self.status(gateway, "a.b.c", mayVerify: true) == "401 malformed" && gateway.gatekeeper.takeFailure())
        #expect(Self.status(gateway, token, mayVerify: true) == "admitted" && !gateway.gatekeeper.takeFailure())
        #expect(Self.status(gateway, token, mayVerify: false) == "admitted")
        var anonymous = TestRequest("/a/")
        #expect(gateway.outcome(&anonymous) == "401 missing" && !gateway.gatekeeper.takeFailure())
        var refused = TestRequest("/a/", ["Authorization: Bearer a.b.d"])
        let block = refused.block
        let verdict = gateway.gatekeeper.judge(
            &refused.head, bytes: block.span.bytes, isWebSocket: false, client: nil, now: TestGateway.now,
            mayVerify: false)
        let answer = gateway.policy.answer(to: try #require(verdict.refusal))
        #expect(String(decoding: answer.headerLines, as: UTF8.self).contains("Retry-After: 1\r\n"))
        #expect(answer.status == 429)
    }
}
