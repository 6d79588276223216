import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

@testable import GatewayServer

@Suite struct RequestExplainerTests {
    private static let secret = "0123456789abcdef0123456789abcdef"
    private static let settings = """
        listen: [{address: "127.0.0.1:8080"}]
        SIMPLE_JWT: {SIGNING_KEY: \(secret)}
        identity: {X-User-Id: user_id}
        allowed_origins: [a.test]
        trusted_proxies: [10.0.0.0/8]
        limits: {body: 1KiB}
        health: /healthz
        upstreams: {one: {servers: ["127.0.0.1:8001"]}}
        routes:
          - {path: 'ws/', upstream: one, websocket: true}
          - {path: 'shop/<path:rest>', upstream: one, auth: none, strip_prefix: /shop, add_prefix: /v2}
          - {path: 'inside/', upstream: one, auth: none, allow: [192.0.2.0/24]}
          - {path: '<path:rest>', upstream: one, methods: [GET, POST]}
        """

    private static func explain(
        _ method: String,
        _ url: String,
        _ lines: [String] = [],
        client: String = "127.0.0.1",
        token: String? = nil
    ) throws -> RequestExplanation {
        let loaded = Snapshot.load(SettingsSource(text: Self.settings, name: "gateway.yaml"))
        let snapshot = try #require(loaded.snapshot, "\(loaded.problems.map { $0.rendered() })")
        var request = try DescribedRequest(method: method, url: url)
        request.headerLines = lines
        request.token = token
        return RequestExplainer(snapshot).explain(request, client: IPAddress(client), now: .now())
    }

    /// One line: what the client would get.
    private static func outcome(_ explanation: RequestExplanation) -> String {
        switch explanation.answer {
        case .forwarded(let upstream, let method, let target): "\(upstream) \(method) \(target)"
        case .answered(let own): "\(own.status) \(own.label)"
        case .closed(let code, let reason, let label, _): "\(code) \(reason) (\(label))"
        case .renewal: "renewal"
        }
    }

    private static func token() throws -> String {
        let claims = TokenSigner.accessTokenClaims(user: "7", lifetime: 60, now: .now())
        return try TokenSigner.sign(claims: claims, algorithm: .hs256, secret: Array(Self.secret.utf8))
    }

    @Test(arguments: [
        ("GET", "/shop/x?key=1", [], "one GET /v2/x?…"), ("GET", "/shop", [], "401 missing"),
        ("GET", "/x", [], "401 missing"), ("PUT", "/x", [], "405 method"), ("GET", "/healthz", [], "200 "),
        ("GET", "ws://a.test/ws/", ["Origin: http://b.test"], "403 origin"),
        ("GET", "ws://a.test/ws/", ["Origin: http://a.test"], "4001 authentication required (missing)"),
        ("GET", "ws://a.test/ws/", ["Sec-WebSocket-Version: 8"], "426 websocket_version"),
        ("POST", "ws://a.test/ws/", [], "400 handshake method is not GET"), ("GET", "/a/../b", [], "400 bad_path"),
        ("GET", "/a b", [], "400 bad_version"), ("GET", "/x", ["Bad Name: 1"], "400 whitespace_before_colon"),
        ("GET", "/x", ["Host: a", "Host: a"], "400 duplicate_host"),
        ("TRACE", "/x", [], "405 method_not_allowed"),
        ("POST", "/shop/x", ["Content-Length: 1025"], "413 body_too_large"),
        ("POST", "/shop/x", ["Content-Length: 1024"], "one POST /v2/x"),
        ("GET", "/inside/", [], "403 address"),
    ])
    func outcome_isTheGateways(method: String, url: String, lines: [String], expected: String) throws {
        let explanation = try Self.explain(method, url, lines)
        #expect(Self.outcome(explanation) == expected)
        #expect(explanation.answer.isRefusal == !(expected.hasPrefix("one") || expected.hasPrefix("200")))
    }

    @Test func trustedProxy_saysWhomTheRequestIsFrom() throws {
        let lines = ["X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https"]
        let vetted = try Self.explain("GET", "/inside/", lines, client: "10.0.0.1")
        #expect(Self.outcome(vetted) == "one GET /inside/")
        #expect(vetted.notes == ["the client is a trusted proxy; it says that the request is from 192.0.2.7"])
        let injected = vetted.headers?.injected.map { "\($0.name): \($0.value ?? "-")" } ?? []
        #expect(injected.contains("X-Forwarded-For: 192.0.2.7, 10.0.0.1"))
        #expect(injected.contains("X-Forwarded-Proto: https"))
        let nobody = try Self.explain("GET", "/inside/", lines, client: "11.0.0.1")
        #expect(Self.outcome(nobody) == "403 address")
        let broken = try Self.explain("GET", "/inside/", ["X-Forwarded-For: me"], client: "10.0.0.1")
        #expect(Self.outcome(broken) == "403 address")
    }

    @Test func nothingSecret_isInAnExplanation() throws {
        let token = try Self.token()
        let lines = [
            "Cookie: session=c00kie", "Authorization: Bearer \(token)", "X-User-Id: f0rged", "X-Api-Key: ap1key",
            "Origin: http://a.test",
        ]
        for url in ["/x?pass=w0rd", "ws://a.test/ws/?token=\(token)&pass=w0rd"] {
            let explanation = try Self.explain("GET", url, lines)
            var text = ""
            dump(explanation.headers, to: &text)
            dump(explanation.verdict?.token, to: &text)
            dump(explanation.verdict?.checks, to: &text)
            dump(explanation.answer, to: &text)
            text += explanation.target
            #expect(Self.outcome(explanation).hasPrefix("one GET"))
            #expect(text.contains("X-User-Id"))
            for secret in token.split(separator: ".").map(String.init) + ["c00kie", "f0rged", "ap1key", "w0rd"] {
                #expect(!text.contains(secret))
            }
        }
    }

    /// Whatever somebody writes down can be explained.
    @Test func anyRequest_isExplained() throws {
        let loaded = Snapshot.load(SettingsSource(text: Self.settings, name: "gateway.yaml"))
        let explainer = RequestExplainer(try #require(loaded.snapshot))
        let pieces = [
            "/", "ws/", "shop", "?", "#", "%2F", "%zz", ":", "é", "\u{301}", "\r\n", "\n", "\0", " ", "x", "Host",
            "Cookie: a",
            "Connection: Upgrade", "Upgrade: websocket", "Content-Length: 99999999999999999999", "Origin: null", ".",
            "eyJ",
            try Self.token(), "Authorization: Bearer ", "http://", "ws://", "[::1]", "@", "=", "token=", "&", "\u{7F}",
        ]
        var generator = SystemRandomNumberGenerator()
        func text() -> String {
            (0..<Int.random(in: 0..<6, using: &generator)).map { _ in pieces.randomElement() ?? "" }.joined()
        }
        for _ in 0..<3000 {
            guard var request = try? DescribedRequest(method: Bool.random() ? "GET" : text(), url: "/" + text()) else {
                continue
            }
            request.isWebSocket = Bool.random()
            request.headerLines = (0..<Int.random(in: 0..<4)).map { _ in text() }
            request.token = Bool.random() ? text() : nil
            let explanation = explainer.explain(request, client: nil, now: .now())
            #expect(explanation.violation == nil || explanation.answer.isRefusal)
        }
    }

    @Test func limits_areThoseOfTheRoute() throws {
        let plain = try Self.explain("GET", "/shop/x").limits.map(\.name)
        #expect(
            plain == [
                "header_block", "header_count", "body", "connect_timeout", "response_timeout", "idle_timeout",
                "max_in_flight",
            ])
        let socket = try Self.explain("GET", "ws://a.test/ws/", ["Origin: http://a.test"], token: Self.token()).limits
        #expect(socket.map(\.name).contains("max_message") && !socket.map(\.name).contains("body"))
    }
}
