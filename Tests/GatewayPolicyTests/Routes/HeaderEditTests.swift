import GatewayMessage
import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct HeaderEditTests {
    private static func gateway(_ configure: @escaping (inout RouteSettings) -> Void) throws -> TestGateway {
        try TestGateway(routes: "  - {path: '<path:rest>', upstream: chat, auth: optional, websocket: true}") {
            configure(&$0.routes[0])
        }
    }

    @Test func request_isSentWithTheRoutesLines() throws {
        let gateway = try Self.gateway {
            $0.requestHeaders = HeaderEditSettings(
                set: ["X-A": "a", "X-B": "b"], add: ["X-C": "c"], remove: ["X-D"])
        }
        let lines = [
            "x-a: 1", "X.B: 2", "x~b: 2", "X-C: 3", "X-D: 4", "X-d: 5", "X-Ab: 6", "X-A-B: 7",
            "Authorization: Bearer \(try TestGateway.token())",
        ]
        for isWebSocket in [true, false] {
            var request = TestRequest("/a", lines + ["Origin: https://a.example.com"])
            let admission = try #require(gateway.judge(&request, isWebSocket: isWebSocket).admission)
            #expect(String(decoding: admission.route.requestLines, as: UTF8.self) == "X-A: a\r\nX-B: b\r\nX-C: c\r\n")
            #expect(
                request.keptLines == ["X-C: 3", "X-Ab: 6", "X-A-B: 7", "Origin: https://a.example.com"])
            #expect(admission.identity?.userID == "7")
        }
    }

    @Test func response_isEdited_byName() throws {
        let gateway = try Self.gateway {
            $0.responseHeaders = HeaderEditSettings(
                set: ["Server": "x"], add: ["Link": "</a>"], remove: ["X-Powered-By"])
        }
        let route = gateway.policy.routes[0]
        #expect(
            String(decoding: route.responseEdits?.lines ?? [], as: UTF8.self) == "Server: x\r\nLink: </a>\r\n")
        let lines = ["SERVER: y", "Link: z", "x-powered-by: PHP", "X-Powered-Bye: 1", "Access-Control-Allow-Origin: *"]
        #expect(TestResponse(lines).keptNames(by: route) == ["Link", "X-Powered-Bye", "Access-Control-Allow-Origin"])
        #expect(route.requestLines.isEmpty)
    }

    @Test func routeWithoutEdits_hasNone() throws {
        let route = try Self.gateway { _ in }.policy.routes[0]
        #expect(route.responseEdits == nil && route.requestLines.isEmpty && route.addedPrefix.isEmpty)
    }

    /// Whatever the settings reader let through: an edit of these names would be a forgery of the gateway's own, or a broken
    /// message.
    @Test(arguments: [
        "X-Tenant", "x-tenant", "X.Tenant", "Remote-User", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix",
        "Forwarded", "X-Real-IP", "X-Request-Id", "X-User-Id", "Daphne-Root-Path", "Authorization", "authorization",
        "Connection", "Content-Length", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Keep-Alive", "Host", "Expect",
        "Proxy-Authorization", "Proxy-Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "X_A", "", "X A",
        "X:A", "X\r\nA",
        "Content.Length", "X\u{E9}",
    ])
    func request_isNeverEdited_underNamesOfOthers(name: String) throws {
        for edits in [
            HeaderEditSettings(set: [name: "x"]), HeaderEditSettings(add: [name: "x"]),
            HeaderEditSettings(remove: [name]),
        ] {
            let building = try TestGateway.build(PolicyText.small) { $0.routes[0].requestHeaders = edits }
            #expect(building.policy == nil)
            #expect(building.problems.count == 1 && building.problems[0].message.hasPrefix("cannot be edited: "))
        }
    }

    @Test(arguments: [
        "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Trailer", "Sec-WebSocket-Accept", "X_A",
        "Keep-Alive",
    ])
    func response_isNeverEdited_underNamesOfTheConnection(name: String) throws {
        let building = try TestGateway.build(PolicyText.small) {
            $0.routes[0].responseHeaders = HeaderEditSettings(remove: [name])
        }
        #expect(building.policy == nil && building.problems.count == 1)
    }

    @Test(arguments: [(true, 1), (false, 0)]) func corsLines_areEdited_onlyWithoutCORS(hasCORS: Bool, count: Int) throws
    {
        let building = try TestGateway.build(PolicyText.small) {
            $0.routes[0].responseHeaders = HeaderEditSettings(set: ["Access-Control-Allow-Origin": "*"])
            if hasCORS { $0.cors = CORSSettings(["https://a.example"]) }
        }
        #expect(building.problems.count == count)
    }

    @Test(arguments: ["a\r\nX-User-Id: 1", "a\n", "a\u{0}", "a\u{7F}", "\u{85}", "a\u{1B}b", "\u{C5}"])
    func value_isRefused_whenAServerWouldSplitIt(value: String) throws {
        for direction in [\RouteSettings.requestHeaders, \.responseHeaders] {
            let building = try TestGateway.build(PolicyText.small) {
                $0.routes[0][keyPath: direction] = HeaderEditSettings(set: ["X-A": value])
            }
            #expect(building.policy == nil && building.problems.count == 1)
        }
    }

    @Test(arguments: ["a b", "", "a\tb", "caf\u{E9}", "\"x\", y; z=1"]) func value_isTaken_asItIs(value: String) throws
    {
        let gateway = try Self.gateway { $0.requestHeaders = HeaderEditSettings(set: ["X-A": value]) }
        #expect(String(decoding: gateway.policy.routes[0].requestLines, as: UTF8.self) == "X-A: \(value)\r\n")
    }

    @Test func releasedName_mayBeEdited() throws {
        let building = try TestGateway.build(PolicyText.small) {
            $0.releasedHeaders = ["X-User"].located
            $0.routes[0].requestHeaders = HeaderEditSettings(set: ["X-User": "guest"])
        }
        #expect(building.policy != nil)
    }
}
