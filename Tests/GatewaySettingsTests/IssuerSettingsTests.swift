import Testing

@testable import GatewaySettings

@Suite struct IssuerSettingsTests {
    private func reading(_ issuers: String, simpleJWT: String = "SIGNING_KEY: own, ISSUER: own") -> SettingsReading {
        Reading.of(adding: "SIMPLE_JWT: {\(simpleJWT)}\ntokens: {issuers: [\(issuers)]}")
    }

    @Test func issuer_hasSimplejwtsDefaults_unlessWritten() throws {
        let reading = reading("{name: partner, ISSUER: https://p, SIGNING_KEY: '${KEY}'}")
        #expect(reading.rendered == [])
        let issuer = try #require(reading.settings?.tokens.issuers.first)
        var defaults = SimpleJWTSettings(location: issuer.rules.location)
        defaults.signingKey = issuer.rules.signingKey
        defaults.issuer = issuer.rules.issuer
        #expect(issuer.rules == defaults)
        #expect(issuer.name.value == "partner" && issuer.algorithms == nil)
        #expect(issuer.rules.issuer?.value == ["https://p"] && issuer.rules.signingKey?.value == Reading.secret)
        #expect(issuer.rules.location.key == "tokens.issuers[0]")
    }

    @Test func everySetting_isRead() throws {
        let reading = reading(
            """
            {name: p-1_A, ISSUER: [a, b], ALGORITHM: RS256, JWK_URL: https://p/jwks, algorithms: [RS256, EdDSA],
              AUDIENCE: [chat], LEEWAY: timedelta(seconds=5), USER_ID_CLAIM: sub, TOKEN_TYPE_CLAIM: None, JTI_CLAIM: id,
              AUTH_TOKEN_CLASSES: SlidingToken}, {name: q, ISSUER: c, ALGORITHM: ES256, VERIFYING_KEY: {file: public.pem}}
            """)
        #expect(reading.rendered == [])
        let issuers = try #require(reading.settings?.tokens.issuers)
        let rules = try #require(issuers.first?.rules)
        #expect(issuers.map(\.name.value) == ["p-1_A", "q"])
        #expect(rules.issuer?.value == ["a", "b"] && rules.audience?.value == ["chat"])
        #expect(rules.algorithm?.value == "RS256" && rules.jwkURL?.value.host == "p" && rules.verifyingKey == nil)
        #expect(issuers.first?.algorithms?.value == ["RS256", "EdDSA"])
        #expect(rules.leeway == .seconds(5) && rules.userIDClaim == "sub" && rules.tokenTypeClaim == nil)
        #expect(rules.jtiClaim == "id" && rules.tokenClasses.map(\.type) == ["sliding"])
        #expect(issuers.last?.rules.verifyingKey != nil)
    }

    @Test(arguments: [
        ("{ISSUER: a, SIGNING_KEY: k}", "tokens.issuers[0]", "`name` is missing"),
        ("{name: a, SIGNING_KEY: k}", "tokens.issuers[0]", "`ISSUER` is missing"),
        ("{name: a, ISSUER: null, SIGNING_KEY: k}", "tokens.issuers[0].ISSUER", "is empty"),
        ("{name: a, ISSUER: None, SIGNING_KEY: k}", "tokens.issuers[0].ISSUER", "is empty"),
        ("{name: a, ISSUER: [], SIGNING_KEY: k}", "tokens.issuers[0].ISSUER", "this would refuse every token"),
        ("{name: a, ISSUER: b}", "tokens.issuers[0]", "`SIGNING_KEY` is missing"),
        ("{name: a, ISSUER: b, ALGORITHM: RS256}", "tokens.issuers[0]", "`VERIFYING_KEY` is missing"),
        ("{name: default, ISSUER: b, SIGNING_KEY: k}", "tokens.issuers[0].name", "is what SIMPLE_JWT is called"),
        ("{name: a b, ISSUER: b, SIGNING_KEY: k}", "tokens.issuers[0].name", "is not a name"),
        ("{name: a, ISSUER: own, SIGNING_KEY: k}", "tokens.issuers[0].ISSUER", "SIMPLE_JWT has it too"),
        ("{name: a, ISSUER: b, SIGNING_KEY: k, algorithms: [RS256]}", "tokens.issuers[0].algorithms", "lacks the"),
        ("{name: a, ISSUER: b, SIGNING_KEY: k, Issuer: b}", "tokens.issuers[0]", "unknown key `Issuer`"),
        (
            "{name: a, ISSUER: b, SIGNING_KEY: k}, {name: c, ISSUER: [d, b], SIGNING_KEY: l}",
            "tokens.issuers[1].ISSUER", "tokens.issuers[0] has it too"
        ),
        (
            "{name: a, ISSUER: b, SIGNING_KEY: k}, {name: a, ISSUER: c, SIGNING_KEY: l}", "tokens.issuers[1].name",
            "another issuer has this name already"
        ),
        ("a", "tokens.issuers[0]", "expected a mapping"),
    ])
    func issuer_isRefused(text: String, key: String, message: String) {
        let reading = reading(text)
        #expect(reading.problems.map(\.location.key) == [key], "\(reading.rendered)")
        #expect(reading.problems.first?.message.contains(message) == true, "\(reading.rendered)")
    }

    @Test(arguments: [
        ("AUTH_HEADER_TYPES: [JWT]", "`AUTH_HEADER_TYPES` stands in SIMPLE_JWT, for all issuers"),
        ("REVOKE_TOKEN_CLAIM: a", "`REVOKE_TOKEN_CLAIM` stands in SIMPLE_JWT, for all issuers"),
        ("ROTATE_REFRESH_TOKENS: False", "delete it: only the issuer of tokens uses it"),
    ])
    func foreignSetting_isUnknown(text: String, hint: String) {
        let reading = reading("{name: a, ISSUER: b, SIGNING_KEY: k, \(text)}")
        #expect(reading.problems.map(\.hint) == [hint])
    }

    @Test(arguments: [("", 1), (", AUDIENCE: chat", 0)])
    func untypedTokens_areNoticed_whenNothingElseTellsThemApart(audience: String, notices: Int) {
        let reading = reading("{name: a, ISSUER: b, SIGNING_KEY: k, TOKEN_TYPE_CLAIM: null\(audience)}")
        #expect(reading.problems.isEmpty)
        #expect(
            reading.notices.map(\.location.key)
                == Array(repeating: "tokens.issuers[0].TOKEN_TYPE_CLAIM", count: notices))
    }

    @Test func sharedSecret_isNoticed() {
        let reading = reading("{name: a, ISSUER: b, SIGNING_KEY: own}")
        #expect(reading.notices.map(\.location.key) == ["tokens.issuers[0].SIGNING_KEY"])
    }

    @Test(arguments: [
        ("identity: {X-User-Id: user_id}", "", 1), ("identity: {X-User-Id: user_id, X-Issuer: iss}", "", 0),
        ("identity: {X-User-Id: user_id, X-Issuer: {claim: iss, format: json}}", "", 0), ("identity: {}", "", 0),
        ("assertion: {SIGNING_KEY: own-assertion-key}", "", 1),
        ("identity: {X-User-Id: user_id}", ", tokens: {issuers: [partner]}", 0),
        ("identity: {X-User-Id: user_id}", ", tokens: {issuers: [default, partner]}", 1),
        ("identity: {X-User-Id: user_id}", ", auth: none", 0),
    ])
    func usersOfSeveralIssuers_areNoticed_whenTheBackendCannotTellThemApart(rest: String, route: String, notices: Int) {
        let reading = Reading.of(
            """
            listen: [{address: 'a:1'}]
            SIMPLE_JWT: {SIGNING_KEY: own, ISSUER: own}
            tokens: {issuers: [{name: partner, ISSUER: a, SIGNING_KEY: k}]}
            upstreams: {a: {servers: ['a:1']}}
            routes: [{path: '', upstream: a\(route)}]
            \(rest)
            """)
        #expect(reading.problems.isEmpty, "\(reading.rendered)")
        #expect(
            reading.notices.map(\.location.key).filter { $0 == "tokens.issuers[0].name" }.count == notices,
            "\(reading.rendered)")
    }

    // MARK: Routes

    private func route(_ options: String) -> SettingsReading {
        Reading.of(
            """
            listen: [{address: 'a:1'}]
            SIMPLE_JWT: {SIGNING_KEY: own}
            tokens: {issuers: [{name: partner, ISSUER: a, SIGNING_KEY: k}]}
            allowed_origins: [a.example]
            upstreams: {a: {servers: ['a:1']}}
            routes: [{path: '', upstream: a, \(options)}]
            """)
    }

    @Test func routesTokens_areRead() throws {
        let reading = route("tokens: {sources: [cookie], cookie: jwt, issuers: [default, partner], forward: strip}")
        #expect(reading.rendered == [])
        let route = try #require(reading.settings?.routes.first)
        #expect(route.sources == [.cookie] && route.cookie == "jwt" && route.forward == .strip)
        #expect(route.issuers?.map(\.value) == ["default", "partner"])
        let bare = try #require(self.route("").settings?.routes.first)
        #expect(bare.issuers == nil && bare.cookie == nil && bare.require.isEmpty)
    }

    @Test(arguments: ["[partners]", "[SIMPLE_JWT]", "[]", "[default, default]", "default", "['']"])
    func routesIssuers_areRefused(text: String) {
        let reading = route("tokens: {issuers: \(text)}")
        #expect(reading.problems.count == 1)
        #expect(reading.problems.first?.location.key.hasPrefix("routes[0].tokens.issuers") == true)
    }

    @Test func routesTokens_areNoticed_whenTheyHaveNoEffect() {
        #expect(
            route("auth: none, tokens: {issuers: [partner]}").notices.map(\.location.key) == [
                "routes[0].tokens.issuers"
            ])
        #expect(route("tokens: {sources: [subprotocol]}").notices.map(\.location.key) == ["routes[0].tokens.sources"])
        #expect(route("websocket: true, tokens: {sources: [subprotocol]}").notices.isEmpty)
    }
}
