import Testing

@testable import GatewaySettings

@Suite struct IdentitySettingsTests {
    private func reading(_ text: String) -> SettingsReading {
        Reading.of(
            """
            listen: [{address: 'a:1'}]
            SIMPLE_JWT: {SIGNING_KEY: own, AUTH_HEADER_NAME: HTTP_X_TOKEN}
            upstreams: {a: {servers: ['a:1']}}
            routes: [{re_path: '^chat/(?P<room_id>\\d+)/$', upstream: a}, {path: '', upstream: a}]

            """ + text)
    }

    @Test(arguments: [
        ("user_id", IdentitySourceSettings.claim("user_id", .text)), ("org.id", .claim("org.id", .text)),
        ("{claim: scope}", .claim("scope", .text)), ("{claim: scope, format: text}", .claim("scope", .text)),
        ("{claim: a.b, format: json}", .claim("a.b", .json)), ("{capture: room_id}", .capture("room_id")),
        ("{constant: edge-1}", .constant("edge-1")), ("{constant: a b}", .constant("a b")),
        ("{constant: '{x}'}", .constant("{x}")), ("{constant: \"${PORT}\"}", .constant("8080")),
    ])
    func source_isRead(text: String, source: IdentitySourceSettings) throws {
        let reading = reading("identity: {X-A: \(text)}")
        #expect(reading.rendered == [])
        let entry = try #require(reading.settings?.identity.first)
        #expect(entry.header.value == "X-A" && entry.source.value == source)
    }

    @Test func claim_isTheSource_andNilForOthers() throws {
        let location = SettingsLocation(file: "g", line: 1, column: 1, key: "identity.X-A")
        let entry = IdentityHeaderSettings(header: Located("X-A", at: location), claim: Located("a", at: location))
        #expect(entry.source == Located(.claim("a", .text), at: location))
        #expect(entry.claim == Located("a", at: location))
        let settings = try #require(reading("identity: {X-A: {claim: a}, X-B: {constant: b}}").settings)
        #expect(settings.identity.map(\.claim?.value) == ["a", nil])
        #expect(settings.identity.first?.claim?.location.key == "identity.X-A.claim")
    }

    @Test(arguments: [
        ("{room_id}", "write {capture: room_id}"), ("'{room_id}'", "is written {capture: name}"),
        ("{capture: {room_id}}", "write room_id"), ("{capture: '{room_id}'}", "write room_id"),
        ("{capture: 1a}", "write it without braces"), ("{capture: room}", "name it there"), ("{capture: }", nil),
        ("{}", "write claim: name"), ("{format: json}", "write claim: name"),
        ("{capture: room_id, format: json}", "write claim: name"), ("{claim: a, constant: b}", "write one of"),
        ("{claim: a, format: yaml}", "write one of text, json"), ("{claim: a..b}", "write user_id"),
        ("{constant: ''}", nil), ("{constant: ' a'}", "delete it"), ("{constant: ä}", "encode them"),
        ("{constant: \"a\\nb\"}", "write it on one line"), ("{constant: [a]}", "write one value"),
        ("{constan: a}", "did you mean `constant`?"), ("[a]", "write one value"), ("", nil),
        ("hash_password", nil), ("{claim: hash_password.x, format: json}", nil),
    ])
    func source_isRefused(text: String, hint: String?) {
        let reading = reading("identity: {X-A: \(text)}")
        #expect(reading.problems.count == 1, "\(reading.rendered)")
        #expect(reading.problems.first?.location.key.hasPrefix("identity.X-A") == true)
        if let hint { #expect(reading.problems.first?.hint?.contains(hint) == true, "\(reading.rendered)") }
    }

    // MARK: Assertion

    @Test func assertion_isRead() throws {
        let bare = try #require(reading("assertion: {SIGNING_KEY: '${KEY}'}").settings?.assertion)
        #expect(bare.header.value == "X-Tollgate-Assertion" && bare.algorithm.value == "HS256")
        #expect(bare.header.location.key == "assertion")
        #expect(bare.lifetime == .seconds(30) && bare.issuer == "tollgate")
        #expect(bare.audience == nil && bare.keyID == nil && bare.signingKey.value.text == Reading.secret)
        let reading = reading(
            """
            assertion: {header: X-Jwt, SIGNING_KEY: {file: public.pem}, ALGORITHM: ES256, lifetime: 1m, issuer: edge,
              audience: chat, kid: k1}
            """)
        #expect(reading.rendered == [])
        let full = try #require(reading.settings?.assertion)
        #expect(full.header.value == "X-Jwt" && full.algorithm.value == "ES256" && full.lifetime == .seconds(60))
        #expect(full.issuer == "edge" && full.audience == "chat" && full.keyID == "k1")
        #expect(full.signingKey.value.text.hasSuffix("\n"))
        #expect(
            self.reading("assertion: {SIGNING_KEY: {file: secret.txt}}").settings?.assertion?.signingKey.value.text
                == Reading.secret)
        #expect(self.reading("").settings?.assertion == nil && self.reading("assertion:").settings?.assertion == nil)
    }

    @Test(arguments: [
        ("{}", "assertion"), ("{SIGNING_KEY: ''}", "assertion.SIGNING_KEY"),
        ("{SIGNING_KEY: own}", "assertion.SIGNING_KEY"),
        ("{SIGNING_KEY: k, ALGORITHM: none}", "assertion.ALGORITHM"),
        ("{SIGNING_KEY: k, lifetime: 0s}", "assertion.lifetime"),
        ("{SIGNING_KEY: k, lifetime: 2h}", "assertion.lifetime"),
        ("{SIGNING_KEY: k, lifetime: off}", "assertion.lifetime"),
        ("{SIGNING_KEY: k, header: Authorization}", "assertion.header"),
        ("{SIGNING_KEY: k, header: X_A}", "assertion.header"),
        ("{SIGNING_KEY: k, header: Host}", "assertion.header"),
        ("{SIGNING_KEY: k, header: X-Token}", "assertion.header"),
        ("{SIGNING_KEY: k, header: x-user-id}", "assertion.header"),
        ("{SIGNING_KEY: k, issuer: ''}", "assertion.issuer"),
        ("{SIGNING_KEY: k, audience: []}", "assertion.audience"), ("{SIGNING_KEY: k, kid: ''}", "assertion.kid"),
        ("{VERIFYING_KEY: k, SIGNING_KEY: k}", "assertion"),
        ("{SIGNING_KEY: settings.SECRET_KEY}", "assertion.SIGNING_KEY"),
        ("on", "assertion"),
    ])
    func assertion_isRefused(text: String, key: String) {
        let reading = reading("identity: {X-User-Id: user_id}\nassertion: \(text)")
        #expect(reading.problems.map(\.location.key) == [key], "\(reading.rendered)")
    }

    /// Whoever got one could use it as the other.
    @Test(arguments: [
        "previous_keys: [{key: '${KEY}', not_after: 1}]", "issuers: [{name: a, ISSUER: b, SIGNING_KEY: '${KEY}'}]",
    ])
    func assertionsKey_isItsOwn(tokens: String) {
        let reading = reading("assertion: {SIGNING_KEY: '${KEY}'}\ntokens: {\(tokens)}")
        #expect(reading.problems.map(\.location.key) == ["assertion.SIGNING_KEY"])
        #expect(!reading.rendered.joined().contains(Reading.secret))
    }

    @Test func assertionsHeader_isNobodyElses() {
        let reading = Reading.of(
            """
            listen: [{address: 'a:1'}]
            SIMPLE_JWT: {SIGNING_KEY: own}
            assertion: {header: X-User, SIGNING_KEY: k}
            release_headers: [x-user]
            upstreams: {a: {servers: ['a:1']}}
            routes: [{path: '', upstream: a, headers: {request: {set: {X-USER: a}}}}]
            """)
        #expect(
            reading.problems.map(\.location.key) == ["release_headers[0]", "routes[0].headers.request.set.X-USER"])
    }

    @Test func assertion_isNoticed_whenNobodyIsVerified() {
        #expect(Reading.of(adding: "assertion: {SIGNING_KEY: k}").notices.count == 1)
    }

    // MARK: Cookies

    private func cookieReading(_ options: String, top: String = "") -> SettingsReading {
        Reading.of(
            """
            listen: [{address: 'a:1'}]
            SIMPLE_JWT: {SIGNING_KEY: own}
            tokens: {sources: [header, cookie]}
            upstreams: {a: {servers: ['a:1']}}
            routes: [{path: '', upstream: a, \(options)}]

            """ + top)
    }

    @Test func cookies_needOrigins() {
        #expect(cookieReading("").problems.map(\.location.key) == ["routes[0]"])
        #expect(cookieReading("websocket: {only: true}").problems.map(\.location.key) == ["routes[0].websocket"])
        #expect(cookieReading("auth: none").rendered == [])
        #expect(cookieReading("tokens: {sources: [header]}").rendered == [])
        #expect(cookieReading("allowed_origins: [.example.com]").rendered == [])
        #expect(cookieReading("", top: "allowed_origins: [.example.com]").rendered == [])
    }

    @Test func cookies_areNoticed_whenEveryOriginMaySendThem() {
        #expect(cookieReading("", top: "allowed_origins: ['*']").notices.map(\.location.key) == ["allowed_origins[0]"])
        #expect(cookieReading("auth: none", top: "allowed_origins: ['*']").rendered == [])
    }
}
