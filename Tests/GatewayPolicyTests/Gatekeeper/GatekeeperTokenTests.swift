import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

/// Authentication mode × carrier × token.
@Suite struct GatekeeperTokenTests {
    private static let routes = """
          - {path: 'required/', upstream: chat, websocket: true, auth: required}
          - {path: 'optional/', upstream: chat, websocket: true, auth: optional}
          - {path: 'none/', upstream: chat, websocket: true, auth: none}
          - {path: 'query/', upstream: chat, auth: required, tokens: {sources: [header, query]}}
          - {path: 'keep/', upstream: chat, websocket: true, auth: optional, tokens: {forward: keep}}
          - {path: 'strip/', upstream: chat, websocket: true, auth: optional, tokens: {forward: strip}}
        """

    /// `§` stands for a good token, `¤` for another user's, `†` for an expired one, `¬` for a forged one.
    private static func fill(_ text: String) throws -> String {
        var result = ""
        for character in text {
            switch character {
            case "§": result += try TestGateway.token()
            case "¤": result += try TestGateway.token(user: "8")
            case "†": result += try TestGateway.token(lifetime: -10)
            case "¬": result += try TestGateway.token(secret: "another secret of sufficient size")
            default: result.append(character)
            }
        }
        return result
    }

    private static func run(
        _ path: String,
        _ query: String,
        _ headers: [String],
        isWebSocket: Bool
    ) throws -> (outcome: String, request: TestRequest, verdict: Verdict) {
        let gateway = try TestGateway(routes: Self.routes)
        let origin = isWebSocket ? ["Origin: https://example.com"] : []
        var request = TestRequest("/\(path)/" + (try self.fill(query)), try headers.map(self.fill) + origin)
        var copy = request
        let outcome = gateway.outcome(&copy, isWebSocket: isWebSocket)
        let verdict = gateway.judge(&request, isWebSocket: isWebSocket)
        return (outcome, request, verdict)
    }

    @Test(
        arguments: [
            // (query, headers, required, optional) of plain requests, which read the header alone.
            ("", [], "401 missing", "anonymous"), ("", ["Authorization: Bearer §"], "user 7", "user 7"),
            ("", ["Authorization: Basic §"], "401 missing", "anonymous"),
            ("", ["Authorization: bearer §"], "401 missing", "anonymous"),
            ("", ["Authorization: "], "401 missing", "anonymous"),
            ("", ["Authorization: Bearer"], "401 bad_header", "401 bad_header"),
            ("", ["Authorization: Bearer § §"], "401 bad_header", "401 bad_header"),
            ("", ["Authorization: Bearer †"], "401 expired", "401 expired"),
            ("", ["Authorization: Bearer ¬"], "401 signature", "401 signature"),
            ("", ["Authorization: Bearer garbage"], "401 malformed", "401 malformed"),
            ("", ["Authorization: Bearer §", "Authorization: Bearer §"], "user 7", "user 7"),
            ("", ["Authorization: Bearer §", "Authorization: Bearer ¤"], "401 duplicate", "401 duplicate"),
            ("", ["Authorization: Basic x", "Authorization: Bearer §"], "401 duplicate", "401 duplicate"),
            ("", ["Authorization: Bearer §", "Authorization: Basic x"], "401 duplicate", "401 duplicate"),
            ("", ["Authorization: Basic x", "Authorization: Basic x"], "401 duplicate", "401 duplicate"),
            ("?token=§", [], "401 missing", "anonymous"), ("?token=¤", ["Authorization: Bearer §"], "user 7", "user 7"),
        ] as [(String, [String], String, String)]
    )
    func plainRequest_isJudged(query: String, headers: [String], required: String, optional: String) throws {
        #expect(try Self.run("required", query, headers, isWebSocket: false).outcome == required)
        #expect(try Self.run("optional", query, headers, isWebSocket: false).outcome == optional)
        #expect(try Self.run("none", query, headers, isWebSocket: false).outcome == "anonymous")
    }

    @Test(
        arguments: [
            ("?token=§", [], "user 7", "user 7"), ("?a=1&%74oken=§&b", [], "user 7", "user 7"),
            ("?token=", [], "401 missing", "anonymous"), ("?token", [], "401 missing", "anonymous"),
            ("?Token=§", [], "401 missing", "anonymous"), ("?token=†", [], "401 expired", "401 expired"),
            ("?token=§&token=§", [], "user 7", "user 7"), ("?token=§&token=¤", [], "401 duplicate", "401 duplicate"),
            ("?token=&token=§", [], "401 duplicate", "401 duplicate"),
            ("?token=§&token=", [], "401 duplicate", "401 duplicate"),
            ("?token=§", ["Authorization: Bearer §"], "user 7", "user 7"),
            ("?token=¤", ["Authorization: Bearer §"], "401 duplicate", "401 duplicate"),
            ("?token=", ["Authorization: Bearer §"], "user 7", "user 7"),
            ("?token=§", ["Authorization: Basic x"], "user 7", "user 7"),
            ("?token=§", ["Authorization: Bearer"], "401 bad_header", "401 bad_header"),
            ("?token=§+", [], "401 malformed", "401 malformed"), ("?token=§%00", [], "401 malformed", "401 malformed"),
            ("?token=%zz", [], "401 malformed", "401 malformed"), ("?a=1;token=§", [], "401 missing", "anonymous"),
        ] as [(String, [String], String, String)]
    )
    func handshake_isJudged(query: String, headers: [String], required: String, optional: String) throws {
        #expect(try Self.run("required", query, headers, isWebSocket: true).outcome == required)
        #expect(try Self.run("optional", query, headers, isWebSocket: true).outcome == optional)
        #expect(try Self.run("none", query, headers, isWebSocket: true).outcome == "anonymous")
    }

    @Test func queryToken_isRead_whenItNeedsDecoding() throws {
        let token = try TestGateway.token()
        let encoded = token.replacing(".", with: "%2E")
        let result = try Self.run("required", "?token=\(encoded)", [], isWebSocket: true)
        #expect(result.outcome == "user 7")
        #expect(result.request.forwardedTarget == "/required/")
        #expect(try Self.run("required", "?token=\(encoded)&token=\(token)", [], isWebSocket: true).outcome == "user 7")
    }

    @Test func sources_canBeWrittenForARoute() throws {
        #expect(try Self.run("query", "?token=§", [], isWebSocket: false).outcome == "user 7")
        #expect(
            try Self.run("query", "?token=¤", ["Authorization: Bearer §"], isWebSocket: false).outcome
                == "401 duplicate")
    }

    // MARK: Forwarding

    private static func injected(_ verdict: Verdict) -> String {
        String(decoding: verdict.admission?.injected ?? [], as: UTF8.self)
    }

    @Test(arguments: [
        ("?token=§", [String]()), ("?a=1&token=§", ["Authorization: Basic x"]),
        ("?token=§", ["AUTHORIZATION: Bearer §"]),
        ("", ["Authorization: Bearer   §", "authorization: Bearer §"]),
    ])
    func normalize_leavesExactlyOneToken(query: String, headers: [String]) throws {
        let result = try Self.run("required", query, headers, isWebSocket: true)
        #expect(!result.request.forwardedTarget.contains("token"))
        #expect(!result.request.keptLines.contains { $0.lowercased().hasPrefix("authorization") })
        let expected = try Self.fill("X-User-Id: 7\r\nAuthorization: Bearer §\r\n")
        #expect(Self.injected(result.verdict) == expected)
    }

    @Test func keep_leavesTheTokenWhereItWas() throws {
        let result = try Self.run("keep", "?token=§&a", ["Authorization: Bearer §"], isWebSocket: true)
        #expect(result.request.forwardedTarget == (try Self.fill("/keep/?token=§&a")))
        #expect(result.request.keptLines.contains(try Self.fill("Authorization: Bearer §")))
        #expect(Self.injected(result.verdict) == "X-User-Id: 7\r\n")
    }

    @Test func strip_removesTheTokenAndNothingElse() throws {
        let result = try Self.run("strip", "?token=§&a", ["Authorization: Bearer §"], isWebSocket: true)
        #expect(result.request.forwardedTarget == "/strip/?a")
        #expect(!result.request.keptLines.contains { $0.hasPrefix("Authorization") })
        #expect(Self.injected(result.verdict) == "X-User-Id: 7\r\n")
        let foreign = try Self.run("strip", "?token=§", ["Authorization: Basic x"], isWebSocket: true)
        #expect(foreign.request.keptLines.contains("Authorization: Basic x"))
    }

    @Test(arguments: ["optional", "keep", "strip", "none"])
    func anonymousRequest_passesUntouched(path: String) throws {
        let result = try Self.run(path, "?a=1&tok=x", ["Authorization: Basic x", "X-Other: 1"], isWebSocket: true)
        #expect(result.outcome == "anonymous")
        #expect(result.request.forwardedTarget == "/\(path)/?a=1&tok=x")
        #expect(result.request.keptLines.prefix(2) == ["Authorization: Basic x", "X-Other: 1"])
        #expect(Self.injected(result.verdict) == "")
    }

    @Test func none_leavesTokensAlone() throws {
        let result = try Self.run("none", "?token=garbage", ["Authorization: Bearer garbage"], isWebSocket: true)
        #expect(result.request.forwardedTarget == "/none/?token=garbage")
        #expect(result.request.keptLines.first == "Authorization: Bearer garbage")
        #expect(result.verdict.admission?.identity == nil)
    }

    @Test(
        arguments: ["required", "optional", "none"],
        [
            "X-User-Id", "x-user-id", "X_User_Id", "X.User.Id", "x-uSeR-iD", "Remote-User", "REMOTE_USER",
            "Daphne-Root-Path",
        ])
    func forgedIdentity_neverSurvives(path: String, name: String) throws {
        let lines = ["\(name): evil", "Authorization: Bearer §", "\(name): evil2"]
        let result = try Self.run(path, "", lines, isWebSocket: false)
        #expect(result.verdict.admission != nil)
        #expect(!result.request.keptLines.contains { $0.contains("evil") })
        #expect(!Self.injected(result.verdict).contains("evil"))
    }

    // MARK: Other header names and types

    @Test func customTokenHeader_isRead_andItsLookalikesAreDropped() throws {
        let gateway = try TestGateway(
            routes: "  - {path: '', upstream: chat, auth: required}",
            simpleJWT: "AUTH_HEADER_NAME: HTTP_X_ACCESS_TOKEN, AUTH_HEADER_TYPES: [JWT, Bearer]")
        let token = try TestGateway.token()
        var request = TestRequest(
            "/", ["x-access-token: Bearer \(token)", "X.Access.Token: JWT evil", "Authorization: Bearer other"])
        let verdict = gateway.judge(&request)
        #expect(request.keptLines == ["Authorization: Bearer other"])
        #expect(Self.injected(verdict) == "X-User-Id: 7\r\nX-Access-Token: JWT \(token)\r\n")
        var plain = TestRequest("/", ["Authorization: Bearer \(token)"])
        #expect(gateway.outcome(&plain) == "401 missing")
    }

    /// Kept or anonymous, a line that some server could take for the token header was never judged.
    @Test func lookalikes_areDropped_whenNothingElseIs() throws {
        let gateway = try TestGateway(
            routes: "  - {path: '', upstream: chat, auth: optional, tokens: {forward: keep}}",
            simpleJWT: "AUTH_HEADER_NAME: HTTP_X_ACCESS_TOKEN")
        let token = "X-Access-Token: Bearer \(try TestGateway.token())"
        for lines in [[token, "X.Access.Token: Bearer evil"], ["x!access-token: Bearer evil"]] {
            var request = TestRequest("/", lines)
            #expect(gateway.judge(&request).admission != nil)
            #expect(request.keptLines == lines.filter { $0 == token })
        }
    }
}
