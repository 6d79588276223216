import GatewayMessage
import GatewaySettings
import GatewayTokens
import Testing

@testable import GatewayPolicy

@Suite struct RequirementTests {
    private static let claims: [(String, SignedClaim)] = [
        ("rooms", .json(#"["lobby", 12, "a b", "é", "007"]"#)), ("role", .string("admin")), ("level", .integer(5)),
        ("staff", .bool(true)), ("scope", .string("chat.read chat.write")), ("org", .json(#"{"id": 9}"#)),
        ("gone", .null),
    ]

    private static func outcome(
        _ route: String,
        _ target: String = "/ws/12/",
        claims: [(String, SignedClaim)]? = Self.claims,
        isWebSocket: Bool = true
    ) throws -> String {
        let gateway = try TestGateway(routes: "  - {upstream: chat, websocket: true, \(route)}")
        var lines = ["Origin: https://a.example.com"]
        if let claims { lines.append("Authorization: Bearer \(try TestGateway.token(others: claims))") }
        let outcomes = (0..<2).map { _ in
            var request = TestRequest(target, lines)
            return gateway.outcome(&request, isWebSocket: isWebSocket)
        }
        // The same for a token that is known.
        try #require(outcomes[0] == outcomes[1])
        return outcomes[0]
    }

    @Test(arguments: [
        ("{role: admin}", true), ("{role: user}", false), ("{role: [user, admin]}", true), ("{level: 5}", true),
        ("{level: '5'}", true), ("{level: 6}", false), ("{staff: true}", true), ("{staff: false}", false),
        ("{staff: 'true'}", false), ("{scope: {contains: chat.read}}", true), ("{scope: {contains: chat}}", false),
        ("{rooms: lobby}", true), ("{rooms: {equals: lobby}}", false), ("{org.id: 9}", true), ("{org: 9}", false),
        ("{gone: {present: true}}", false), ("{org: {present: true}}", true), ("{none: x}", false),
        ("{role: {any: [user, {contains: admin}]}}", true), ("{role: {any: [user, {contains: adm}]}}", false),
        ("{role: admin, level: 6}", false), ("{role: admin, level: 5}", true),
    ])
    func token_isAdmitted_whenItsClaimsAreWhatIsRequired(require: String, expected: Bool) throws {
        let route = "re_path: 'ws/(?P<room_id>[^/]+)/$', require: \(require)"
        for isWebSocket in [true, false] {
            #expect(try Self.outcome(route, isWebSocket: isWebSocket) == (expected ? "user 7" : "403 claim"))
        }
    }

    /// What is compared is what the backend gets to see: decoded once, and nothing made of it.
    @Test(
        arguments: [
            ("/ws/12/", true), ("/ws/13/", false), ("/ws/1%32/", true), ("/ws/012/", false), ("/ws/lobby/", true),
            ("/ws/Lobby/", false), ("/ws/a%20b/", true), ("/ws/a%2520b/", false), ("/ws/%C3%A9/", true),
            ("/ws/e%CC%81/", false), ("/ws/12%0A/", false), ("/ws/007/", true), ("/ws/7/", false),
            ("/ws/%D9%A1%D9%A2/", false),
        ] as [(String, Bool)])
    func capture_isComparedWithTheClaim(target: String, expected: Bool) throws {
        let routes = [
            "re_path: '^ws/(?P<room_id>[^/]+)/$', require: {rooms: '{room_id}'}",
            "path: 'ws/<room_id>/', require: {rooms: '{room_id}'}",
        ]
        for route in routes {
            let outcome = try Self.outcome(route, target)
            #expect(outcome == (expected ? "user 7" : "403 claim") || (!expected && outcome == "400 bad_path"))
        }
    }

    @Test func groupThatTookNoPart_fitsNothing() throws {
        let route = "re_path: 'ws/(?:(?P<room_id>\\d+)/|x/)$', require: {rooms: '{room_id}'}"
        #expect(try Self.outcome(route, "/ws/12/") == "user 7")
        #expect(try Self.outcome(route, "/ws/x/") == "403 claim")
    }

    /// Where a pattern can match in several ways, Python's way decides.
    @Test(arguments: [
        ("(?P<a>.+)/(?P<b>.+)$", "/x/y/z", "x/y", "z"), ("(?P<a>.+?)/(?P<b>.+)$", "/x/y/z", "x", "y/z"),
        ("(?P<a>x|x/y)/(?P<b>.+)$", "/x/y/z", "x", "y/z"), ("(?P<a>x/y|x)/(?P<b>.+)$", "/x/y/z", "x/y", "z"),
        ("(?:(?P<a>[a-z])/?)+(?P<b>z)$", "/x/y/z", "y", "z"), ("(?P<a>[a-z])/(?P<b>[a-z])", "/x/y/z", "x", "y"),
    ])
    func captures_areThoseOfPython(pattern: String, target: String, a: String, b: String) throws {
        let gateway = try TestGateway(
            routes: "  - {re_path: '\(pattern)', upstream: chat, require: {a: '{a}', b: '{b}'}}")
        let token = try TestGateway.token(others: [("a", .string(a)), ("b", .string(b))])
        var request = TestRequest(target, ["Authorization: Bearer \(token)"])
        let admission = gateway.judge(&request).admission
        #expect(admission?.captures.text(of: "a") == a && admission?.captures.text(of: "b") == b)
    }

    @Test func anonymousRequests_areNotAsked() throws {
        let route = "path: 'ws/12/', auth: optional, require: {role: admin}"
        #expect(try Self.outcome(route, claims: nil) == "anonymous")
        #expect(try Self.outcome(route, claims: []) == "403 claim")
    }

    @Test func refusedHandshake_isClosedWith4003() throws {
        let gateway = try TestGateway(
            routes: "  - {path: 'ws/', upstream: chat, websocket: true, require: {role: admin}}")
        var request = TestRequest(
            "/ws/", ["Origin: https://a.example.com", "Authorization: Bearer \(try TestGateway.token())"])
        let refusal = try #require(gateway.judge(&request, isWebSocket: true).refusal)
        guard case .acceptThenClose(4003, _) = delivery(of: refusal, hasOrigin: true, isWebSocket: true) else {
            Issue.record("not accepted")
            return
        }
    }

    /// A renewal's token is asked what the handshake's was asked.
    @Test func otherToken_isAskedTheSame() throws {
        let gateway = try TestGateway(
            routes: """
                  - {path: 'ws/<room_id>/', upstream: chat, websocket: true, require: {rooms: '{room_id}'}}
                  - {path: 'plain/', upstream: chat}
                """)
        func bytes(_ rooms: String) throws -> [UInt8] {
            Array(try TestGateway.token(others: [("rooms", .json(rooms))]).utf8)
        }
        let lines = ["Origin: https://a.example.com", "Authorization: Bearer "]
        let good = try bytes("[12]")
        var request = TestRequest("/ws/12/", [lines[0], lines[1] + String(decoding: good, as: UTF8.self)])
        let admission = try #require(gateway.judge(&request, isWebSocket: true).admission)
        for (rooms, expected) in [("[12, 13]", nil), ("[13]", RejectionReason.forbidden)] {
            let token = try bytes(rooms)
            let found = gateway.gatekeeper.identity(ofToken: token.span.bytes, now: TestGateway.now)
            let identity = try #require(found)
            let objection = gateway.gatekeeper.objection(
                to: identity, on: admission.route, captures: admission.captures)
            #expect(objection == expected)
            #expect(
                gateway.gatekeeper.objection(to: identity, on: gateway.policy.routes[1], captures: .none) == nil)
        }
    }

    /// The worker that verified it may still have had the policy of before.
    @Test func otherToken_isNotGood_whenItsKeyIsGone() throws {
        func gateway(_ issuers: String) throws -> TestGateway {
            try TestGateway(
                routes: "  - {path: 'ws/', upstream: chat, websocket: true, tokens: {issuers: [default, b]}}",
                simpleJWT: "ISSUER: ours", rest: "tokens: {issuers: [\(issuers)]}")
        }
        let (a, b) = (
            "{name: a, ISSUER: a, SIGNING_KEY: \(Self.keyA)}", "{name: b, ISSUER: b, SIGNING_KEY: \(Self.keyB)}"
        )
        let (old, new) = (try gateway("\(a), \(b)"), try gateway("\(b), \(a)"))
        for (issuer, key, isGood) in [
            ("ours", TestGateway.secret, true), ("a", Self.keyA, false), ("b", Self.keyB, false),
        ] {
            let token = Array(try TestGateway.token(others: [("iss", .string(issuer))], secret: key).utf8)
            let found = old.gatekeeper.identity(ofToken: token.span.bytes, now: TestGateway.now)
            let identity = try #require(found)
            let objection = new.gatekeeper.objection(to: identity, on: new.policy.routes[0], captures: .none)
            #expect((objection == nil) == isGood, "\(issuer)")
        }
    }

    private static let keyA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    private static let keyB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

    @Test func rule_isAProblem_whenThePatternCapturesNoSuchThing() throws {
        let building = try TestGateway.build(PolicyText.small) {
            let rule = ClaimRuleSettings.value(Located(.text("{nobody}"), at: .test))
            $0.routes[0].require = [ClaimRequirementSettings(claim: .here("rooms"), rule: rule)]
        }
        #expect(building.problems.map(\.message) == ["the pattern captures nothing as “nobody”"])
        let broken = try TestGateway.build(PolicyText.small) {
            let rule = ClaimRuleSettings.value(Located(.text("{"), at: .test))
            $0.routes[0].require = [ClaimRequirementSettings(claim: .here("rooms", key: "here"), rule: rule)]
        }
        #expect(broken.problems.map(\.location.key) == ["here"])
    }
}
