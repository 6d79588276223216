import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

@Suite struct ExplanationTests {
    private static let routes = #"""
          - {re_path: '^ws/(?P<room>\w+)/$', upstream: chat, websocket: {only: true}, require: {rooms: '{room}'}}
          - {path: 'internal/<path:rest>', upstream: chat, auth: none, deny: [203.0.113.0/24]}
          - {path: 'hosted/', upstream: chat, hosts: [a.test]}
          - {path: 'posted/', upstream: chat, methods: [POST]}
          - {path: '<path:rest>', upstream: other, auth: optional}
        """#

    private static func gateway(_ rest: String = "") throws -> TestGateway {
        try TestGateway(routes: Self.routes, identity: "{X-User-Id: user_id, X-Room: {capture: room}}", rest: rest)
    }

    private static func explain(
        _ request: inout TestRequest,
        _ gateway: TestGateway,
        isWebSocket: Bool = false
    ) -> (verdict: Verdict, explanation: Explanation) {
        let block = request.block
        return gateway.gatekeeper.explain(
            &request.head, bytes: block.span.bytes, isWebSocket: isWebSocket, client: TestGateway.client,
            now: TestGateway.now)
    }

    private static func explanation(
        _ target: String,
        _ lines: [String] = [],
        method: RequestMethod = .get,
        isWebSocket: Bool = false,
        rest: String = ""
    ) throws -> Explanation {
        var request = TestRequest(target, lines, method: method)
        return Self.explain(&request, try Self.gateway(rest), isWebSocket: isWebSocket).explanation
    }

    private static func bearer(_ claims: [(String, SignedClaim)] = [], lifetime: Int64 = 300) throws -> String {
        "Authorization: Bearer \(try TestGateway.token(lifetime: lifetime, others: claims))"
    }

    // MARK: Verdict

    /// Explaining changes nothing: neither the verdict nor what of the request goes on.
    @Test(
        arguments: [
            "/ws/a/", "/internal/x", "/hosted/", "/posted/", "/other?x=1&token=y", "/a/../b", "/a//b", "/caf%C3%A9",
        ], [true, false])
    func verdict_isTheGatekeepers(target: String, isWebSocket: Bool) throws {
        for lines in [
            [], ["Origin: https://a.example.com", try Self.bearer([("rooms", .string("a"))]), "X-User-Id: 1"],
            ["Origin: https://b.test", "Authorization: Bearer x"], ["Host: a.test", try Self.bearer(lifetime: -1)],
        ] {
            var (judged, explained) = (TestRequest(target, lines), TestRequest(target, lines))
            let expected = try Self.gateway().judge(&judged, isWebSocket: isWebSocket)
            let verdict = Self.explain(&explained, try Self.gateway(), isWebSocket: isWebSocket).verdict
            #expect(verdict.refusal?.reason == expected.refusal?.reason)
            #expect(verdict.admission?.injected == expected.admission?.injected)
            #expect(verdict.admission?.extraLines == expected.admission?.extraLines)
            #expect(explained.keptLines == judged.keptLines && explained.forwardedTarget == judged.forwardedTarget)
        }
    }

    // MARK: Path and routes

    @Test(arguments: [
        ("/ws/a/", "ws/a/"), ("/caf%C3%A9", "café"), ("/a%20b", "a b"), ("/", ""), ("/a/../b", nil), ("/%zz", nil),
    ])
    func path_isToldAsItIsMatched(target: String, expected: String?) throws {
        let explanation = try Self.explanation(target)
        #expect(explanation.path.matched == expected && explanation.path.received == target)
        #expect(explanation.checks.first?.outcome == (expected == nil ? .failed : .passed))
        #expect(explanation.routes.isEmpty == (expected == nil))
    }

    @Test(arguments: [
        ("/ws/a/", true, ["decides", "no_websocket pattern", "no_websocket host pattern", "no_websocket pattern"]),
        ("/ws/a/", false, ["websocket_only", "pattern", "host pattern", "pattern method"]),
        ("/internal/x", false, ["websocket_only pattern", "decides", "host pattern", "pattern method"]),
        ("/hosted/", false, ["websocket_only pattern", "pattern", "host", "pattern method"]),
        ("/posted/", false, ["websocket_only pattern", "pattern", "host pattern", "decides method"]),
        ("/other", true, ["pattern", "no_websocket pattern", "no_websocket host pattern", "no_websocket pattern"]),
    ])
    func routes_areToldWithWhatSpokeAgainstThem(target: String, isWebSocket: Bool, expected: [String]) throws {
        let routes = try Self.explanation(target, ["Host: b.test"], isWebSocket: isWebSocket).routes
        let words = routes.prefix(4).map { report in
            let decides = report.outcome == .decides ? ["decides"] : []
            return (decides + report.objections.map(\.rawValue)).joined(separator: " ")
        }
        #expect(words == expected)
        let last = routes.last?.outcome
        #expect(last == (isWebSocket ? .passedOver : ["/ws/a/", "/hosted/"].contains(target) ? .decides : .later))
    }

    // MARK: Address, origin, session

    @Test func address_isChecked_whenTheRouteAsks() throws {
        let check = try Self.explanation("/internal/x").checks.first { $0.name == "address" }
        #expect(check?.outcome == .failed && check?.detail == "203.0.113.9 is not allowed")
    }

    @Test(arguments: [
        (["Origin: https://a.example.com"], CheckReport.Outcome.passed), (["Origin: https://b.test"], .failed),
        ([], .failed), (["Origin: https://a.example.com", "Origin: https://a.example.com"], .failed),
    ])
    func origin_isTold_forHandshakes(lines: [String], expected: CheckReport.Outcome) throws {
        let explanation = try Self.explanation("/ws/a/", lines, isWebSocket: true)
        #expect(explanation.checks.first { $0.name == "origin" }?.outcome == expected)
        let plain = try Self.explanation("/other", lines)
        #expect(plain.checks.first { $0.name == "origin" }?.outcome == .skipped)
    }

    // MARK: Token

    @Test func carriers_areToldInTheirOrder() throws {
        let token = try TestGateway.token()
        func carriers(_ target: String, _ lines: [String]) throws -> [String] {
            try #require(Self.explanation(target, lines, isWebSocket: true).token).carriers.map {
                "\($0.name) \($0.outcome)"
            }
        }
        let origin = "Origin: https://a.example.com"
        #expect(try carriers("/ws/a/?token=\(token)", [origin]) == ["header skipped", "query passed"])
        #expect(
            try carriers("/ws/a/?token=x", [origin, "Authorization: Bearer \(token)"]) == [
                "header passed", "query passed", "all failed",
            ])
        #expect(try carriers("/ws/a/", [origin, "Authorization: Bearer"]) == ["header failed", "query skipped"])
    }

    @Test func token_isNotToldOf_whenTheRouteDoesNotReadIt() throws {
        #expect(try Self.explanation("/internal/x", [Self.bearer()]).token == nil)
        #expect(try Self.explanation("/other", [Self.bearer()]).token?.checks.isEmpty == false)
    }

    @Test func revocation_isLookedAtLast() throws {
        let gateway = try Self.gateway()
        var request = TestRequest("/other", [try Self.bearer()])
        gateway.gatekeeper.revocations = try .parse(Array(#"{"users": [{"user": "7"}]}"#.utf8), now: TestGateway.now)
        let (verdict, explanation) = Self.explain(&request, gateway)
        #expect(verdict.refusal?.reason == .tokenNotValid(TokenRejection(.revoked)))
        #expect(explanation.token?.checks.last == CheckReport("revoked", .failed, "the token or its user was revoked"))
    }

    @Test func issuer_isChecked_whenTheRouteNamesWhoseTokensItTakes() throws {
        let gateway = try TestGateway(
            routes: "  - {path: 'theirs/', upstream: chat, tokens: {issuers: [partner]}}",
            rest: "tokens: {issuers: [{name: partner, ISSUER: p, SIGNING_KEY: \(TestGateway.secret)}]}")
        var request = TestRequest("/theirs/", [try Self.bearer()])
        let token = try #require(Self.explain(&request, gateway).explanation.token)
        #expect(token.issuer == "default" && token.checks.last?.name == "route_issuer")
        #expect(token.checks.last?.outcome == .failed)
    }

    @Test func keys_areSaidToBeMissing_untilTheyAreGiven() throws {
        let building = try TestGateway.build(
            """
            SIMPLE_JWT: {ALGORITHM: RS256, JWK_URL: "https://id.test/jwks"}
            listen: [{address: "127.0.0.1:8080"}]
            upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
            routes: [{path: '<path:rest>', upstream: chat}]
            """)
        let policy = try #require(building.policy)
        var request = TestRequest("/x", [try Self.bearer()])
        let block = request.block
        let (verdict, _) = Gatekeeper(policy: policy).explain(
            &request.head, bytes: block.span.bytes, isWebSocket: false, client: nil, now: TestGateway.now)
        #expect(verdict.refusal?.reason == .tokenNotValid(TokenRejection(.wrongAlgorithm)))
        #expect(throws: GivenKeysProblem.self) { try policy.giveKeys(Array("{}".utf8), issuer: nil) }
        #expect(throws: GivenKeysProblem.self) { try policy.giveKeys(Array("{}".utf8), issuer: "nobody") }
        #expect(policy.examine(Array("x".utf8), now: TestGateway.now).isEmpty == false)
    }

    // MARK: Claims

    @Test func requirements_areToldOneByOne() throws {
        let lines = ["Origin: https://a.example.com", try Self.bearer([("rooms", .strings(["b"]))])]
        let explanation = try Self.explanation("/ws/a/", lines, isWebSocket: true)
        #expect(
            explanation.requirements == [
                CheckReport("rooms", .failed, "[“b”]; wanted: “a” by {room}, or a list with it")
            ])
        let without = try Self.explanation("/ws/a/", ["Origin: https://a.example.com"], isWebSocket: true)
        #expect(without.requirements.map(\.outcome) == [.skipped])
    }

    // MARK: CORS

    @Test(arguments: [
        ("", ["Origin: https://x.test"], CheckReport.Outcome.skipped),
        ("cors: {origins: ['https://x.test']}", ["Origin: https://x.test"], .passed),
        ("cors: {origins: ['https://x.test']}", ["Origin: https://y.test"], .failed),
        ("cors: {origins: ['https://x.test']}", [], .skipped),
    ])
    func cors_isToldAsThePageSeesIt(rest: String, lines: [String], expected: CheckReport.Outcome) throws {
        #expect(try Self.explanation("/other", lines, rest: rest).cors.check.outcome == expected)
        let preflight = lines + ["Access-Control-Request-Method: GET"]
        let outcome = try Self.explanation("/other", preflight, method: .options, rest: rest).cors.check.outcome
        #expect(outcome == expected)
    }

    // MARK: Headers

    @Test func headers_areToldWithTheirReasons() throws {
        let gateway = try TestGateway(
            routes: #"""
                  - re_path: '^(?P<room>\w+)/$'
                    upstream: chat
                    headers: {request: {set: {X-Key: s3cr3t}, remove: [Accept]}}
                """#,
            identity: "{X-User-Id: user_id, X-Room: {capture: room}, X-Edge: {constant: s3cr3t}, X-Other: other}")
        let token = try TestGateway.token(others: [("other", .string("eyJa.eyJb.c"))])
        var request = TestRequest(
            "/lobby/",
            [
                "Authorization: Bearer \(token)", "X-User-Id: 1", "X_Room: 2", "Accept: */*", "X-Authorization: x",
                "Author_ization: 1",
            ])
        let received = request.head
        let block = request.block
        let verdict = gateway.judge(&request)
        let admission = try #require(verdict.admission)
        let report = gateway.policy.headerReport(
            received: received, forwarded: request.head, bytes: block.span.bytes, admission)
        #expect(
            report.removed.map { "\($0.name) \($0.reason)" } == [
                "Authorization token", "X-User-Id owned", "X_Room underscore", "Accept route",
                "Author_ization underscore",
            ])
        #expect(
            report.injected.map { "\($0.name) \($0.value ?? "-") \($0.source)" } == [
                "X-User-Id 7 claim", "X-Edge - gateway", "X-Other - claim", "Authorization - token",
                "X-Room lobby capture", "X-Key - route",
            ])
    }
}
