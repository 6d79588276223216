import GatewayMessage
import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct HostTests {
    @Test(arguments: [
        ("chat.example.com", "chat.example.com", true), ("chat.example.com", "CHAT.Example.Com", true),
        ("Chat.Example.COM", "chat.example.com", true), ("chat.example.com", "chat.example.com:8443", true),
        ("chat.example.com", "chat.example.com.", true), ("chat.example.com", "chat.example.com.:443", true),
        ("chat.example.com.", "chat.example.com", true), ("chat.example.com", "chat.example.com..", false),
        ("chat.example.com", "a.chat.example.com", false), ("chat.example.com", "example.com", false),
        ("chat.example.com", "chat.example.com.evil.test", false), ("chat.example.com", "xchat.example.com", false),
        ("chat.example.com", "chat%2Eexample.com", false), ("chat.example.com", "evil.test:chat.example.com", false),
        (".example.com", "example.com", true), (".example.com", "a.example.com", true),
        (".example.com", "a.b.example.com:1", true),
        (".example.com", "xexample.com", false), (".example.com", "example.com.evil.test", false),
        (".example.com", ".", false),
        ("*", "anything.test", true), ("*", "[::1]:80", true), ("localhost", "localhost:8000", true),
        ("192.0.2.1", "192.0.2.1:80", true), ("192.0.2.1", "192.0.2.10", false),
        ("[::1]", "[::1]", true), ("[::1]", "[::1]:8080", true), ("::1", "[::1]:8080", true),
        ("[2001:DB8:0::1]", "[2001:db8::1]", true), ("[::1]", "[::2]", false), ("[::1]", "::1", false),
    ])
    func host_isCompared_withoutPortLetterCaseAndFinalDot(pattern: String, host: String, expected: Bool) throws {
        let rules = HostRules(patterns: [try HostPattern(pattern)])
        let bytes = Array(host.utf8)
        let name = HostRules.name(of: ByteRange(start: 0, end: bytes.count), in: bytes.span.bytes)
        let isMatch = rules.matches(name, in: bytes.span.bytes)
        #expect(isMatch == expected)
    }

    @Test(arguments: [
        "", ".", "https://example.com", "example.com:443", "*.example.com", "example.*", "b\u{FC}cher.example",
        "exa mple.com",
        "example.com/", "user@example.com", "[::1]:80", "[]", "[", "1::2::3", "[::ffff:1.2.3.4]", "a,b",
        "%65xample.com",
    ])
    func pattern_isRefused_whenNoHostIsLikeIt(text: String) {
        #expect(throws: PatternProblem.self) { try HostPattern(text) }
    }

    private static func gateway() throws -> TestGateway {
        try TestGateway(
            routes: """
                  - {path: 'a/', upstream: chat, auth: none, websocket: true}
                  - {path: 'a/', upstream: chat, auth: none, websocket: true}
                  - {path: 'a/', upstream: chat, auth: none}
                  - {path: 'b/', upstream: chat, auth: none}
                """
        ) {
            $0.routes[0].hosts = ["chat.example.com", ".chat.example.net"].located
            $0.routes[1].hosts = ["*"].located
            $0.routes[3].hosts = ["chat.example.com"].located
        }
    }

    /// Hosts are part of matching: a route of other hosts is passed over.
    @Test(arguments: [
        ("/a/", "Host: chat.example.com:8080", "0"), ("/a/", "Host: x.chat.example.net", "0"),
        ("/a/", "Host: other.test", "1"),
        ("/a/", "X: y", "1"), ("/a/", "Host: ", "1"), ("/b/", "Host: ", "404"),
        // An empty label is no label, and no reason to be passed on to the next route.
        ("/a/", "Host: a..", "400"), ("/a/", "Host: ..", "400"), ("/a/", "Host: .", "400"),
        ("/a/", "Host: x..chat.example.net", "400"), ("/a/", "Host: .chat.example.net:80", "400"),
        ("/b/", "Host: chat.example.com..:80", "400"), ("/b/", "Host: chat.example.com", "3"),
        ("/b/", "Host: other.test", "404"),
        ("/b/", "X: y", "404"),
    ])
    func route_isPassedOver_whenItsHostsAreOthers(path: String, line: String, expected: String) throws {
        var request = TestRequest(path, [line])
        let verdict = try Self.gateway().judge(&request)
        #expect((verdict.admission.map { "\($0.route.index)" } ?? "\(verdict.refusal?.reason.status ?? 0)") == expected)
    }

    @Test(arguments: [("Host: chat.example.com", "0"), ("Host: other.test", "1"), ("X: y", "1"), ("Host: a..b", "400")])
    func handshake_isRoutedByHost(line: String, expected: String) throws {
        var request = TestRequest("/a/", [line, "Origin: https://a.example.com"])
        let verdict = try Self.gateway().judge(&request, isWebSocket: true)
        #expect((verdict.admission.map { "\($0.route.index)" } ?? "\(verdict.refusal?.reason.status ?? 0)") == expected)
    }

    @Test func host_isAProblem_atItsPlace() throws {
        let building = try TestGateway.build(PolicyText.small) {
            $0.routes[0].hosts = ["a.example", "https://a.example", "*.example.com"].located
        }
        #expect(building.problems.count == 2)
        #expect(building.problems.compactMap(\.hint) == [".example.com is every subdomain", "without scheme and port"])
    }
}
