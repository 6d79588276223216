import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

@Suite struct AssertionTests {
    private static let secret = "the key of the assertions, 32 bytes and more"

    private static func gateway(
        _ keys: String = "",
        identity: String = "{X-User-Id: user_id}",
        simpleJWT: String = ""
    ) throws -> TestGateway {
        try TestGateway(
            routes: """
                  - {path: 'room/<room>/', upstream: chat, auth: optional, websocket: true}
                  - {path: 'chat/', upstream: chat, auth: optional, websocket: true}
                  - {path: 'other/', upstream: other}
                  - {path: 'open/', upstream: chat, auth: none}
                """,
            simpleJWT: simpleJWT,
            identity: identity,
            rest: "assertion: {SIGNING_KEY: '\(Self.secret)'\(keys.isEmpty ? "" : ", " + keys)}")
    }

    /// The request's lines beside those that the identity always brings.
    private static func lines(
        _ gateway: TestGateway,
        _ target: String = "/chat/",
        token: String?,
        isWebSocket: Bool = false,
        after seconds: Int64 = 0
    ) throws -> [String] {
        let now = WallClock(seconds: TestGateway.now.seconds + seconds, nanoseconds: TestGateway.now.nanoseconds)
        let lines = ["Origin: https://a.example.com"] + (token.map { ["Authorization: Bearer \($0)"] } ?? [])
        var request = TestRequest(target, lines)
        let admission = try #require(gateway.judge(&request, isWebSocket: isWebSocket, now: now).admission)
        return String(decoding: admission.extraLines, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    private static func expected(
        _ audience: String = "chat",
        user: String = "7",
        at seconds: Int64 = 0,
        lifetime: Int64 = 30,
        issuer: String = "tollgate",
        identity: String? = nil,
        key: SigningKey? = nil
    ) throws -> String {
        let now = TestGateway.now.seconds + seconds
        return try TokenSigner.sign(
            claims: [
                ("iss", .string(issuer)), ("aud", .string(audience)), ("sub", .string(user)), ("iat", .integer(now)),
                ("exp", .integer(now + lifetime)), ("identity", .json(identity ?? #"{"X-User-Id":"\#(user)"}"#)),
            ],
            key: key ?? .secret(Array(Self.secret.utf8), algorithm: .hs256),
            type: "tollgate-assertion+jwt")
    }

    // MARK: What is said

    @Test func assertion_saysWhoTheUserIs_onRequestsAndHandshakes() throws {
        let gateway = try Self.gateway()
        let token = try TestGateway.token()
        let line = "X-Tollgate-Assertion: " + (try Self.expected())
        #expect(try Self.lines(gateway, token: token) == [line])
        #expect(try Self.lines(gateway, token: token, isWebSocket: true) == [line])
        #expect(
            try Self.lines(gateway, "/other/", token: token) == ["X-Tollgate-Assertion: " + Self.expected("other")])
    }

    @Test func assertion_isMadeAsTheSettingsSay() throws {
        let keys = "header: x-edge, ALGORITHM: HS512, lifetime: 2m, issuer: \"e\\\"dge\", audience: everybody, kid: k1"
        let gateway = try Self.gateway(keys)
        let key = try SigningKey.secret(Array(Self.secret.utf8), algorithm: .hs512, keyID: "k1")
        let expected = try Self.expected("everybody", lifetime: 120, issuer: "e\"dge", key: key)
        for path in ["/chat/", "/other/"] {
            #expect(try Self.lines(gateway, path, token: TestGateway.token()) == ["x-edge: " + expected])
        }
    }

    @Test func assertion_repeatsAllIdentityHeaders() throws {
        let gateway = try Self.gateway(
            identity: "{X-User-Id: user_id, X-Name: name, X-Roles: {claim: roles, format: json}, "
                + "X-Via: {constant: 'a \"b\": c\\d'}, X-None: none, X-Room: {capture: room}}")
        let token = try TestGateway.token(others: [("name", .string("Ana Müller")), ("roles", .json(#"["a"]"#))])
        let identity = #"""
            {"X-User-Id":"7","X-Name":"Ana%20M%C3%BCller","X-Roles":"[\"a\"]","X-Via":"a \"b\": c\\d"
            """#
        #expect(
            try Self.lines(gateway, token: token)
                == ["X-Tollgate-Assertion: " + Self.expected(identity: identity + "}")])
        #expect(
            try Self.lines(gateway, "/room/a%20b/", token: token)
                == [
                    "X-Room: a%20b",
                    "X-Tollgate-Assertion: " + Self.expected(identity: identity + #","X-Room":"a%20b"}"#),
                ])
    }

    @Test func user_isNamedWithoutIdentityHeaders_andInAnySpelling() throws {
        let gateway = try Self.gateway(identity: "{}")
        #expect(
            try Self.lines(gateway, token: TestGateway.token()) == [
                "X-Tollgate-Assertion: " + Self.expected(identity: "{}")
            ])
        // What needs an escape in JSON; the writer of expected tokens escapes more than it must.
        let line = try #require(Self.lines(gateway, token: TestGateway.token(user: "a\"\\ü")).first)
        let payload = try #require(line.split(separator: ".").dropFirst().first)
        #expect(String(decoding: Self.decoded(payload), as: UTF8.self).contains(#""sub":"a\"\\ü","#))
    }

    @Test func longValue_isLeftOut_whenItDoesNotFit() throws {
        let gateway = try Self.gateway(identity: "{X-User-Id: user_id, X-Long: long, X-Short: short}")
        let token = try TestGateway.token(others: [
            ("long", .string(String(repeating: "a", count: 4000))), ("short", .string("b")),
        ])
        let identity = #"{"X-User-Id":"7","X-Short":"b"}"#
        #expect(
            try Self.lines(gateway, token: token) == ["X-Tollgate-Assertion: " + Self.expected(identity: identity)])
    }

    // MARK: Whom it is said of

    @Test func nobody_isVouchedFor_withoutUser() throws {
        let gateway = try Self.gateway()
        #expect(try Self.lines(gateway, token: nil) == [])
        #expect(try Self.lines(gateway, token: nil, isWebSocket: true) == [])
        #expect(try Self.lines(gateway, "/open/", token: TestGateway.token()) == [])
    }

    @Test func nothing_isSaid_withoutTheBlock() throws {
        let gateway = try TestGateway(routes: "  - {path: 'chat/', upstream: chat}")
        #expect(try Self.lines(gateway, token: TestGateway.token()) == [])
    }

    @Test(arguments: [
        "X-Tollgate-Assertion", "x-tollgate-assertion", "X_Tollgate_Assertion", "X.Tollgate.Assertion",
        "X-TOLLGATE_ASSERTION",
    ])
    func clientsAssertion_isRemoved_inEverySpelling(name: String) throws {
        let gateway = try Self.gateway()
        for path in ["/chat/", "/open/", "/room/1/"] {
            var request = TestRequest(path, ["\(name): \(try Self.expected())", "Accept: */*"])
            #expect(gateway.judge(&request).admission?.extraLines == [])
            #expect(request.keptLines == ["Accept: */*"])
        }
    }

    // MARK: How long

    @Test(arguments: [
        ("", 300, 30), ("", 30, 30), ("", 29, 29), ("", 1, 1), ("LEEWAY: 10", 29, 30), ("LEEWAY: 10", 15, 25),
    ])
    func assertion_endsWithTheToken(simpleJWT: String, tokenLifetime: Int64, lifetime: Int64) throws {
        let gateway = try Self.gateway(simpleJWT: simpleJWT)
        let token = try TestGateway.token(lifetime: tokenLifetime)
        #expect(
            try Self.lines(gateway, token: token) == ["X-Tollgate-Assertion: " + Self.expected(lifetime: lifetime)])
    }

    @Test(arguments: [
        ("30s", [(0, 0), (14, 0), (15, 15), (29, 15), (30, 30), (0, 0), (-1, -1), (0, -1)]),
        ("31s", [(0, 0), (15, 0), (16, 16)]), ("1s", [(0, 0), (0, 0), (1, 1), (2, 2)]),
        ("2s", [(0, 0), (1, 1)]), ("1h", [(0, 0), (240, 0)]),
    ])
    func assertion_isRenewed_afterHalfOfItsLife(lifetime: String, steps: [(at: Int64, signedAt: Int64)]) throws {
        let gateway = try Self.gateway("lifetime: \(lifetime)")
        let token = try TestGateway.token(others: [("iat", .integer(TestGateway.now.seconds - 10))])
        for step in steps {
            let seconds = lifetime == "1h" ? 300 - step.signedAt : Int64(lifetime.dropLast()) ?? 0
            let expected = try Self.expected(at: step.signedAt, lifetime: seconds)
            #expect(
                try Self.lines(gateway, token: token, after: step.at) == ["X-Tollgate-Assertion: " + expected],
                "at \(step.at)")
        }
    }

    @Test func revokedAndExpiredTokens_getNothing_howeverFreshTheAssertionIs() throws {
        let gateway = try Self.gateway()
        let token = try TestGateway.token(lifetime: 5)
        #expect(try Self.lines(gateway, token: token).count == 1)
        var request = TestRequest("/chat/", ["Authorization: Bearer \(token)"])
        let later = WallClock(seconds: TestGateway.now.seconds + 5)
        #expect(gateway.judge(&request, now: later).refusal?.reason.status == 401)
        gateway.gatekeeper.revocations = try .parse(Array(#"{"users":[{"user":"7"}]}"#.utf8), now: TestGateway.now)
        request = TestRequest("/chat/", ["Authorization: Bearer \(token)"])
        #expect(gateway.outcome(&request) == "401 revoked")
    }

    @Test func usersAndRooms_areNeverMixedUp() throws {
        let identity = "{X-User-Id: user_id, X-Room: {capture: room}}"
        let gateway = try Self.gateway(identity: identity)
        let tokens = try (0..<8).map { try TestGateway.token(user: "\($0)") }
        var generator = SeededGenerator(seed: 4)
        for step in 0..<2000 {
            let (user, room) = (Int.random(in: 0..<8, using: &generator), Int.random(in: 0..<6, using: &generator))
            let lines = try Self.lines(gateway, "/room/\(room)/", token: tokens[user])
            try #require(lines.count == 2 && lines[0] == "X-Room: \(room)")
            guard step % 20 == 0 else { continue }
            let said = #"{"X-User-Id":"\#(user)","X-Room":"\#(room)"}"#
            #expect(lines[1] == "X-Tollgate-Assertion: " + (try Self.expected(user: "\(user)", identity: said)))
        }
    }

    /// Only signatures of this kind differ each time, which shows that one was made once.
    @Test func assertion_isSignedOnce_whileItIsFresh() throws {
        let gateway = try TestGateway(
            routes: "  - {path: 'chat/', upstream: chat}\n  - {path: 'other/', upstream: other}",
            rest: "assertion: {ALGORITHM: ES256, SIGNING_KEY: '\(Self.p256)'}")
        let (token, another) = (try TestGateway.token(), try TestGateway.token(user: "8"))
        let first = try Self.lines(gateway, token: token)
        let second = try Self.lines(gateway, "/other/", token: token)
        let third = try Self.lines(gateway, token: another)
        for after in [0, 3, 14] as [Int64] {
            #expect(try Self.lines(gateway, token: token, after: after) == first)
            #expect(try Self.lines(gateway, "/other/", token: token, after: after) == second)
            #expect(try Self.lines(gateway, token: another, after: after) == third)
        }
        #expect(try Self.lines(gateway, token: token, after: 15) != first)
        #expect(Set([first, second, third]).count == 3)
    }

    private static let p256 = """
        {"kty":"EC","crv":"P-256","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",\
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """

    // MARK: Keys

    private static let ed25519 = """
        {"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",\
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        """
    private static let ed25519Public =
        #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    @Test(arguments: [
        ("ES256", "a secret of some length, but only one", "signing needs a private key, this is not one"),
        ("RS256", ed25519, "the key is for RS256, which needs a key of another type"),
        ("HS256", ed25519, "an HS algorithm needs a random secret, this is a JSON Web Key"),
        ("EdDSA", ed25519Public, "signing needs a private key, this is not one"),
        (
            "EdDSA", "-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----",
            "signing needs a private key, this is not one"
        ),
    ])
    func key_isRefused_whenItCannotSign(algorithm: String, key: String, message: String) throws {
        let building = try TestGateway.build(
            PolicyText.small + "\nassertion: {ALGORITHM: \(algorithm), SIGNING_KEY: \(Self.quoted(key))}")
        #expect(building.policy == nil)
        #expect(building.problems.map(\.message) == [message])
        #expect(building.problems.first?.location.key == "assertion.SIGNING_KEY")
    }

    @Test func key_isRefused_whenTokensAreVerifiedWithItsPublicHalf() throws {
        func text(_ key: String) -> String {
            """
            SIMPLE_JWT: {ALGORITHM: EdDSA, VERIFYING_KEY: '\(key)'}
            listen: [{address: "127.0.0.1:8080"}]
            upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
            routes: [{path: 'chat/', upstream: chat}]
            assertion: {ALGORITHM: EdDSA, SIGNING_KEY: '\(Self.ed25519)'}
            """
        }
        let building = try TestGateway.build(text(Self.ed25519Public))
        #expect(building.policy == nil)
        #expect(building.problems.map(\.location.key) == ["assertion.SIGNING_KEY"])
        #expect(building.problems.first?.message.contains("the one could pass for the other") == true)
        let other = Self.ed25519Public.replacing("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", with: Self.otherPoint)
        #expect(try TestGateway.build(text(other)).problems.map(\.message) == [])
    }

    private static let otherPoint = "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"

    @Test func shortSecret_isNoticed() throws {
        let building = try TestGateway.build(PolicyText.small + "\nassertion: {SIGNING_KEY: a short one}")
        #expect(building.policy != nil)
        #expect(building.notices.map(\.location.key) == ["assertion.SIGNING_KEY"])
    }

    @Test func key_isLookedAt_whenOtherThingsAreWrong() throws {
        let reading = SettingsReader.read(
            text: PolicyText.small + "\nassertion: {ALGORITHM: ES256, SIGNING_KEY: no key}",
            file: "gateway.yaml", environment: [:]
        ) { _ in nil }
        let settings = try #require(reading.settings)
        #expect(Policy.problemsOfTexts(in: settings).map(\.location.key) == ["assertion.SIGNING_KEY"])
    }

    // MARK: Texts

    private static func quoted(_ text: String) -> String { text.contains("\\n") ? "\"\(text)\"" : "'\(text)'" }

    private static func decoded(_ text: Substring) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var (bytes, bits, count) = ([UInt8](), 0, 0)
        for character in text {
            bits = (bits << 6 | (alphabet.firstIndex(of: character) ?? 0)) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        return bytes
    }
}
