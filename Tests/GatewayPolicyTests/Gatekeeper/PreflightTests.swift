import GatewayMessage
import GatewayPolicy
import Testing

/// What pages of other origins need: their preflights reach the backend, and they can read why they were refused.
@Suite struct PreflightTests {
    private static let routes = "  - {path: 'api/', upstream: chat, auth: required}"
    private static let asks = "Access-Control-Request-Method: GET"
    private static let origin = "Origin: https://a.example.com"

    @Test(arguments: [
        (RequestMethod.options, [asks, origin], "anonymous"),
        (.options, [asks], "401 missing"), (.options, [origin], "401 missing"), (.options, [], "401 missing"),
        (.get, [asks, origin], "401 missing"), (.post, [asks, origin], "401 missing"),
    ])
    func preflight_passesWithoutToken_andNothingElseDoes(method: RequestMethod, lines: [String], expected: String)
        throws
    {
        let gateway = try TestGateway(routes: Self.routes)
        var request = TestRequest("/api/", lines, method: method)
        #expect(gateway.outcome(&request) == expected)
    }

    @Test(arguments: [
        (BodyFraming.none, origin, "anonymous"), (.length(0), origin, "anonymous"), (.length(1), origin, "401 missing"),
        (.chunked, origin, "401 missing"), (.none, "Origin: ", "401 missing"),
    ])
    func preflight_hasAnOriginAndNoBody(framing: BodyFraming, origin: String, expected: String) throws {
        let gateway = try TestGateway(routes: Self.routes)
        var request = TestRequest("/api/", [Self.asks, origin], method: .options)
        request.head.framing = framing
        #expect(gateway.outcome(&request) == expected)
    }

    @Test func preflight_takesNoTokenAndNoIdentityUpstream() throws {
        let gateway = try TestGateway(routes: Self.routes)
        let lines = [Self.asks, Self.origin, "Authorization: Bearer x", "X-User-Id: 1"]
        var request = TestRequest("/api/", lines, method: .options)
        #expect(gateway.outcome(&request) == "anonymous")
        #expect(request.keptLines == [Self.asks, Self.origin])
    }

    @Test(arguments: [
        ("Origin: https://a.example.com", "Access-Control-Allow-Origin: https://a.example.com\r\nVary: Origin\r\n"),
        ("Origin: https://evil.test", ""), ("Origin: null", ""), ("Origin: https://a.example.com/x", ""), ("X: y", ""),
    ])
    func refusal_isReadable_byAllowedOriginsOnly(line: String, expected: String) throws {
        let gateway = try TestGateway(routes: Self.routes)
        var request = TestRequest("/api/", [line])
        let refusal = try #require(gateway.judge(&request).refusal)
        #expect(String(decoding: gateway.readingLines(refusal, request), as: UTF8.self) == expected)
    }

    @Test func missingOrigin_isToldFromAForeignOne() throws {
        let gateway = try TestGateway(routes: "  - {path: 'ws/', upstream: chat, auth: none, websocket: true}")
        var none = TestRequest("/ws/")
        #expect(gateway.outcome(&none, isWebSocket: true) == "403 origin_missing")
        var foreign = TestRequest("/ws/", ["Origin: https://evil.test"])
        #expect(gateway.outcome(&foreign, isWebSocket: true) == "403 origin")
    }

    @Test(arguments: [
        ("close", 403, true, false, "4003"), ("close", 401, false, false, "4001"),
        ("close", 500, true, true, "http 500"),
        ("close", 404, false, false, "http 404"), ("http", 403, true, true, "http 403"),
        ("auto", 403, true, true, "4003"), ("auto", 403, true, false, "http 403"),
    ])
    func backendsRefusal_isDeliveredByTheRoutesMode(
        mode: String, status: Int, wasVerified: Bool, hasOrigin: Bool, expected: String
    ) throws {
        let gateway = try TestGateway(
            routes: "  - {path: 'ws/', upstream: chat, auth: optional, websocket: {refuse: \(mode)}}")
        let route = try #require(gateway.policy.routes.first)
        let delivery = deliveryOfBackendRefusal(
            status: status, on: route, hasOrigin: hasOrigin, wasVerified: wasVerified)
        switch delivery {
        case .http(let status): #expect("http \(status)" == expected)
        case .acceptThenClose(let code, _): #expect("\(code)" == expected)
        }
    }
}
