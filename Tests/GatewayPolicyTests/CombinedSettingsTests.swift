import GatewayMessage
import GatewayPolicy
import GatewaySettings
import Testing

/// Settings text with every key about forwarding, CORS, conditions and edits at once: they do not get in each other's way.
@Suite struct CombinedSettingsTests {
    private static func gateway() throws -> TestGateway {
        try TestGateway(
            routes: """
                  - {path: 'chat/<path:rest>', upstream: chat, auth: optional, websocket: true, hosts: [.example.com],
                     methods: [GET], strip_prefix: /chat, add_prefix: /v1, deny: [203.0.113.0/24],
                     headers: {request: {set: {X-A: b}, remove: [X-C]}, response: {remove: [Server]}}}
                  - {path: 'chat/<path:rest>', upstream: other, auth: none, hosts: [.example.com], methods: [POST],
                     allow: [203.0.113.0/24]}
                  - {path: '<path:rest>', upstream: other, auth: required}
                """,
            rest: """
                trusted_proxies: [10.0.0.0/8]
                forwarded: true
                release_headers: [x-user]
                health: /healthz
                cors: {origins: ["https://app.example.com"], credentials: true}
                """
        )
    }

    @Test func request_isJudged_andPrepared() throws {
        let gateway = try Self.gateway()
        let lines = [
            "Host: Chat.example.com:443", "Origin: https://app.example.com", "X-Forwarded-For: 198.51.100.1", "X-A: 1",
            "X-C: 1", "X-User: ana", "X-User-Id: 1", "X-Request-Id: r-1",
        ]
        var request = TestRequest("/chat/room/7?x=1", lines)
        let peer = Peer(address: IPAddress("10.0.0.1"), isSecure: false, port: 80)
        let sender = try #require(gateway.vet(request, peer))
        #expect(sender.address == IPAddress("198.51.100.1") && sender.requestID == Array("r-1".utf8))
        let admission = try #require(gateway.judge(&request, client: sender.address).admission)
        #expect(admission.route.index == 0 && request.forwardedTarget == "/room/7?x=1")
        #expect(admission.route.addedPrefix == Array("/v1".utf8))
        #expect(
            String(decoding: admission.route.requestLines, as: UTF8.self) == "X-A: b\r\nX-Forwarded-Prefix: /chat\r\n")
        #expect(request.keptLines == [lines[0], lines[1], "X-User: ana"])
        #expect(
            String(decoding: admission.corsLines, as: UTF8.self)
                == "Access-Control-Allow-Origin: https://app.example.com\r\nAccess-Control-Allow-Credentials: true\r\n"
                + "Vary: Origin\r\n")
        let response = TestResponse(["Server: x", "Access-Control-Allow-Origin: *", "Date: y"])
        #expect(response.keptNames(by: admission.route) == ["Date"])
    }

    @Test(arguments: [
        ("/chat/a", "Host: a.example.com", RequestMethod.get, "203.0.113.9", "403 address"),
        ("/chat/a", "Host: a.example.com", .post, "203.0.113.9", "anonymous"),
        ("/chat/a", "Host: a.example.com", .post, "198.51.100.1", "403 address"),
        ("/chat/a", "Host: a.example.com", .put, "203.0.113.9", "403 address"),
        ("/chat/a", "Host: a.example.com", .put, "198.51.100.1", "405 method"),
        ("/chat/a", "Host: other.test", .get, "203.0.113.9", "401 missing"),
        ("/healthz", "X: y", .get, "203.0.113.9", "health"),
    ])
    func request_meetsTheFirstRuleThatConcernsIt(
        target: String, line: String, method: RequestMethod, client: String, expected: String
    ) throws {
        var request = TestRequest(target, [line], method: method)
        #expect(try Self.gateway().outcome(&request, client: IPAddress(client)) == expected)
    }
}
