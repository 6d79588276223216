import GatewayMessage
import GatewayPolicy
import GatewaySettings
import Testing

@Suite struct SessionTests {
    private static let id = "0123456789abcdefABCDE-"
    private static let origin = "Origin: https://a.example.com"

    private static func gateway(_ renewal: String = "{http: true}", auth: String = "none") throws -> TestGateway {
        try TestGateway(
            routes: """
                  - {path: 'ws/', upstream: chat, auth: \(auth), websocket: {renewal: \(renewal)}}
                  - {path: 'plain/', upstream: chat, auth: none, websocket: true}
                """)
    }

    @Test(arguments: [
        ("", "", ""), ("?a=1", "", "?a=1"), ("?tollgate_session=\(id)", id, ""),
        ("?a=1&tollgate_session=\(id)&b=2", id, "?a=1&b=2"), ("?toll%67ate%5Fsession=\(id)", id, ""),
        ("?tollgate_session=\(id)&", id, ""), ("?tollgate_sessions=x", "", "?tollgate_sessions=x"),
    ])
    func id_goesIntoTheAdmission_andNotUpstream(query: String, session: String, forwarded: String) throws {
        var request = TestRequest("/ws/" + query, [Self.origin])
        let admission = try #require(try Self.gateway().judge(&request, isWebSocket: true).admission)
        #expect(String(decoding: admission.session, as: UTF8.self) == session)
        #expect(request.forwardedTarget == "/ws/" + forwarded)
    }

    @Test(arguments: [
        "", "short", String(repeating: "a", count: 21), String(repeating: "a", count: 65), "0123456789abcdefABCDE.",
        "0123456789abcdefABCD%41-", "0123456789abcdefABCDE+", "0123456789abcdefABCDE/", "\(id)&tollgate_session=\(id)",
        "\(id)&tollgate%5fsession=", "\(id)&x&tollgate_session=\(id)x",
    ])
    func handshake_isRefused_whenTheIDIsNone(value: String) throws {
        var request = TestRequest("/ws/?tollgate_session=" + value, [Self.origin])
        let refusal = try #require(try Self.gateway().judge(&request, isWebSocket: true).refusal)
        #expect(refusal.reason == .badSession && refusal.reason.status == 400)
        guard case .http(400) = delivery(of: refusal, hasOrigin: true, isWebSocket: true) else {
            Issue.record("accepted")
            return
        }
    }

    @Test(arguments: [22, 64]) func id_mayBeAsLong(count: Int) throws {
        let id = String(repeating: "_", count: count)
        var request = TestRequest("/ws/?tollgate_session=" + id, [Self.origin])
        #expect(try Self.gateway().judge(&request, isWebSocket: true).admission?.session == Array(id.utf8))
    }

    /// It is the application's parameter wherever sockets cannot be renewed by it.
    @Test(arguments: [("/plain/", true, "{http: true}"), ("/ws/", false, "{http: true}"), ("/ws/", true, "off")])
    func parameter_isLeftAlone_whereItMeansNothing(path: String, isWebSocket: Bool, renewal: String) throws {
        var request = TestRequest(path + "?tollgate_session=x", [Self.origin])
        let admission = try #require(try Self.gateway(renewal).judge(&request, isWebSocket: isWebSocket).admission)
        #expect(admission.session.isEmpty)
        #expect(request.forwardedTarget == path + "?tollgate_session=x")
    }

    @Test func token_isCutBesideIt() throws {
        let token = try TestGateway.token()
        var request = TestRequest(
            "/ws/?tollgate_session=\(Self.id)&a=1&token=\(token)", [Self.origin])
        let admission = try Self.gateway(auth: "required").judge(&request, isWebSocket: true).admission
        #expect(admission?.identity?.userID == "7")
        #expect(request.forwardedTarget == "/ws/?a=1")
    }

    @Test func parameter_cannotBeTheTokensToo() throws {
        let building = try TestGateway.build(PolicyText.small) {
            $0.routes[0].webSocket = WebSocketSettings()
            $0.routes[0].webSocket?.renewal.http = true
            $0.allowedOrigins = ["*"].located
            $0.tokens.queryParameter = "tollgate_session"
        }
        #expect(building.problems.map(\.location) == [try #require(building.problems.first).location])
        #expect(building.problems.first?.message.contains("tollgate_session") == true)
    }
}
