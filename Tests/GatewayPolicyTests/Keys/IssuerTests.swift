import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

@Suite struct IssuerTests {
    private static let partnerSecret = "partner partner partner partner partner"

    private static func gateway(_ tokens: String = "") throws -> TestGateway {
        try TestGateway(
            routes: """
                  - {path: 'all/', upstream: chat}
                  - {path: 'ours/', upstream: chat, tokens: {issuers: [default]}}
                  - {path: 'theirs/', upstream: chat, tokens: {issuers: [partner]}}
                """,
            simpleJWT: "ISSUER: ours",
            rest: """
                tokens: {issuers: [{name: partner, ISSUER: theirs, SIGNING_KEY: \(partnerSecret), USER_ID_CLAIM: sub}]\(tokens)}
                """)
    }

    private static func ours() throws -> String { try TestGateway.token(others: [("iss", .string("ours"))]) }

    private static func theirs(_ secret: String = Self.partnerSecret) throws -> String {
        try TestGateway.token(
            others: [("iss", .string("theirs")), ("sub", .string("p1"))], secret: secret)
    }

    @Test func route_takesTheTokensOfItsIssuers() throws {
        let gateway = try Self.gateway()
        // Twice: the second time the token is known.
        for _ in 0..<2 {
            for (token, expected) in [
                (try Self.ours(), ["user 7", "user 7", "401 issuer"]),
                (try Self.theirs(), ["user p1", "401 issuer", "user p1"]),
                (try Self.theirs(TestGateway.secret), Array(repeating: "401 signature", count: 3)),
                (try TestGateway.token(), Array(repeating: "401 issuer", count: 3)),
            ] {
                let outcomes = ["/all/", "/ours/", "/theirs/"].map { path in
                    var request = TestRequest(path, ["Authorization: Bearer \(token)"])
                    return gateway.outcome(&request)
                }
                #expect(outcomes == expected)
            }
        }
    }

    /// The header that names `SIMPLE_JWT`'s claim says who the user is, whatever the issuer calls that claim.
    @Test func identity_isTheUser_whoeverIssuedTheToken() throws {
        var request = TestRequest("/all/", ["Authorization: Bearer \(try Self.theirs())"])
        let identity = try Self.gateway().judge(&request).admission?.identity
        #expect(String(decoding: identity?.identityLines ?? [], as: UTF8.self) == "X-User-Id: p1\r\n")
    }

    /// Another issuer's user 7 is not ours, and the backend can see that.
    @Test func assertion_namesTheIssuer_ofUsersThatAreNotOurs() throws {
        let gateway = try TestGateway(
            routes: "  - {path: 'all/', upstream: chat}",
            simpleJWT: "ISSUER: ours",
            rest: """
                assertion: {SIGNING_KEY: 'the key of the assertions, 32 bytes and more'}
                tokens: {issuers: [{name: partner, ISSUER: theirs, SIGNING_KEY: \(Self.partnerSecret)}]}
                """)
        let partners = try TestGateway.token(others: [("iss", .string("theirs"))], secret: Self.partnerSecret)
        for (token, expected) in [
            (try Self.ours(), #""sub":"7","iat""#), (partners, #""sub":"7","sub_iss":"theirs","#),
        ] {
            var request = TestRequest("/all/", ["Authorization: Bearer \(token)"])
            let line = try #require(gateway.judge(&request).admission?.extraLines)
            let payload = Array(
                try #require(String(decoding: line, as: UTF8.self).split(separator: ".").dropFirst().first).utf8)
            let decoded = Base64URL.decode(payload.span.bytes, 0..<payload.count)
            let text = String(decoding: try #require(decoded), as: UTF8.self)
            #expect(text.contains(expected), "\(text)")
        }
    }

    /// That somebody else's keys have not come says nothing about ours.
    @Test func keyThatIsGone_isGone_whateverOtherIssuersHave() throws {
        func policy(_ secret: String) throws -> Policy {
            let text = """
                SIMPLE_JWT: {SIGNING_KEY: \(secret), ISSUER: ours}
                tokens:
                  issuers: [{name: partner, ISSUER: theirs, ALGORITHM: RS256, JWK_URL: "https://id.example.com/keys"}]
                listen: [{address: "127.0.0.1:8080"}]
                upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
                routes: [{path: 'all/', upstream: chat}]
                """
            return try #require(TestGateway.build(text).policy)
        }
        let (old, new) = (try policy(TestGateway.secret), try policy(Self.partnerSecret))
        let token = Array(try Self.ours().utf8)
        let found = Gatekeeper(policy: old).identity(ofToken: token.span.bytes, now: TestGateway.now)
        let identity = try #require(found)
        #expect(old.knowsKey(of: identity) && !new.knowsKey(of: identity))
    }

    @Test(arguments: [
        (", max_lifetime: 299s", "401 lifetime"), (", max_lifetime: 300s", "user 7"), (", typ: [at+jwt]", "401 type"),
        (", typ: [JWT]", "user 7"), (", max_age: 10s", "user 7"),
    ])
    func limits_holdForAllIssuers(tokens: String, expected: String) throws {
        let gateway = try Self.gateway(tokens)
        for (token, expected) in [
            (try Self.ours(), expected), (try Self.theirs(), expected == "user 7" ? "user p1" : expected),
        ] {
            var request = TestRequest("/all/", ["Authorization: Bearer \(token)"])
            #expect(gateway.outcome(&request) == expected)
        }
    }

    @Test func tokenAge_isLookedAt_alsoOfKnownTokens() throws {
        let gateway = try Self.gateway(", max_age: 10s")
        let token = try Self.ours()
        for (seconds, isAdmitted) in [(0, true), (9, true), (10, false)] {
            var request = TestRequest("/all/", ["Authorization: Bearer \(token)"])
            let now = WallClock(seconds: TestGateway.now.seconds + Int64(seconds))
            #expect((gateway.judge(&request, now: now).admission != nil) == isAdmitted)
        }
    }

    @Test func previousKey_isTried_untilItsMoment() throws {
        let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat}") {
            let secret = Located(Secret(Self.partnerSecret), at: .test)
            $0.tokens.previousKeys = [
                PreviousKeySettings(key: secret, notAfter: Located(TestGateway.now.seconds + 10, at: .test))
            ]
        }
        let token = try TestGateway.token(secret: Self.partnerSecret)
        for (seconds, isAdmitted) in [(0, true), (10, true), (11, false)] {
            var request = TestRequest("/a/", ["Authorization: Bearer \(token)"])
            let now = WallClock(seconds: TestGateway.now.seconds + Int64(seconds))
            #expect((gateway.judge(&request, now: now).admission != nil) == isAdmitted)
        }
    }

    @Test func mistakes_areProblems_atTheirPlaces() throws {
        let text = """
            SIMPLE_JWT: {SIGNING_KEY: \(TestGateway.secret)}
            tokens: {issuers: [{name: partner, ISSUER: theirs, ALGORITHM: RS256, VERIFYING_KEY: not a key}]}
            listen: [{address: "127.0.0.1:8080"}]
            upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
            routes: [{path: 'a', upstream: chat}]
            """
        let building = try TestGateway.build(text)
        #expect(building.problems.map(\.location.key) == ["tokens.issuers[0].VERIFYING_KEY"])
        let twice = try TestGateway.build(PolicyText.small) {
            var rules = SimpleJWTSettings(location: .test)
            rules.signingKey = .here(Self.partnerSecret)
            $0.tokens.issuers = [IssuerSettings(name: .here("partner"), rules: rules)]
            $0.tokens.algorithms = Located(["HS512", "HS384"], at: .test)
        }
        #expect(twice.problems.count == 1 && twice.problems[0].message.contains("ISSUER"))
        let mixed = try TestGateway.build(PolicyText.small) {
            $0.tokens.algorithms = Located(["HS256", "RS256"], at: .test)
            $0.routes[0].issuers = ["nobody"].located
        }
        #expect(mixed.problems.count == 2)
    }

    @Test func algorithms_areThoseListed() throws {
        let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat}") {
            $0.tokens.algorithms = Located(["HS512", "HS256"], at: .test)
        }
        for (algorithm, expected) in [
            (SigningAlgorithm.hs256, "user 7"), (.hs512, "user 7"), (.hs384, "401 algorithm"),
        ] {
            let claims = TokenSigner.accessTokenClaims(user: "7", lifetime: 300, now: TestGateway.now)
            let token = try TokenSigner.sign(
                claims: claims, algorithm: algorithm, secret: Array(TestGateway.secret.utf8))
            var request = TestRequest("/a/", ["Authorization: Bearer \(token)"])
            #expect(gateway.outcome(&request) == expected)
        }
    }
}

extension SettingsLocation {
    static let test = SettingsLocation(file: "gateway.yaml", line: 1, column: 1, key: "test")
}
