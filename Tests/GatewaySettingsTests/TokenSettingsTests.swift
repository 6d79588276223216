import Testing

@testable import GatewaySettings

@Suite struct TokenSettingsTests {
    private func reading(_ options: String, simpleJWT: String = "SIGNING_KEY: '${KEY}'") -> SettingsReading {
        Reading.of(adding: "SIMPLE_JWT: {\(simpleJWT)}\ntokens:\n  " + options)
    }

    private func tokens(_ options: String, simpleJWT: String = "SIGNING_KEY: '${KEY}'") throws -> TokenSettings {
        let reading = reading(options, simpleJWT: simpleJWT)
        #expect(reading.rendered == [])
        return try #require(reading.settings).tokens
    }

    private let published = "ALGORITHM: RS256, JWK_URL: https://id.example.com/jwks"

    @Test func everything_isOff_unlessWritten() throws {
        let tokens = try tokens("")
        #expect(tokens == TokenSettings())
        #expect(tokens.sources == nil && tokens.algorithms == nil && tokens.types == nil && tokens.revocation == nil)
        #expect(tokens.maxLifetime == nil && tokens.maxAge == nil)
        #expect(tokens.previousKeys.isEmpty && tokens.issuers.isEmpty)
        #expect(tokens.failures.rate == RateSettings(perSecond: 20, burst: 100))
    }

    @Test func plainOptions_areRead() throws {
        let tokens = try tokens(
            """
            sources: [subprotocol, cookie, query, header]
              cookie: __Host-access
              max_lifetime: 1h
              max_age: 12h
              typ: [JWT, at+jwt]
              cache: {entries: 1000, size: 1MiB}
              failures: {rate: {rate: 5, burst: 10}}
              jwks: {refresh: 1m, stale: 2h, cooldown: 10s, timeout: 2s, max_size: 64KiB, max_keys: 10}
            """)
        #expect(tokens.sources == [.subprotocol, .cookie, .query, .header])
        #expect(tokens.cookie == "__Host-access")
        #expect(tokens.maxLifetime == .seconds(3600) && tokens.maxAge == .seconds(43_200))
        #expect(tokens.types == ["JWT", "at+jwt"])
        #expect(tokens.cache.entries == 1000 && tokens.cache.size == 1 << 20)
        #expect(tokens.failures.rate == RateSettings(perSecond: 5, burst: 10))
        #expect(tokens.jwks.refresh == .seconds(60) && tokens.jwks.stale == .seconds(7200))
        #expect(tokens.jwks.cooldown == .seconds(10) && tokens.jwks.timeout == .seconds(2))
        #expect(tokens.jwks.maxSize == 64 << 10 && tokens.jwks.maxKeys == 10)
    }

    @Test func off_switchesOff() throws {
        #expect(try tokens("failures: {rate: off}").failures.rate == nil)
        #expect(try tokens("failures: {rate: 7}").failures.rate == RateSettings(perSecond: 7, burst: 7))
        #expect(try tokens("max_age: off").maxAge == nil)
        #expect(try tokens("max_lifetime: off").maxLifetime == nil)
    }

    @Test(arguments: [
        "cookie: 'a b'", "cookie: a=b", "cookie: 'a;b'", "cookie: ä", "cookie: ''", "cookie: [a]", "typ: []",
        "typ: JWT",
        "typ: [a/b/c]", "typ: [/]", "typ: ['a b']", "typ: [JWT, jwt]", "typ: [JWT, application/jwt]", "max_age: 0",
        "max_age: 0s", "max_age: 500ms", "max_age: on", "max_lifetime:", "jwks: {refresh: 0s}", "jwks: {refresh: 2d}",
        "jwks: {refresh: off}", "jwks: {stale: 1m}", "jwks: {refresh: 1h, stale: 59m}", "jwks: {max_size: 2MiB}",
        "jwks: {max_keys: 0}", "jwks: {max_keys: 101}", "jwks: {cooldown: 0s}", "jwks: {timeout: 0s}",
        "cache: {entries: 0}", "cache: {size: 1KiB}", "cache: off", "failures: off", "failures: {rate: 0}",
        "failures: {rate: }", "sources: []", "sources: [Cookie]", "sources: [header, header]",
    ])
    func option_isRefused(text: String) {
        let reading = reading(text)
        #expect(reading.problems.count == 1, "\(reading.rendered)")
        #expect(reading.problems.first?.location.key.hasPrefix("tokens.") == true)
    }

    // MARK: Algorithms

    @Test(arguments: [
        ("[RS256, ES256]", ["RS256", "ES256"]), ("[PS512, EdDSA, RS256]", ["PS512", "EdDSA", "RS256"]),
        ("[RS256]", ["RS256"]),
    ])
    func algorithms_areRead(text: String, names: [String]) throws {
        #expect(try tokens("algorithms: \(text)", simpleJWT: published).algorithms?.value == names)
    }

    @Test func secretsAlgorithms_mayStandTogether() throws {
        #expect(try tokens("algorithms: [HS512, HS256]").algorithms?.value == ["HS512", "HS256"])
    }

    @Test(arguments: [
        ("[RS256, HS256]", "ALGORITHM: RS256, VERIFYING_KEY: k", "HS* and the others never stand together"),
        ("[HS256, EdDSA]", "SIGNING_KEY: k", "HS* and the others never stand together"),
        ("[ES256]", "ALGORITHM: RS256, VERIFYING_KEY: k", "lacks the ALGORITHM itself: RS256"),
        ("[RS256]", "SIGNING_KEY: k", "lacks the ALGORITHM itself: HS256, which is the default"),
        ("[RS256, rs256]", "ALGORITHM: RS256, VERIFYING_KEY: k", "is not a known algorithm"),
        ("[RS256, none]", "ALGORITHM: RS256, VERIFYING_KEY: k", "would accept unsigned tokens"),
        ("[]", "ALGORITHM: RS256, VERIFYING_KEY: k", "the list is empty"),
        ("RS256", "ALGORITHM: RS256, VERIFYING_KEY: k", "expected a list"),
    ])
    func algorithms_areRefused(text: String, simpleJWT: String, message: String) {
        let reading = reading("algorithms: \(text)", simpleJWT: simpleJWT)
        #expect(reading.problems.count == 1, "\(reading.rendered)")
        #expect(reading.problems.first?.message.contains(message) == true, "\(reading.rendered)")
    }

    @Test func algorithms_areNotBlamed_forAnUnknownAlgorithm() {
        let reading = reading("algorithms: [RS256]", simpleJWT: "ALGORITHM: RS265, VERIFYING_KEY: k")
        #expect(reading.problems.map(\.location.key) == ["SIMPLE_JWT.ALGORITHM"])
    }

    @Test(arguments: ["algorithms: [RS256]", "previous_keys: [{key: a, not_after: 1}]", "issuers: [{name: a}]"])
    func option_needsSimpleJWT(text: String) {
        let reading = Reading.of(adding: "tokens: {\(text)}")
        #expect(reading.problems.map(\.message) == ["needs SIMPLE_JWT, which is missing"])
    }

    @Test func shortLifetime_isNoticed_whenTheBackendsTokensLiveLonger() {
        let key = "SIGNING_KEY: '${KEY}', ACCESS_TOKEN_LIFETIME: 1h"
        #expect(reading("max_lifetime: 30m", simpleJWT: key).notices.map(\.location.key) == ["tokens.max_lifetime"])
        #expect(reading("max_lifetime: 1h", simpleJWT: key).notices.isEmpty)
        #expect(reading("max_lifetime: 1m", simpleJWT: published).notices.isEmpty)
    }

    // MARK: Revocation

    @Test func revocation_isRead() throws {
        let file = try #require(try tokens("revocation: {file: lists/revoked.json}").revocation)
        #expect(file.file?.value == "conf/lists/revoked.json")
        #expect(file.url == nil && file.token == nil)
        #expect(file.refresh == .seconds(10) && file.stale == .seconds(3600))
        let url = try #require(
            try tokens(
                "revocation: {url: https://app.example.com/r?x, refresh: 1m, stale: 1m, token: '${KEY}', file: r}"
            ).revocation)
        #expect(url.url?.value == URLSettings(scheme: .https, host: "app.example.com", port: 443, path: "/r?x"))
        #expect(url.refresh == .seconds(60) && url.stale == .seconds(60))
        #expect(url.token?.value.text == Reading.secret && url.file != nil)
        #expect(try tokens("revocation: {url: https://a, token: none}").revocation?.token == nil)
        #expect(
            try tokens("revocation: {url: https://a, token: {file: secret.txt}}").revocation?.token?.value.text
                == Reading.secret)
        #expect(try tokens("revocation:").revocation == nil)
    }

    @Test(arguments: [
        ("{}", "tokens.revocation"), ("{refresh: 5s}", "tokens.revocation"), ("{file: ''}", "tokens.revocation.file"),
        ("{url: http://app.example.com/}", "tokens.revocation.url"), ("{file: r, token: a}", "tokens.revocation.token"),
        ("{url: https://a, token: 'a b'}", "tokens.revocation.token"),
        ("{url: https://a, token: \"${NOT_SET}\"}", "tokens.revocation.token"),
        ("{url: https://a, token: settings.SECRET_KEY}", "tokens.revocation.token"),
        ("{url: https://a, token: ''}", "tokens.revocation.token"),
        ("{file: r, stale: 9s}", "tokens.revocation.stale"), ("{file: r, refresh: 0s}", "tokens.revocation.refresh"),
        ("{path: r}", "tokens.revocation"), ("r.json", "tokens.revocation"),
    ])
    func revocation_isRefused(text: String, key: String) {
        let reading = reading("revocation: \(text)")
        #expect(reading.problems.first?.location.key == key, "\(reading.rendered)")
    }
}
