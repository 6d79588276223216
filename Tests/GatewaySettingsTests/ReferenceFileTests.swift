import Testing

@testable import GatewaySettings

/// `gateway.yaml` documents what the types say, and all of it.
@Suite struct ReferenceFileTests {
    private let path = Project.root + "/gateway.yaml"

    private func reference() throws -> Settings {
        let reading = SettingsReader.read(file: path, environment: ["JWT_SIGNING_KEY": Reading.secret])
        #expect(reading.rendered == [])
        return try #require(reading.settings)
    }

    @Test func referenceFile_isRead_withoutNotices() throws {
        let settings = try reference()
        #expect(settings.simpleJWT?.signingKey?.value == Reading.secret)
        #expect(settings.upstreams.flatMap(\.servers).map(\.value) == [.tcp(host: "127.0.0.1", port: 8000)])
    }

    /// A key that everybody can read would verify everybody's tokens: the file has none.
    @Test func signingKey_mustComeFromTheEnvironment() {
        let reading = SettingsReader.read(file: path, environment: [:])
        #expect(reading.settings == nil)
        #expect(reading.problems.map(\.location.key) == ["SIMPLE_JWT.SIGNING_KEY"])
        #expect(reading.problems.first?.rendered().contains("JWT_SIGNING_KEY") == true)
    }

    @Test func documentedDefaults_areTheTypesDefaults() throws {
        let documented = try reference()
        let defaults = Settings()
        #expect(documented.threads == defaults.threads)
        #expect(documented.tokens == defaults.tokens)
        #expect(documented.allowMissingOrigin == defaults.allowMissingOrigin)
        #expect(documented.limits == defaults.limits)
        #expect(documented.timeouts == defaults.timeouts)
        #expect(documented.logs == defaults.logs)
        #expect(documented.reload == defaults.reload)
        #expect(documented.admin == nil)
        #expect(documented.cors == nil)
        #expect(documented.assertion == nil)
        #expect(documented.health == nil)
        #expect(documented.trustedProxies == defaults.trustedProxies)
        #expect(documented.forwarded == defaults.forwarded)
        #expect(documented.releasedHeaders == defaults.releasedHeaders)
        let listener = try #require(documented.listen.first)
        #expect(listener.proxyProtocol == ListenSettings(address: listener.address).proxyProtocol)
        let upstream = try #require(documented.upstreams.first)
        let bare = UpstreamSettings(name: upstream.name, servers: upstream.servers)
        #expect(upstream.pool == bare.pool)
        #expect(upstream.connectTimeout == bare.connectTimeout)
        #expect(upstream.responseTimeout == bare.responseTimeout)
        #expect(upstream.idleTimeout == bare.idleTimeout)
        #expect(upstream.maxInFlight == bare.maxInFlight)
        let route = try #require(documented.routes.first)
        #expect(route.webSocket == WebSocketSettings())
        #expect(
            route.auth == RouteSettings(location: route.location, pattern: route.pattern, upstream: route.upstream).auth
        )
    }

    @Test func documentedSimpleJWT_isSimplejwtsDefault() throws {
        let documented = try #require(try reference().simpleJWT)
        let defaults = SimpleJWTSettings(location: documented.location)
        #expect(documented.algorithm?.value == SimpleJWTSettings.defaultAlgorithm)
        #expect(documented.audience == defaults.audience)
        #expect(documented.issuer == defaults.issuer)
        #expect(documented.leeway == defaults.leeway)
        #expect(documented.authHeaderTypes == defaults.authHeaderTypes)
        #expect(documented.authHeaderName == defaults.authHeaderName)
        #expect(documented.userIDClaim == defaults.userIDClaim)
        #expect(documented.tokenClasses == defaults.tokenClasses)
        #expect(documented.tokenTypeClaim == defaults.tokenTypeClaim)
        #expect(documented.jtiClaim == defaults.jtiClaim)
        #expect(documented.jwkURL == defaults.jwkURL)
        #expect(documented.revokeTokenClaim == defaults.revokeTokenClaim)
        #expect(documented.accessTokenLifetime == defaults.accessTokenLifetime)
    }

    /// With every line after a `#` that holds a key switched on in turn, the file stays right.
    @Test(arguments: [
        "admin: {address: 127.0.0.1:9901}", "sources: [header, query]",
        "tls: {certificate: fullchain.pem, key: privkey.pem}",
        "tokens: {sources: [query], forward: keep, cookie: access, issuers: [default]}", "typ: [JWT, at+jwt]",
        "allowed_origins: [\"https://chat.example.net\"]",
        "tolerate: [\"//\", \";\", \"%2F\"]", "CHECK_USER_IS_ACTIVE: true", "JWK_URL: null",
        "health: /healthz", "hosts: [chat.example.com, .example.com]", "allow: [10.0.0.0/8, unix]",
        "deny: [10.1.0.0/16]", "strip_prefix: /chat", "add_prefix: /v1", "methods: [POST]",
        "X-Scopes: {claim: scope, format: json}", "X-Room: {capture: room_id}", "X-Gateway: {constant: edge-1}",
    ])
    func commentedKey_isRight_whenSwitchedOn(line: String) {
        let text = Project.text(path)
        #expect(text.contains("# " + line))
        let changed = text.replacing("# " + line, with: line)
        let reading = SettingsReader.read(
            text: changed, file: "gateway.yaml", environment: ["JWT_SIGNING_KEY": Reading.secret]
        ) { _ in nil }
        #expect(reading.problems.map { $0.rendered() } == [])
    }

    /// A block that is switched off by a `#` before each of its lines.
    private func reference(switchingOn block: String) -> SettingsReading {
        var isInside = false
        let lines = Project.text(path).split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let start = line.firstIndex { $0 != " " } ?? line.endIndex
            isInside = line[start...].hasPrefix("# \(block):") || isInside && line[start...].hasPrefix("#   ")
            return isInside ? line[..<start] + String(line[start...].dropFirst(2)) : String(line)
        }
        let text = lines.joined(separator: "\n")
        let environment = [
            "JWT_SIGNING_KEY": Reading.secret, "OLD_JWT_SIGNING_KEY": "old", "ASSERTION_KEY": "another",
        ]
        return SettingsReader.read(text: text, file: path, environment: environment) { _ in nil }
    }

    @Test func commentedCORS_saysItsDefaults_whenSwitchedOn() throws {
        let reading = reference(switchingOn: "cors")
        #expect(reading.rendered == [])
        let cors = try #require(reading.settings?.cors)
        #expect(cors == CORSSettings(origins: cors.origins))
    }

    @Test func commentedHeaderEdits_areRight_whenSwitchedOn() throws {
        let reading = reference(switchingOn: "headers")
        #expect(reading.rendered == [])
        let route = try #require(reading.settings?.routes.first)
        #expect(!route.requestHeaders.isEmpty && !route.responseHeaders.isEmpty)
    }

    @Test func commentedAlgorithms_areRight_whenTheKeysFit() {
        let text = Project.text(path)
        let algorithms = "algorithms: [RS256, ES256]"
        #expect(text.contains("# " + algorithms))
        let changed = text.replacing("  # " + algorithms, with: "  " + algorithms)
            .replacing("ALGORITHM: HS256 #", with: "ALGORITHM: RS256 #")
            .replacing("# VERIFYING_KEY: {file", with: "VERIFYING_KEY: {file").replacing(
                "  SIGNING_KEY: $", with: "  # $")
        let reading = SettingsReader.read(text: changed, file: "gateway.yaml", environment: [:]) { _ in "PEM" }
        #expect(reading.rendered == [])
        #expect(reading.settings?.tokens.algorithms?.value == ["RS256", "ES256"])
    }

    @Test func commentedPreviousKeys_areRight_whenSwitchedOn() throws {
        let reading = reference(switchingOn: "previous_keys")
        #expect(reading.rendered == [])
        #expect(reading.settings?.tokens.previousKeys.map(\.keyID) == ["old"])
    }

    @Test func commentedIssuers_sayTheirDefaults_whenSwitchedOn() throws {
        let reading = reference(switchingOn: "issuers")
        // For X-Issuer is not switched on.
        #expect(reading.problems.isEmpty && reading.notices.map(\.location.key) == ["tokens.issuers[0].name"])
        let rules = try #require(reading.settings?.tokens.issuers.first).rules
        let defaults = SimpleJWTSettings(location: rules.location)
        #expect(rules.leeway == defaults.leeway && rules.jtiClaim == defaults.jtiClaim)
        #expect(rules.tokenClasses == defaults.tokenClasses)
    }

    @Test func commentedRevocation_saysItsDefaults_whenSwitchedOn() throws {
        let reading = reference(switchingOn: "revocation")
        #expect(reading.rendered == [])
        let revocation = try #require(reading.settings?.tokens.revocation)
        var defaults = RevocationSettings()
        (defaults.file, defaults.url) = (revocation.file, revocation.url)
        #expect(revocation == defaults)
    }

    @Test func commentedAssertion_saysItsDefaults_whenSwitchedOn() throws {
        let reading = reference(switchingOn: "assertion")
        #expect(reading.rendered == [])
        let assertion = try #require(reading.settings?.assertion)
        let defaults = AssertionSettings(
            header: assertion.header, signingKey: assertion.signingKey, algorithm: assertion.algorithm)
        #expect(assertion.header.value == AssertionSettings.defaultHeader)
        #expect(assertion.algorithm.value == AssertionSettings.defaultAlgorithm)
        #expect(assertion.lifetime == defaults.lifetime && assertion.issuer == defaults.issuer)
    }

    @Test func commentedRequirements_areRight_whenSwitchedOn() throws {
        let reading = reference(switchingOn: "require")
        #expect(reading.rendered == [])
        #expect(reading.settings?.routes.first?.require.count == 4)
    }

    @Test func everyKey_isDocumented() {
        let text = Project.text(path)
        let context = ReadingContext(file: path, environment: [:]) { _ in .unreadable(reason: "") }
        let complete = """
            listen: [{address: 'a:1', tls: {certificate: c, key: k}}]
            cors: {origins: ['*']}
            SIMPLE_JWT: {SIGNING_KEY: {file: x}}
            tokens: {sources: [query], jwks: {refresh: 1s}, previous_keys: [{key: {file: x}}], cache: {size: 1MiB},
              issuers: [{name: a, ISSUER: a}], revocation: {file: a}, failures: {rate: {rate: 1}}}
            identity: {X: y, Y: {claim: z}}
            assertion: {SIGNING_KEY: {file: x}}
            upstreams: {a: {servers: ['a:1'], pool: {idle: 1s}}}
            routes: [{path: '', upstream: a, 
              websocket: {limits: {messages_per_second: {rate: 1}, bytes_per_second: {rate: 1}}, drain: {code: 1001},
                expiry_notice: {before: 1s}, renewal: {in_band: {match: {a: b}, token: c}}},
              tokens: {sources: [query]}, require: {a: {any: [{contains: b}]}},
              headers: {request: {set: {X: y}, add: {X: y}}, response: {set: {X: y}, add: {X: y}}}}]
            limits: {body: 1, address: {connections_per_second: {rate: 1}, requests_per_second: {rate: 1}}}
            timeouts: {head: 1s}
            logs: {level: info}
            admin: {address: 'a:2'}
            reload: {close_removed: true}
            """
        guard let root = YAMLDocument(Array(complete.utf8)).root else {
            Issue.record("the text above is YAML")
            return
        }
        _ = Settings(reading: SettingsField(node: root, path: SettingsKeyPath(), context: context))
        #expect(context.askedKeys.count > 190)
        for key in context.askedKeys {
            let name = String(key[(key.lastIndex(of: ".").map { key.index(after: $0) } ?? key.startIndex)...])
            #expect(name == "*" || text.contains(name), "\(key) is missing in gateway.yaml")
        }
    }
}
