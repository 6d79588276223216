import GatewayMessage
import GatewaySettings
import Testing

@testable import GatewayPolicy

/// Routes of one pattern and the same hosts share requests out by method; nothing falls through to another pattern.
@Suite struct MethodTests {
    private static func gateway(cors: Bool = false) throws -> TestGateway {
        try TestGateway(
            routes: """
                  - {path: 'api/', upstream: chat, auth: none}
                  - {path: 'api/', upstream: chat, auth: required}
                  - {path: 'api/', upstream: chat, auth: none}
                  - {re_path: '^api/$', upstream: chat, auth: none}
                  - {path: 'all/', upstream: chat, auth: none}
                  - {path: 'all/', upstream: chat, auth: none}
                  - {path: 'ws/', upstream: chat, auth: none, websocket: {only: true}}
                  - {path: 'ws/', upstream: chat, auth: none, websocket: true}
                  - {path: 'ws/', upstream: chat, auth: none}
                  - {path: '<path:rest>', upstream: chat, auth: none}
                """
        ) {
            $0.routes[0].methods = ["GET"].located
            $0.routes[1].methods = ["POST", "PROPFIND"].located
            $0.routes[2].methods = ["DELETE", "GET"].located
            $0.routes[2].hosts = ["a.example"].located
            $0.routes[3].methods = ["PUT"].located
            $0.routes[4].methods = ["POST"].located
            $0.routes[7].methods = ["GET"].located
            $0.routes[8].methods = ["POST"].located
            if cors { $0.cors = CORSSettings(["https://app.example.com"]) }
        }
    }

    /// The route's index, or the status with the methods that are allowed.
    private static func outcome(_ gateway: TestGateway, _ request: TestRequest, isWebSocket: Bool = false) -> String {
        var request = request
        let verdict = gateway.judge(&request, isWebSocket: isWebSocket)
        switch verdict {
        case .forward(let admission): return "\(admission.route.index)"
        case .preflight: return "preflight"
        case .healthCheck: return "health"
        case .renewal: return "renewal"
        case .refuse(let refusal):
            return "\(refusal.reason.status) \(refusal.route?.index ?? -1) "
                + String(decoding: refusal.allow, as: UTF8.self)
        }
    }

    @Test(arguments: [
        ("/api/", RequestMethod.get, "0"), ("/api/", .head, "0"), ("/api/", .post, "401 1 "),
        ("/api/", .put, "405 0 GET, HEAD, POST, PROPFIND"), ("/api/", .delete, "405 0 GET, HEAD, POST, PROPFIND"),
        ("/api/", .options, "405 0 GET, HEAD, POST, PROPFIND"),
        ("/all/", .post, "4"), ("/all/", .get, "5"), ("/all/", .options, "5"), ("/other", .put, "9"),
        ("/api", .put, "9"),
        ("/ws/", .get, "7"), ("/ws/", .head, "7"), ("/ws/", .post, "8"), ("/ws/", .put, "405 7 GET, HEAD, POST"),
    ])
    func request_goesToTheRouteThatTakesItsMethod(path: String, method: RequestMethod, expected: String) throws {
        #expect(Self.outcome(try Self.gateway(), TestRequest(path, method: method)) == expected)
    }

    /// A route for WebSockets only has no methods, and takes none of the plain requests for all that.
    @Test func group_isOfRoutesForPlainRequests() throws {
        let gateway = try TestGateway(
            routes: """
                  - {path: 'a/', upstream: chat, auth: required}
                  - {path: 'a/', upstream: chat, auth: none, websocket: {only: true}}
                  - {path: 'a/', upstream: chat, auth: none}
                """
        ) {
            $0.routes[0].methods = ["GET"].located
            $0.routes[2].methods = ["POST"].located
        }
        #expect(Self.outcome(gateway, TestRequest("/a/", method: .post)) == "2")
        #expect(Self.outcome(gateway, TestRequest("/a/", method: .put)) == "405 0 GET, HEAD, POST")
    }

    /// Other hosts are another group, although the first of the two matches as well.
    @Test func group_isOfTheSameHosts() throws {
        let gateway = try Self.gateway()
        let lines = ["Host: a.example"]
        #expect(
            Self.outcome(gateway, TestRequest("/api/", lines, method: .delete)) == "405 0 GET, HEAD, POST, PROPFIND")
        let reversed = try TestGateway(
            routes: """
                  - {path: 'api/', upstream: chat, auth: none}
                  - {path: 'api/', upstream: chat, auth: none}
                  - {path: 'api/', upstream: chat, auth: none}
                """
        ) {
            $0.routes[0].hosts = ["B.example.", "a.example"].located
            $0.routes[0].methods = ["DELETE"].located
            $0.routes[1].methods = ["PUT"].located
            $0.routes[2].hosts = ["a.example", "b.example", "a.example"].located
            $0.routes[2].methods = ["GET"].located
        }
        #expect(Self.outcome(reversed, TestRequest("/api/", lines, method: .delete)) == "0")
        #expect(Self.outcome(reversed, TestRequest("/api/", lines, method: .get)) == "2")
        #expect(Self.outcome(reversed, TestRequest("/api/", lines, method: .put)) == "405 0 DELETE, GET, HEAD")
        #expect(Self.outcome(reversed, TestRequest("/api/", method: .put)) == "1")
        #expect(Self.outcome(reversed, TestRequest("/api/", method: .get)) == "405 1 PUT")
    }

    @Test(arguments: [
        ("PROPFIND", "401 1 "), ("PROPFINDX", "405 0 GET, HEAD, POST, PROPFIND"),
        ("PROP", "405 0 GET, HEAD, POST, PROPFIND"),
    ])
    func method_isComparedByName(name: String, expected: String) throws {
        #expect(Self.outcome(try Self.gateway(), TestRequest("/api/", method: .other, name: name)) == expected)
    }

    @Test(arguments: [
        ("GET", "0"), ("HEAD", "0"), ("POST", "1"), ("PROPFIND", "1"), ("PUT", "405 0 GET, HEAD, POST, PROPFIND"),
        ("get", "405 0 GET, HEAD, POST, PROPFIND"), ("OPTIONS", "405 0 GET, HEAD, POST, PROPFIND"),
    ])
    func preflight_goesWhereItsRequestWouldGo(method: String, expected: String) throws {
        let lines = ["Origin: https://a.example", "Access-Control-Request-Method: \(method)"]
        #expect(Self.outcome(try Self.gateway(), TestRequest("/api/", lines, method: .options)) == expected)
        #expect(
            Self.outcome(try Self.gateway(cors: true), TestRequest("/api/", lines, method: .options)) == "preflight")
    }

    @Test func handshake_ignoresMethods() throws {
        var handshake = TestRequest("/ws/", ["Origin: https://a.example.com"])
        #expect(try Self.gateway().judge(&handshake, isWebSocket: true).admission?.route.index == 6)
        let gateway = try TestGateway(routes: "  - {path: 'ws/', upstream: chat, auth: none, websocket: true}") {
            $0.routes[0].methods = ["POST"].located
        }
        var other = TestRequest("/ws/", ["Origin: https://a.example.com"])
        #expect(gateway.judge(&other, isWebSocket: true).admission?.route.index == 0)
    }

    @Test func answer_saysWhatIsAllowed() throws {
        let gateway = try Self.gateway(cors: true)
        var request = TestRequest("/api/", ["Origin: https://app.example.com"], method: .put)
        let refusal = try #require(gateway.judge(&request).refusal)
        let answer = gateway.policy.answer(to: refusal)
        #expect(answer.status == 405)
        #expect(
            String(decoding: answer.headerLines, as: UTF8.self)
                == "Vary: Accept\r\nAllow: GET, HEAD, POST, PROPFIND\r\n")
        #expect(
            String(decoding: gateway.readingLines(refusal, request), as: UTF8.self)
                == "Access-Control-Allow-Origin: https://app.example.com\r\nVary: Origin\r\n")
        #expect("\(refusal.reason.metricLabel)" == "method")
        let body = String(decoding: answer.body(.json, requestID: []).bytes, as: UTF8.self)
        #expect(body.contains("urn:tollgate:problem:method-not-allowed"))
    }

    @Test(arguments: ["get", "", "GET POST", "G\u{C9}T", "CONNECT", "TRACE", "GET,POST", "GET\r\nX: y"])
    func method_isAProblem_whenItCannotArrive(method: String) throws {
        let building = try TestGateway.build(PolicyText.small) { $0.routes[0].methods = [method].located }
        #expect(building.policy == nil && building.problems.count == 1)
    }
}
