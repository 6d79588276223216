import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

/// What an open socket is asked again when the policy has changed.
@Suite struct RouteIdentityTests {
    private static func gateway(_ routes: [String], _ configure: (inout Settings) -> Void = { _ in }) throws
        -> TestGateway
    {
        try TestGateway(routes: routes.map { "  - {\($0), upstream: chat, auth: none}" }.joined(separator: "\n")) {
            configure(&$0)
        }
    }

    @Test func route_isFoundAgain_byPatternHostsAndKind() throws {
        let old = try Self.gateway([
            "path: 'a/', websocket: true", "re_path: 'a/', websocket: true", "path: 'a/'", "path: 'b/'",
        ]).policy
        let new = try Self.gateway([
            "path: 'c/'", "path: 'a/'", "re_path: 'a/'", "path: 'a/', websocket: {max_message: 1KiB}", "path: 'b/'",
        ]) {
            $0.routes[4].hosts = ["b.test"].located
        }.policy
        #expect(old.routes.map { new.route(like: $0)?.index } == [3, nil, 1, nil])
        #expect(old.routes.map { old.route(like: $0)?.index } == [0, 1, 2, 3])
    }

    @Test func hosts_areComparedAsASet() throws {
        let old = try Self.gateway(["path: 'a/'"]) { $0.routes[0].hosts = ["a.test", "b.test"].located }.policy
        let new = try Self.gateway(["path: 'a/'"]) { $0.routes[0].hosts = ["B.test", "a.test."].located }.policy
        #expect(new.route(like: old.routes[0])?.index == 0)
    }

    @Test(arguments: [
        ("https://a.example.com", true), ("https://evil.test", false), ("null", false), ("", false),
        ("https://a.example.com/", false),
    ])
    func origin_isAskedAgain(origin: String, expected: Bool) throws {
        let policy = try Self.gateway(["path: 'a/', websocket: true", "path: 'b/'"]).policy
        #expect(policy.routes[0].allowsOrigin(Array(origin.utf8)) == expected)
        #expect(!policy.routes[1].allowsOrigin(Array(origin.utf8)))
        let lenient = try Self.gateway(["path: 'a/', websocket: true"]) { $0.allowMissingOrigin = true }.policy
        #expect(lenient.routes[0].allowsOrigin([]))
    }

    @Test func key_isKnown_untilItIsReplaced() throws {
        let routes = "  - {path: 'a/', upstream: chat}"
        let gateway = try TestGateway(routes: routes)
        let again = try TestGateway(routes: routes)
        let other = try TestGateway(routes: routes) {
            $0.simpleJWT?.signingKey = .here(String(repeating: "another secret ", count: 3))
        }
        var request = TestRequest("/a/", ["Authorization: Bearer \(try TestGateway.token())"])
        let identity = try #require(gateway.judge(&request).admission?.identity)
        #expect(gateway.policy.knowsKey(of: identity) && again.policy.knowsKey(of: identity))
        #expect(!other.policy.knowsKey(of: identity))
    }
}
