import GatewayMessage
import GatewayPolicy
import GatewaySettings
import Testing

@Suite struct HealthCheckTests {
    private static func gateway(_ health: String? = "/healthz") throws -> TestGateway {
        try TestGateway(routes: "  - {path: '<path:rest>', upstream: chat, auth: required, websocket: true}") {
            $0.health = health.map { .here($0) }
            $0.routes[0].hosts = ["chat.example.com"].located
            $0.routes[0].deny = [.of("0.0.0.0/0")]
        }
    }

    @Test(arguments: [
        ("/healthz", RequestMethod.get, "health"), ("/healthz", .head, "health"), ("/healthz?x=1", .get, "health"),
        ("/healthz", .post, "404 no_route"), ("/healthz", .options, "404 no_route"),
        ("/healthz/", .get, "404 no_route"),
        ("/health%7A", .get, "404 no_route"), ("/HEALTHZ", .get, "404 no_route"), ("/x/healthz", .get, "404 no_route"),
        ("//healthz", .get, "400 bad_path"), ("/", .get, "404 no_route"),
    ])
    func path_isAnswered_exactly(target: String, method: RequestMethod, expected: String) throws {
        var request = TestRequest(target, method: method)
        #expect(try Self.gateway().outcome(&request) == expected)
    }

    @Test func path_isRouted_whenHealthIsOff() throws {
        var request = TestRequest("/healthz")
        #expect(try Self.gateway(nil).outcome(&request) == "404 no_route")
    }

    @Test func handshake_isNoHealthCheck() throws {
        var request = TestRequest("/healthz", ["Host: chat.example.com"])
        #expect(try Self.gateway().outcome(&request, isWebSocket: true) == "403 address")
    }

    @Test(arguments: ["healthz", "", "/a b", "/a?b", "/a#b", "/a\\b", "/\u{E9}", "/a\r\n"])
    func text_isRefused_whenItIsNoPath(text: String) throws {
        let building = try TestGateway.build(PolicyText.small) { $0.health = .here(text) }
        #expect(building.policy == nil && building.problems.count == 1)
    }
}
