import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

@Suite struct GatekeeperRoutingTests {
    private static let routes = #"""
          - {re_path: 'ws/chat/(?P<room_id>\d+)/$', upstream: chat, websocket: {only: true}, auth: none}
          - {path: 'both/', upstream: other, websocket: true, auth: none}
          - {path: 'loose/<path:rest>', upstream: chat, auth: none, websocket: true, tolerate: ["//", ";", "%2F"]}
          - {path: 'api/', upstream: chat, auth: none}
          - {path: '', upstream: chat, auth: none}
        """#

    @Test(arguments: [
        ("/ws/chat/1/", true, "0"), ("/ws/chat/1/", false, "404"), ("/ws/chat/%D9%A1/", true, "0"),
        ("/both/", true, "1"),
        ("/both/", false, "1"), ("/api/", false, "3"), ("/api/", true, "404"), ("/", false, "4"),
        ("/nothing", false, "404"),
        ("/%61pi/", false, "3"), ("/API/", false, "404"), ("/api", false, "404"), ("/api%2F", false, "400"),
        ("/ws%2Fchat%2F1/", true, "400"), ("/ws/chat/1/;x=1", true, "404"), ("//ws/chat/1/", true, "400"),
        ("/loose/a//b", false, "2"), ("/loose/a;b", true, "2"), ("/loose%2Fa", false, "2"),
        ("/loose/../api/", false, "400"),
        ("/loose/%2e%2e/api/", false, "400"), ("//loose/a", false, "400"), ("/%2Floose/a", true, "2"),
        ("/%2Floose/a", false, "404"), ("/ws/chat/1/?x=1", true, "0"), ("/ws/chat/\\/", true, "400"),
        ("*", false, "400"),
    ])
    func request_reachesTheRouteDjangoWouldTake(target: String, isWebSocket: Bool, expected: String) throws {
        let gateway = try TestGateway(routes: Self.routes)
        var request = TestRequest(target, isWebSocket ? ["Origin: https://a.example.com"] : [])
        let verdict = gateway.judge(&request, isWebSocket: isWebSocket)
        let outcome = verdict.admission.map { "\($0.route.index)" } ?? "\(verdict.refusal?.reason.status ?? 0)"
        #expect(outcome == expected)
        #expect(request.forwardedTarget == target)
    }

    @Test func refusal_namesTheRoute_whenItIsKnown() throws {
        let gateway = try TestGateway(routes: Self.routes)
        var bad = TestRequest("/both%2F", ["Origin: https://a.example.com"])
        #expect(gateway.judge(&bad, isWebSocket: true).refusal?.route?.index == 1)
        var origin = TestRequest("/both/", ["Origin: https://evil.com"])
        #expect(gateway.judge(&origin, isWebSocket: true).refusal?.route?.index == 1)
        var none = TestRequest("/none")
        #expect(gateway.judge(&none).refusal?.route == nil)
    }

    @Test(arguments: [
        ("https://a.example.com", true), ("https://evil.com", false), (nil, false),
        ("https://a.example.com@evil.com", false),
    ])
    func handshake_needsAnAllowedOrigin_andPlainRequestsDoNot(origin: String?, isAllowed: Bool) throws {
        let gateway = try TestGateway(routes: Self.routes)
        let lines = origin.map { ["Origin: \($0)"] } ?? []
        var handshake = TestRequest("/both/", lines)
        let refusal = origin == nil ? "403 origin_missing" : "403 origin"
        #expect(gateway.outcome(&handshake, isWebSocket: true) == (isAllowed ? "anonymous" : refusal))
        var plain = TestRequest("/both/", lines)
        #expect(gateway.outcome(&plain) == "anonymous")
    }

    @Test func routeOrigins_replaceTheCommonOnes() throws {
        let gateway = try TestGateway(
            routes: """
                  - {path: 'a/', upstream: chat, websocket: true, auth: none, allowed_origins: ["https://only.net"]}
                """)
        var own = TestRequest("/a/", ["Origin: https://only.net"])
        #expect(gateway.outcome(&own, isWebSocket: true) == "anonymous")
        var common = TestRequest("/a/", ["Origin: https://a.example.com"])
        #expect(gateway.outcome(&common, isWebSocket: true) == "403 origin")
    }

    @Test func youngCharacters_areRefused_onlyWhereAPatternAsksForClasses() throws {
        let young = "/x\u{F0}\u{90}\u{95}\u{B0}"
        let encoded = "/x%F0%90%95%B0"
        let plain = try TestGateway(routes: "  - {path: '<path:rest>', upstream: chat, auth: none}")
        var taken = TestRequest(encoded)
        #expect(plain.outcome(&taken) == "anonymous")
        let asking = try TestGateway(
            routes: #"""
                  - {re_path: '^\w+$', upstream: chat, auth: required}
                  - {path: '<path:rest>', upstream: chat, auth: none}
                """#)
        var refused = TestRequest(encoded)
        #expect(asking.outcome(&refused) == "400 bad_path")
        var raw = TestRequest(young)
        #expect(asking.outcome(&raw) == "400 bad_path")
    }
}
