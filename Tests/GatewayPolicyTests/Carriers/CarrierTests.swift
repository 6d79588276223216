import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

/// Cookies and sub-protocols as carriers, alone and beside others.
@Suite struct CarrierTests {
    private static let routes = """
          - {path: 'required/', upstream: chat, websocket: true, auth: required}
          - {path: 'optional/', upstream: chat, websocket: true, auth: optional}
          - {path: 'none/', upstream: chat, websocket: true, auth: none}
          - {path: 'keep/', upstream: chat, websocket: true, auth: required, tokens: {forward: keep}}
          - {path: 'strip/', upstream: chat, websocket: true, auth: required, tokens: {forward: strip}}
          - {path: 'plain/', upstream: chat, websocket: true, auth: optional, tokens: {sources: [header]}}
          - {path: 'other/', upstream: chat, auth: required, tokens: {cookie: __Host-jwt}}
          - {path: 'edited/', upstream: chat, headers: {request: {remove: [Cookie]}}}
        """
    private static let rest = "tokens: {sources: [header, query, subprotocol, cookie]}"
    private static let origin = "Origin: https://app.example.com"

    struct Judged {
        var outcome: String
        var request: TestRequest
        var admission: Admission?

        var cookies: [String] { self.request.keptLines.filter { $0.lowercased().hasPrefix("cookie") } + self.written }
        /// The lines that are added to this request alone.
        var written: [String] {
            String(decoding: self.admission?.extraLines ?? [], as: UTF8.self).split(separator: "\r\n").map {
                String($0)
            }
        }
    }

    /// `§` stands for a good token, `¤` for another user's, `†` for an expired one.
    private static func fill(_ text: String) throws -> String {
        try text.replacing("§", with: TestGateway.token()).replacing("¤", with: TestGateway.token(user: "8"))
            .replacing("†", with: TestGateway.token(lifetime: -10))
    }

    /// `offer` is what the sub-protocols hold: a token, a word for what else there may be, or base64url behind a `b64:`.
    private static func run(
        _ path: String,
        _ query: String = "",
        _ lines: [String] = [],
        offer: String = "",
        method: RequestMethod = .get,
        isWebSocket: Bool = false,
        rest: String = Self.rest
    ) throws -> Judged {
        let gateway = try TestGateway(routes: Self.routes, rest: rest)
        let text = try Self.fill(offer)
        let offered = text.isEmpty ? [] : ["Sec-WebSocket-Protocol: \(text)"]
        var request = TestRequest(
            "/\(path)/" + (try Self.fill(query)), try lines.map(Self.fill) + offered, method: method)
        let token = Self.offered(text, in: request)
        var copy = request
        let outcome = gateway.outcome(&copy, isWebSocket: isWebSocket, offered: token)
        let verdict = gateway.judge(&request, isWebSocket: isWebSocket, offered: token)
        return Judged(outcome: outcome, request: request, admission: verdict.admission)
    }

    private static func offered(_ text: String, in request: TestRequest) -> OfferedToken {
        guard let field = request.head.first(.secWebSocketProtocol) else { return .none }
        switch text {
        case "several": return .several
        case "incomplete": return .incomplete
        case "alone": return .alone
        default:
            let isBase64URL = text.hasPrefix("b64:")
            let start = field.value.lowerBound + (isBase64URL ? 4 : 0)
            return .token(ByteRange(start: start, end: field.value.upperBound), isBase64URL: isBase64URL)
        }
    }

    // MARK: Cookies

    @Test(
        arguments: [
            (["Cookie: access=§"], "user 7", "user 7"), (["Cookie: a=1; access=\"§\"; b=2"], "user 7", "user 7"),
            (["Cookie: a=1", "Cookie: access=§"], "user 7", "user 7"),
            (["Cookie: access=§; access=§"], "user 7", "user 7"),
            (["Cookie: access=§", "Cookie: access=\"§\""], "user 7", "user 7"),
            (["Cookie: access=†"], "401 expired", "401 expired"),
            (["Cookie: access=x"], "401 malformed", "401 malformed"),
            (["Cookie: access=§; access=¤"], "401 duplicate", "401 duplicate"),
            (["Cookie: access=§; access=x"], "401 duplicate", "401 duplicate"),
            (["Cookie: access=§; access="], "401 duplicate", "401 duplicate"),
            (["Cookie: access=", "Cookie: access=§"], "401 duplicate", "401 duplicate"),
            (["Cookie: access="], "401 missing", "anonymous"),
            (["Cookie: access=; access="], "401 missing", "anonymous"),
            (["Cookie: Access=§"], "401 missing", "anonymous"), (["Cookie: session=§"], "401 missing", "anonymous"),
            // One that is not told from ours by every server counts as ours.
            (["Cookie: access=§; access =¤"], "401 duplicate", "401 duplicate"),
            // Explicit carriers count alone.
            (["Cookie: access=¤", "Authorization: Bearer §"], "user 7", "user 7"),
            (["Cookie: access=x; access=y", "Authorization: Bearer §"], "user 7", "user 7"),
            (["Cookie: access=§", "Authorization: Bearer †"], "401 expired", "401 expired"),
            (["Cookie: access=§", "Authorization: Bearer"], "401 bad_header", "401 bad_header"),
            (["Cookie: access=§", "Authorization: Basic x"], "user 7", "user 7"),
        ] as [([String], String, String)])
    func cookie_isRead_whenThereIsNoOtherCarrier(lines: [String], required: String, optional: String) throws {
        #expect(try Self.run("required", "", lines).outcome == required)
        #expect(try Self.run("optional", "", lines).outcome == optional)
        #expect(try Self.run("none", "", lines).outcome == "anonymous")
        #expect(try Self.run("plain", "", ["Cookie: access=§"]).outcome == "anonymous")
    }

    @Test(arguments: [
        ("?token=§", "user 7"), ("?token=x", "401 malformed"), ("?token=", "user 8"),
        ("?token=§&token=¤", "401 duplicate"),
    ])
    func queryToken_standsBeforeTheCookie(query: String, outcome: String) throws {
        #expect(try Self.run("required", query, ["Cookie: access=¤"]).outcome == outcome)
    }

    @Test func cookieName_isTheRoutesOwn() throws {
        #expect(try Self.run("other", "", ["Cookie: access=§"]).outcome == "401 missing")
        let judged = try Self.run("other", "", ["Cookie: access=¤; __Host-jwt=§"])
        #expect(judged.outcome == "user 7")
        #expect(judged.written == [try Self.fill("Cookie: access=¤")])
    }

    /// Method or handshake × Origin × `allow_missing_origin`.
    @Test(
        arguments: [RequestMethod.get, .head, .options, .trace, .post, .put, .patch, .delete, .connect, .other],
        [false, true])
    func cookie_needsAnAllowedOrigin_forWhatChangesSomething(method: RequestMethod, isWebSocket: Bool) throws {
        guard !isWebSocket || method == .get else { return }
        let isSafe = !isWebSocket && [.get, .head, .options, .trace].contains(method)
        let settings = [Self.rest, Self.rest + "\nallow_missing_origin: true"]
        for (allowsMissing, rest) in zip([false, true], settings) {
            for (origins, refusal) in [
                ([], allowsMissing ? nil : "403 origin_missing"), ([Self.origin], nil),
                (["Origin: https://evil.test"], "403 origin"), (["Origin: null"], "403 origin"),
                (["Origin: "], "403 origin"),
                ([Self.origin, Self.origin], "403 origin"), (["Origin: https://example.com.evil.test"], "403 origin"),
            ] as [([String], String?)] {
                let lines = ["Cookie: access=§"] + origins
                let judged = try Self.run("optional", "", lines, method: method, isWebSocket: isWebSocket, rest: rest)
                #expect(judged.outcome == (isSafe ? nil : refusal) ?? "user 7", "\(method) \(origins)")
                guard !isWebSocket else { continue }
                let explicit = try Self.run(
                    "optional", "", ["Authorization: Bearer §"] + lines, method: method, rest: rest)
                #expect(explicit.outcome == "user 7", "who can write a header is no foreign page")
            }
        }
    }

    @Test func forgedRequest_costsNoVerification() throws {
        let gateway = try TestGateway(routes: Self.routes, rest: Self.rest)
        var request = TestRequest("/optional/", ["Cookie: access=x", "Origin: https://evil.test"], method: .post)
        #expect(gateway.outcome(&request) == "403 origin")
        #expect(gateway.gatekeeper.takeFailure() == false)
    }

    @Test(arguments: ["auth: required", "auth: optional"])
    func policy_isNotBuilt_whenNothingGuardsTheCookie(auth: String) throws {
        let text = """
            SIMPLE_JWT: {SIGNING_KEY: \(TestGateway.secret)}
            listen: [{address: "127.0.0.1:8080"}]
            allowed_origins: [a.example.com]
            upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
            routes: [{path: '', upstream: chat, \(auth), tokens: {sources: [cookie]}}]
            """
        let building = try TestGateway.build(text) { $0.allowedOrigins = nil }
        #expect(building.policy == nil)
        #expect(building.problems.contains { $0.message.contains("allowed_origins") })
    }

    /// A page that sends cookies along reads only what allows it to.
    @Test(
        arguments: [
            ("required", false, true), ("plain", false, false), ("none", false, false), ("required", true, false),
        ])
    func refusal_canBeRead_byThePageThatSentTheCookie(path: String, isForEverybody: Bool, isAllowed: Bool) throws {
        let gateway = try TestGateway(routes: Self.routes, rest: Self.rest) {
            if isForEverybody { $0.allowedOrigins = ["*"].located }
        }
        var request = TestRequest("/\(path)/", ["Cookie: access=x", Self.origin])
        let route = gateway.policy.routes.first { $0.pattern == "\(path)/" }
        _ = gateway.judge(&request)
        let refusal = Refusal(route: route, reason: .notAuthenticated, logDetail: "")
        let lines = String(decoding: gateway.readingLines(refusal, request), as: UTF8.self)
        #expect(lines.contains("Access-Control-Allow-Origin: https://app.example.com\r\n"))
        #expect(lines.contains("Access-Control-Allow-Credentials: true\r\n") == isAllowed)
        var foreign = TestRequest("/required/", ["Cookie: access=x", "Origin: https://evil.test"])
        _ = gateway.judge(&foreign)
        if !isForEverybody { #expect(gateway.readingLines(refusal, foreign) == []) }
    }

    // MARK: Cookies on the way upstream

    @Test(
        arguments: [
            ("required", ["Cookie: a=1; access=§; b=2"], ["Cookie: a=1; b=2"]),
            ("strip", ["Cookie: a=1; access=§; b=2"], ["Cookie: a=1; b=2"]),
            ("keep", ["Cookie: a=1; access=§; b=2"], ["Cookie: a=1; access=§; b=2"]),
            ("required", ["Cookie: access=§"], []),
            ("required", ["Cookie: access=§; access=§", "Cookie: c"], ["Cookie: c"]),
            // Whatever the token came with: what was not judged must not look judged.
            ("required", ["Cookie: a=1; access=¤", "Authorization: Bearer §"], ["Cookie: a=1"]),
            ("strip", ["Cookie: a=1; access =x", "Authorization: Bearer §"], ["Cookie: a=1"]),
            ("keep", ["Cookie: access=¤", "Authorization: Bearer §"], ["Cookie: access=¤"]),
            ("optional", ["Cookie: a=1; access="], ["Cookie: a=1; access="]),
            ("none", ["Cookie: access=x; b"], ["Cookie: access=x; b"]),
            ("plain", ["Cookie: access=x; b"], ["Cookie: access=x; b"]),
            // Cookies that the route removes stay away.
            ("edited", ["Cookie: a=1; access=§", "Cookie: b"], []),
        ] as [(String, [String], [String])])
    func cookie_goesUpstream_asTheRouteForwards(path: String, lines: [String], expected: [String]) throws {
        let judged = try Self.run(path, "", lines)
        #expect(judged.admission != nil)
        #expect(judged.cookies == (try expected.map(Self.fill)))
    }

    @Test func tokenOfACookie_isEmittedOnce() throws {
        let normalized = try Self.run("required", "", ["Cookie: access=§"])
        let injected = String(decoding: normalized.admission?.injected ?? [], as: UTF8.self)
        #expect(injected == (try Self.fill("X-User-Id: 7\r\nAuthorization: Bearer §\r\n")))
        let stripped = try Self.run("strip", "", ["Cookie: access=§"])
        #expect(String(decoding: stripped.admission?.injected ?? [], as: UTF8.self) == "X-User-Id: 7\r\n")
    }

    @Test func preflight_takesNoCookieAlong() throws {
        let lines = [Self.origin, "Access-Control-Request-Method: POST", "Cookie: a=1; access=x"]
        for path in ["required", "keep"] {
            #expect(try Self.run(path, "", lines, method: .options).cookies == ["Cookie: a=1"])
        }
        #expect(try Self.run("none", "", lines, method: .options).cookies == ["Cookie: a=1; access=x"])
    }

    // MARK: Sub-protocols

    @Test(
        arguments: [
            ("§", "", [], "user 7", "user 7"), ("†", "", [], "401 expired", "401 expired"),
            ("x", "", [], "401 malformed", "401 malformed"),
            ("several", "", [], "401 duplicate", "401 duplicate"),
            ("incomplete", "", [], "401 bad_subprotocol", "401 bad_subprotocol"),
            ("alone", "", [], "401 bad_subprotocol", "401 bad_subprotocol"),
            ("§", "", ["Authorization: Bearer §"], "user 7", "user 7"), ("§", "?token=§", [], "user 7", "user 7"),
            ("§", "?token=§", ["Authorization: Bearer §"], "user 7", "user 7"),
            ("§", "?token=", [], "user 7", "user 7"),
            ("§", "", ["Authorization: Bearer ¤"], "401 duplicate", "401 duplicate"),
            ("§", "?token=¤", [], "401 duplicate", "401 duplicate"),
            ("¤", "?token=§", ["Authorization: Bearer §"], "401 duplicate", "401 duplicate"),
            ("several", "", ["Authorization: Bearer §"], "401 duplicate", "401 duplicate"),
            ("incomplete", "", ["Authorization: Bearer §"], "401 bad_subprotocol", "401 bad_subprotocol"),
            ("§", "", ["Authorization: Bearer"], "401 bad_header", "401 bad_header"),
            ("§", "", ["Authorization: Basic x"], "user 7", "user 7"),
            ("§", "", ["Cookie: access=¤"], "user 7", "user 7"),
            ("", "", [], "401 missing", "anonymous"), ("", "", ["Cookie: access=¤"], "user 8", "user 8"),
        ] as [(String, String, [String], String, String)])
    func offeredToken_isReadOnHandshakes(
        offer: String,
        query: String,
        lines: [String],
        required: String,
        optional: String
    ) throws {
        let lines = lines + [Self.origin]
        #expect(try Self.run("required", query, lines, offer: offer, isWebSocket: true).outcome == required)
        #expect(try Self.run("optional", query, lines, offer: offer, isWebSocket: true).outcome == optional)
        let none = try Self.run("none", query, lines, offer: offer, isWebSocket: true)
        #expect(none.outcome == "anonymous")
        #expect(none.admission?.offeredToken == .untouched)
        let other = try Self.run("plain", "", [Self.origin], offer: offer, isWebSocket: true)
        #expect(other.outcome == "anonymous" && other.admission?.offeredToken == .untouched)
    }

    @Test(arguments: [("required", OfferedTokenPassage.removed), ("strip", .removed), ("keep", .kept)])
    func offeredToken_goesUpstream_asTheRouteForwards(path: String, passage: OfferedTokenPassage) throws {
        for lines in [[], ["Authorization: Bearer §"]] {
            let judged = try Self.run(path, "", lines + [Self.origin], offer: "§", isWebSocket: true)
            #expect(judged.outcome == "user 7")
            #expect(judged.admission?.offeredToken == passage)
        }
        let without = try Self.run(path, "", ["Authorization: Bearer §", Self.origin], isWebSocket: true)
        #expect(without.admission?.offeredToken == .untouched)
    }

    @Test func base64URLToken_isDecodedOnce_andStrictly() throws {
        let token = try TestGateway.token()
        let encoded = Self.base64URL(token)
        #expect(
            try Self.run("required", "", [Self.origin], offer: "b64:\(encoded)", isWebSocket: true).outcome == "user 7")
        for query in ["?token=\(token)", "?token=\(token.replacing(".", with: "%2E"))"] {
            let judged = try Self.run("required", query, [Self.origin], offer: "b64:\(encoded)", isWebSocket: true)
            #expect(judged.outcome == "user 7")
        }
        let other = try Self.run("required", "?token=¤", [Self.origin], offer: "b64:\(encoded)", isWebSocket: true)
        #expect(other.outcome == "401 duplicate")
        // Padding, another alphabet, nothing encoded at all, a lone character.
        for bad in [encoded + "=", encoded + "+", token, encoded + ".", "A", "b64"] {
            let judged = try Self.run("required", "", [Self.origin], offer: "b64:\(bad)", isWebSocket: true)
            #expect(judged.outcome.hasPrefix("401 "), "\(bad)")
            #expect(judged.admission == nil)
        }
        let twice = Self.base64URL(encoded)
        #expect(
            try Self.run("required", "", [Self.origin], offer: "b64:\(twice)", isWebSocket: true).outcome
                == "401 malformed")
    }

    private static func base64URL(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var bits = 0
        var count = 0
        var encoded = ""
        for byte in text.utf8 {
            (bits, count) = (bits << 8 | Int(byte), count + 8)
            while count >= 6 {
                count -= 6
                encoded.append(alphabet[bits >> count & 63])
            }
            bits &= 63
        }
        if count > 0 { encoded.append(alphabet[bits << (6 - count) & 63]) }
        return encoded
    }

    @Test func unknownToken_isNotVerified_whenItsSenderHasFailedTooOften() throws {
        let gateway = try TestGateway(routes: Self.routes, rest: Self.rest)
        let token = try TestGateway.token()
        func outcome(_ lines: [String], mayVerify: Bool) -> String {
            var request = TestRequest("/required/", lines)
            return gateway.outcome(&request, mayVerify: mayVerify)
        }
        #expect(outcome(["Cookie: access=\(token)"], mayVerify: false) == "429 throttled")
        #expect(!gateway.gatekeeper.takeFailure())
        #expect(outcome(["Authorization: Bearer \(token)"], mayVerify: true) == "user 7")
        #expect(outcome(["Cookie: access=\(token)"], mayVerify: false) == "user 7", "it is known by now")
        #expect(outcome(["Cookie: access=\(token)x"], mayVerify: true) == "401 signature")
        #expect(gateway.gatekeeper.takeFailure())
        #expect(!gateway.gatekeeper.takeFailure())
    }
}
