import GatewayMessage
import GatewayPolicy
import GatewaySettings
import Testing

@Suite struct RenewalTests {
    private static let id = "0123456789abcdefABCDE-"
    private static let path = "/.tollgate/sessions/\(id)/token"
    private static let asks = "Access-Control-Request-Method: POST"
    private static let origin = "Origin: https://a.example.com"

    private static func gateway(renewal: String = "{http: true}", _ configure: (inout Settings) -> Void = { _ in })
        throws -> TestGateway
    {
        try TestGateway(
            routes: """
                  - {path: 'ws/', upstream: chat, auth: required, websocket: {renewal: \(renewal)}}
                  - {path: '<path:rest>', upstream: chat, auth: none, websocket: true}
                """, configure: configure)
    }

    @Test func request_isVerified_andNamesItsSession() throws {
        let token = try TestGateway.token()
        for target in [Self.path, Self.path + "?a=1"] {
            var request = TestRequest(target, ["Authorization: Bearer \(token)"], method: .post)
            guard case .renewal(let session, let identity) = try Self.gateway().judge(&request) else {
                Issue.record("\(target)")
                continue
            }
            #expect(session == Array(Self.id.utf8) && identity.userID == "7")
        }
    }

    @Test(arguments: [
        ([], "401 missing"), (["Authorization: Basic x"], "401 missing"), (["Authorization: Bearer"], "401 bad_header"),
        (["Authorization: Bearer a.b.c"], "401 malformed"),
        (["Authorization: Bearer a.b.c", "Authorization: Bearer d.e.f"], "401 duplicate"),
    ])
    func request_isRefused_withoutOneGoodToken(lines: [String], expected: String) throws {
        var request = TestRequest(Self.path, lines, method: .post)
        #expect(try Self.gateway().outcome(&request) == expected)
    }

    /// Only the header's rules: a token in the query of a renewal would end in logs.
    @Test func request_isNotReadFromTheQuery() throws {
        var request = TestRequest(Self.path + "?token=" + (try TestGateway.token()), method: .post)
        #expect(try Self.gateway().outcome(&request) == "401 missing")
    }

    @Test(arguments: [
        "/.tollgate", "/.tollgate/", "/.tollgate/sessions/", "/.tollgate/sessions//token", "/.tollgate/x",
        "/.tollgate/sessions/short/token", "/.tollgate/sessions/\(id)/token/", "/.tollgate/sessions/\(id)/tokens",
        "/.tollgate/sessions/\(id)", "/.tollgate/sessions/%30123456789abcdefABCDE-/token",
        "/%2etollgate/sessions/\(id)/token", "/.toll%67ate/x", "/.tollgate/sessions/\(id).x/token",
        "/.tollgate/sessions/0123456789abcdefABCDE./token", "/.tollgate/sessions/\(id)/a/\(id)/token",
    ])
    func nothingElse_isThere_andNothingIsForwarded(target: String) throws {
        for (method, isWebSocket) in [(RequestMethod.post, false), (.get, false), (.get, true), (.options, false)] {
            var request = TestRequest(target, [Self.origin, Self.asks], method: method)
            #expect(try Self.gateway().outcome(&request, isWebSocket: isWebSocket) == "404 no_route")
        }
    }

    @Test(arguments: ["/.tollgatex/a", "/x/.tollgate/", "/.Tollgate/a", "/.tollgat"])
    func otherPaths_areTheRoutes(target: String) throws {
        var request = TestRequest(target)
        #expect(try Self.gateway().outcome(&request) == "anonymous")
    }

    @Test func paths_areTheRoutes_whenNothingIsRenewed() throws {
        var request = TestRequest(Self.path, method: .post)
        #expect(try Self.gateway(renewal: "off").outcome(&request) == "anonymous")
    }

    @Test(arguments: [RequestMethod.get, .head, .put, .delete, .options, .patch])
    func method_isPOST(method: RequestMethod) throws {
        var request = TestRequest(Self.path, method: method)
        let refusal = try #require(try Self.gateway().judge(&request).refusal)
        #expect(refusal.reason == .methodNotAllowed && refusal.allow == Array("POST".utf8))
    }

    // MARK: Users

    /// The first two of them are equal texts to Swift.
    @Test func users_areTold_apart_byTheirBytes() throws {
        let users = ["\u{E9}", "e\u{301}", "e", "7"]
        let identities = try users.map { user in
            var request = TestRequest(
                Self.path, ["Authorization: Bearer \(try TestGateway.token(user: user))"], method: .post)
            guard case .renewal(_, let identity) = try Self.nameless().judge(&request) else {
                throw CancellationError()
            }
            return identity
        }
        for (index, one) in identities.enumerated() {
            #expect(identities.map { one.isTheSameUser(as: $0) } == users.indices.map { $0 == index })
        }
    }

    /// Without identity headers, which would tell them apart too.
    private static func nameless() throws -> TestGateway {
        try TestGateway(
            routes: "  - {path: 'ws/', upstream: chat, websocket: {renewal: {http: true}}}", identity: "{}")
    }

    // MARK: Pages

    @Test(arguments: [
        (["Access-Control-Request-Method: POST", origin], true), ([asks, "Origin: https://evil.test"], false),
        (["Access-Control-Request-Method: PUT", origin], false), ([asks, origin, origin], false),
        ([asks, "Origin: null"], false), ([asks, "Origin: https://b.test"], true),
    ])
    func preflight_isAnswered_forPagesThatMayOpenSockets(lines: [String], isAllowed: Bool) throws {
        for hasCORS in [false, true] {
            let gateway = try Self.gateway {
                if hasCORS { $0.cors = CORSSettings(["https://evil.test"]) }
                $0.routes[0].allowedOrigins = ["b.test", ".example.com"].located
                $0.allowedOrigins = ["evil.test"].located
            }
            var request = TestRequest(Self.path, lines, method: .options)
            guard case .preflight(nil, let headerLines) = gateway.judge(&request) else {
                Issue.record("no preflight")
                continue
            }
            let text = String(decoding: headerLines, as: UTF8.self)
            #expect(text.contains("Access-Control-Allow-Origin: ") == isAllowed)
            #expect(text.contains("Access-Control-Allow-Methods: POST\r\n") == isAllowed)
            #expect(text.contains("Access-Control-Allow-Headers: authorization\r\n") == isAllowed)
            #expect(text.contains("Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n"))
        }
    }

    @Test func answers_areReadable_forPagesThatMayOpenSockets() throws {
        for hasCORS in [false, true] {
            let gateway = try Self.gateway { if hasCORS { $0.cors = CORSSettings(["https://other.test"]) } }
            for (origin, expected) in [
                (Self.origin, "Access-Control-Allow-Origin: https://a.example.com\r\nVary: Origin\r\n"),
                ("Origin: https://other.test", "Vary: Origin\r\n"),
            ] {
                var request = TestRequest(Self.path, [origin], method: .post)
                let refusal = try #require(gateway.judge(&request).refusal)
                #expect(String(decoding: gateway.readingLines(refusal, request), as: UTF8.self) == expected)
            }
        }
    }
}
