import GatewayMessage
import GatewayPolicy
import GatewaySettings
import Testing

@Suite struct CORSTests {
    private static let page = "https://app.example.com"
    private static let routes = """
          - {path: 'api/', upstream: chat, auth: required}
          - {path: 'open/', upstream: chat, auth: none}
          - {path: 'both/', upstream: chat, auth: required, websocket: true}
          - {path: 'ws/', upstream: chat, auth: required, websocket: {only: true}}
        """

    private static func gateway(
        _ origins: [String] = [page, "null"],
        configure: @escaping (inout CORSSettings) -> Void = { _ in }
    ) throws -> TestGateway {
        try TestGateway(routes: self.routes) { settings in
            settings.cors = CORSSettings(origins) {
                $0.methods = ["GET", "PATCH"]
                $0.headers = ["Authorization", "X-A"]
                $0.exposedHeaders = ["X-Total", "X-Next"]
                $0.maxAge = .seconds(600)
                configure(&$0)
            }
        }
    }

    private static func preflight(
        _ gateway: TestGateway,
        _ lines: [String],
        path: String = "/api/"
    ) -> [String]? {
        var request = TestRequest(path, lines, method: .options)
        guard case .preflight(_, let headerLines) = gateway.judge(&request) else { return nil }
        return Self.split(headerLines)
    }

    private static func split(_ lines: [UInt8]) -> [String] {
        let text = String(decoding: lines, as: UTF8.self)
        #expect(text.isEmpty || text.hasSuffix("\r\n"))
        return text.split(separator: "\r\n").map(String.init)
    }

    private static func asks(_ origin: String, _ method: String, _ headers: String...) -> [String] {
        ["Origin: \(origin)", "Access-Control-Request-Method: \(method)"]
            + headers.map { "Access-Control-Request-Headers: \($0)" }
    }

    private static let vary = "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

    // MARK: Preflights

    @Test func preflight_isAnswered_withEverythingThatIsAllowed() throws {
        let gateway = try Self.gateway { $0.credentials = true }
        #expect(
            Self.preflight(gateway, Self.asks(Self.page, "GET", "authorization,x-a")) == [
                "Access-Control-Allow-Origin: \(Self.page)", "Access-Control-Allow-Credentials: true",
                "Access-Control-Allow-Methods: GET, PATCH", "Access-Control-Allow-Headers: Authorization, X-A",
                "Access-Control-Max-Age: 600", Self.vary,
            ])
    }

    @Test(arguments: [
        asks(page, "GET"), asks(page, "PATCH"), asks(page, "GET", "x-a"), asks(page, "GET", "X-A, AUTHORIZATION"),
        asks(page, "GET", ""), asks(page, "GET", " , x-a ,,"), asks(page, "GET", "x-a", "authorization"),
        asks("null", "GET"),
    ])
    func preflight_isAllowed(lines: [String]) throws {
        let answer = Self.preflight(try Self.gateway(), lines)
        #expect(answer?.contains { $0.hasPrefix("Access-Control-Allow-Origin: ") } == true)
        #expect(answer?.contains { $0.hasPrefix("Access-Control-Allow-Credentials") } == false)
    }

    /// Whatever is wrong, the answer is the same and says nothing about what would be right.
    @Test(arguments: [
        asks("https://evil.test", "GET"), asks("https://app.example.com.evil.test", "GET"),
        asks("http://app.example.com", "GET"),
        asks("https://app.example.com:444", "GET"), asks("https://APP.example.com", "GET"),
        asks("https://app.example.com/", "GET"),
        asks("https://a.app.example.com", "GET"), asks("NULL", "GET"), asks("*", "GET"),
        asks(page, "POST"), asks(page, "get"), asks(page, "DELETE"), asks(page, "GET, PATCH"), asks(page, "*"),
        asks(page, "GET", "x-b"), asks(page, "GET", "x-a,x-b"), asks(page, "GET", "x-a", "x-b"), asks(page, "GET", "*"),
        asks(page, "GET", "x-a x-b"), asks(page, "GET", "authorization\u{0}"),
        asks(page, "GET") + ["Origin: \(page)"], asks(page, "GET") + ["Origin: https://evil.test"],
        ["Origin: https://evil.test"] + asks(page, "GET"),
    ])
    func preflight_learnsNothing_whenSomethingIsNotAllowed(lines: [String]) throws {
        #expect(Self.preflight(try Self.gateway { $0.credentials = true }, lines) == [Self.vary])
    }

    @Test(arguments: [("/api/", true), ("/open/", true), ("/both/", true), ("/ws/", false), ("/none/", false)])
    func preflight_isAnswered_onPlainRoutesThatMatch(path: String, isAnswered: Bool) throws {
        #expect((Self.preflight(try Self.gateway(), Self.asks(Self.page, "GET"), path: path) != nil) == isAnswered)
    }

    @Test func onlyPreflights_areAnswered() throws {
        let gateway = try Self.gateway()
        let lines = Self.asks(Self.page, "GET")
        for (method, lines, expected) in [
            (RequestMethod.options, lines, "preflight"), (.get, lines, "401 missing"), (.post, lines, "401 missing"),
            (.options, [lines[0]], "401 missing"), (.options, [lines[1]], "401 missing"),
            (.options, lines + [lines[1]], "401 missing"),
            (.options, [lines[0], "Access-Control-Request-Method: "], "401 missing"),
        ] {
            var request = TestRequest("/api/", lines, method: method)
            #expect(gateway.outcome(&request) == expected, "\(method) \(lines)")
        }
        // A handshake is no preflight, whatever it says.
        var handshake = TestRequest("/both/", lines, method: .options)
        #expect(gateway.outcome(&handshake, isWebSocket: true) == "401 missing")
    }

    /// `Connection: Access-Control-Request-Method` takes the line away on the way upstream: what arrived there would be an
    /// ordinary request without a token.
    @Test(arguments: [true, false]) func preflight_isNone_whenItsLineIsNominated(hasCORS: Bool) throws {
        let gateway = hasCORS ? try Self.gateway() : try TestGateway(routes: Self.routes)
        var request = TestRequest("/api/", Self.asks(Self.page, "GET"), method: .options)
        request.head.fields[1].isDropped = true
        #expect(gateway.outcome(&request) == "401 missing")
    }

    @Test(arguments: [(BodyFraming.none, true), (.length(0), true), (.length(1), false), (.chunked, false)])
    func preflight_hasNoBody(framing: BodyFraming, isPreflight: Bool) throws {
        var answered = TestRequest("/api/", Self.asks(Self.page, "GET"), method: .options)
        answered.head.framing = framing
        #expect(try Self.gateway().outcome(&answered) == (isPreflight ? "preflight" : "401 missing"))
        var forwarded = TestRequest("/api/", Self.asks(Self.page, "GET"), method: .options)
        forwarded.head.framing = framing
        let gateway = try TestGateway(routes: Self.routes)
        #expect(gateway.outcome(&forwarded) == (isPreflight ? "anonymous" : "401 missing"))
    }

    @Test func preflight_isRoutedByAddressFirst_andNotByMethodOrToken() throws {
        let gateway = try TestGateway(routes: "  - {path: 'api/', upstream: chat, auth: required}") {
            $0.cors = CORSSettings([Self.page])
            $0.routes[0].methods = ["POST"].located
            $0.routes[0].deny = [.of("192.0.2.0/24")]
        }
        var outside = TestRequest("/api/", Self.asks(Self.page, "GET"), method: .options)
        #expect(gateway.outcome(&outside, client: IPAddress("192.0.2.1")) == "403 address")
        var inside = TestRequest("/api/", Self.asks(Self.page, "GET"), method: .options)
        #expect(gateway.outcome(&inside) == "preflight")
    }

    // MARK: Responses

    private static let readable = [
        "Access-Control-Allow-Origin: \(page)", "Access-Control-Expose-Headers: X-Total, X-Next", "Vary: Origin",
    ]

    @Test(arguments: [
        (["Origin: \(page)"], readable),
        (["Origin: null"], ["Access-Control-Allow-Origin: null", readable[1], "Vary: Origin"]),
        (["Origin: https://evil.test"], ["Vary: Origin"]), ([], ["Vary: Origin"]), (["Origin: "], ["Vary: Origin"]),
        (["Origin: \(page)", "Origin: \(page)"], ["Vary: Origin"]), (["X-Origin: \(page)"], ["Vary: Origin"]),
        (["Origin: \(page)x"], ["Vary: Origin"]), (["Origin: \(page) https://evil.test"], ["Vary: Origin"]),
    ])
    func response_isReadable_byListedOriginsOnly(lines: [String], expected: [String]) throws {
        let gateway = try Self.gateway()
        var open = TestRequest("/open/", lines)
        #expect(Self.split(gateway.judge(&open).admission?.corsLines ?? []) == expected)
        // The same for refusals, with a route and without.
        for path in ["/api/", "/none/", "/api/../x"] {
            var refused = TestRequest(path, lines)
            let refusal = try #require(gateway.judge(&refused).refusal)
            #expect(Self.split(gateway.readingLines(refusal, refused)) == expected)
        }
        var withToken = TestRequest("/api/", lines + ["Authorization: Bearer \(try TestGateway.token())"])
        #expect(Self.split(gateway.judge(&withToken).admission?.corsLines ?? []) == expected)
    }

    @Test func credentials_areAllowed_withListedOriginsOnly() throws {
        let gateway = try Self.gateway { $0.credentials = true }
        for (origin, isAllowed) in [(Self.page, true), ("https://evil.test", false)] {
            var request = TestRequest("/open/", ["Origin: \(origin)"])
            let lines = Self.split(gateway.judge(&request).admission?.corsLines ?? [])
            #expect(lines.contains("Access-Control-Allow-Credentials: true") == isAllowed)
        }
    }

    /// One answer for everybody: a cache may keep it.
    @Test(arguments: [["Origin: https://evil.test"], ["Origin: null"], [], ["Origin: a", "Origin: b"]])
    func everyOrigin_isAnsweredTheSame(lines: [String]) throws {
        let gateway = try Self.gateway(["*"])
        var request = TestRequest("/open/", lines)
        #expect(
            Self.split(gateway.judge(&request).admission?.corsLines ?? []) == [
                "Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: X-Total, X-Next",
            ])
    }

    @Test func everyOrigin_stillNeedsItsMethodAndHeaders() throws {
        let gateway = try Self.gateway(["*"])
        #expect(
            Self.preflight(gateway, Self.asks("https://x.test", "GET"))?.first == "Access-Control-Allow-Origin: *")
        #expect(Self.preflight(gateway, Self.asks("https://x.test", "PUT")) == [Self.vary])
        #expect(Self.preflight(gateway, Self.asks("https://x.test", "GET", "x-b")) == [Self.vary])
    }

    @Test func handshake_carriesNoLines() throws {
        let gateway = try Self.gateway()
        let lines = ["Origin: \(Self.page)", "Authorization: Bearer \(try TestGateway.token())"]
        var handshake = TestRequest("/both/", lines)
        #expect(gateway.judge(&handshake, isWebSocket: true).admission?.corsLines == [])
    }

    @Test func backendsLines_areRemoved_whenCORSIsOn() throws {
        let lines = [
            "Access-Control-Allow-Origin: *", "access-control-expose-headers: x",
            "ACCESS-CONTROL-ALLOW-CREDENTIALS: true",
            "Access-Control-Anything: x", "Access-Control: x", "Vary: Accept", "X-Access-Control-Allow-Origin: x",
        ]
        let kept = ["Access-Control", "Vary", "X-Access-Control-Allow-Origin"]
        let gateway = try Self.gateway()
        for route in gateway.policy.routes { #expect(TestResponse(lines).keptNames(by: route) == kept) }
        let without = try TestGateway(routes: Self.routes)
        for route in without.policy.routes { #expect(route.responseEdits == nil) }
    }

    @Test func withoutCORS_theBackendAnswersPreflights() throws {
        let gateway = try TestGateway(routes: Self.routes)
        var request = TestRequest("/api/", Self.asks(Self.page, "GET"), method: .options)
        let admission = try #require(gateway.judge(&request).admission)
        #expect(admission.corsLines.isEmpty && admission.identity == nil)
    }

    // MARK: Problems

    @Test(arguments: [
        (["*", "https://a.example"], false, "“*” is every origin: it stands alone"),
        (["*"], true, "credentials are never for every origin"),
        ([".example.com"], false, "“.example.com” is not an origin"),
        (["https://a.example/x"], false, "“https://a.example/x” is not an origin"),
    ])
    func settings_areRefused(origins: [String], credentials: Bool, message: String) throws {
        let building = try TestGateway.build(PolicyText.small) {
            $0.cors = CORSSettings(origins) { $0.credentials = credentials }
        }
        #expect(building.policy == nil)
        #expect(building.problems.map(\.message) == [message])
    }

    @Test(arguments: ["X A", "X:A", "", "X\r\nA", "X,A"]) func name_isRefused_whenItWouldBreakALine(name: String) throws
    {
        for key in [\CORSSettings.methods, \.headers, \.exposedHeaders] {
            let building = try TestGateway.build(PolicyText.small) {
                $0.cors = CORSSettings([Self.page])
                $0.cors?[keyPath: key] = ["GET", name]
            }
            #expect(building.policy == nil && building.problems.count == 1)
        }
    }
}
