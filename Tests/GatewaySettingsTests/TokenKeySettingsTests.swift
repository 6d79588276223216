import Testing

@testable import GatewaySettings

@Suite struct TokenKeySettingsTests {
    private let jwks = #"{"keys": []}"#

    private func read(_ text: String) -> SettingsReading {
        let files = ["jwks.json": jwks, "old.txt": "old-secret\n", "old.pem": "PEM\n"]
        return SettingsReader.read(
            text: Reading.minimal + text, file: "g", environment: ["KEY": Reading.secret, "URL": "https://u:p@a/"]
        ) { files[$0] }
    }

    private func settings(_ text: String) throws -> Settings {
        let reading = read(text)
        #expect(reading.rendered == [])
        return try #require(reading.settings)
    }

    // MARK: SIMPLE_JWT

    @Test func keySet_isPassedOn_asItIs() throws {
        let jwt = try settings("SIMPLE_JWT: {ALGORITHM: ES256, VERIFYING_KEY: {file: jwks.json}}").simpleJWT
        #expect(jwt?.verifyingKey?.value == jwks)
        let inline = try settings("SIMPLE_JWT: {ALGORITHM: ES256, VERIFYING_KEY: '{\"kty\": \"EC\"}'}").simpleJWT
        #expect(inline?.verifyingKey?.value == "{\"kty\": \"EC\"}")
    }

    @Test func keySetURL_isRead() throws {
        let jwt = try settings("SIMPLE_JWT: {ALGORITHM: RS256, JWK_URL: 'https://id.example.com:8443/a?b'}").simpleJWT
        #expect(
            jwt?.jwkURL?.value == URLSettings(scheme: .https, host: "id.example.com", port: 8443, path: "/a?b"))
        #expect(jwt?.jwkURL?.location.key == "SIMPLE_JWT.JWK_URL")
        #expect(jwt?.verifyingKey == nil && jwt?.signingKey == nil)
    }

    @Test(arguments: ["null", "None", "''", ""])
    func keySetURL_isNone_whenPythonSaysSo(text: String) throws {
        let jwt = try settings("SIMPLE_JWT: {JWK_URL: \(text), SIGNING_KEY: '${KEY}'}").simpleJWT
        #expect(jwt?.jwkURL == nil && jwt?.signingKey != nil)
        let key = try settings("SIMPLE_JWT: {JWK_URL: \(text), ALGORITHM: RS256, VERIFYING_KEY: k}").simpleJWT
        #expect(key?.jwkURL == nil && key?.verifyingKey?.value == "k")
    }

    @Test(arguments: ["''", "null", "None"])
    func emptyVerifyingKey_mayStandBesideTheURL(text: String) throws {
        #expect(
            try settings("SIMPLE_JWT: {ALGORITHM: RS256, JWK_URL: https://a, VERIFYING_KEY: \(text)}").simpleJWT?.jwkURL
                != nil)
    }

    @Test func verifyingKey_isIgnoredWithNotice_besideTheURL() {
        let reading = read("SIMPLE_JWT: {ALGORITHM: RS256, JWK_URL: https://a, VERIFYING_KEY: {file: nowhere}}")
        #expect(reading.settings?.simpleJWT?.verifyingKey == nil)
        #expect(reading.settings?.simpleJWT?.jwkURL != nil)
        #expect(reading.notices.map(\.location.key) == ["SIMPLE_JWT.VERIFYING_KEY"])
    }

    @Test(arguments: [
        "http://id.example.com/", "id.example.com", "https://a/.well-known/openid-configuration", "[https://a]",
        "https://u:p@a/", "\"${URL}\"", "{url: a}",
    ])
    func keySetURL_isRefused(text: String) {
        let reading = read("SIMPLE_JWT: {ALGORITHM: RS256, JWK_URL: \(text)}")
        #expect(reading.problems.map(\.location.key) == ["SIMPLE_JWT.JWK_URL"])
        #expect(!reading.rendered.joined().contains("u:p"))
    }

    // MARK: Previous keys

    @Test func previousKeys_areRead() throws {
        let keys = try settings(
            """
            SIMPLE_JWT: {SIGNING_KEY: "${KEY}"}
            tokens:
              previous_keys:
                - {key: older, not_after: 1800000000}
                - {key: {file: old.txt}, not_after: 2026-12-31T00:00:00Z, kid: 2025-a}
            """
        ).tokens.previousKeys
        #expect(keys.map(\.key.value.text) == ["older", "old-secret"])
        #expect(keys.map(\.notAfter.value) == [1_800_000_000, 1_798_675_200])
        #expect(keys.map(\.keyID) == [nil, "2025-a"])
        #expect(keys.last?.notAfter.location.key == "tokens.previous_keys[1].not_after")
        #expect(try settings("SIMPLE_JWT: {SIGNING_KEY: a}\ntokens: {previous_keys: []}").tokens.previousKeys == [])
    }

    @Test func previousKeyFile_isReadWhole_whenItIsAPublicKey() throws {
        let tokens = try settings(
            """
            SIMPLE_JWT: {ALGORITHM: RS256, VERIFYING_KEY: k}
            tokens: {previous_keys: [{key: {file: old.pem}, not_after: 1}]}
            """
        ).tokens
        #expect(tokens.previousKeys.map(\.key.value.text) == ["PEM\n"])
    }

    @Test(arguments: [
        ("{key: a}", "tokens.previous_keys[0]"), ("{not_after: 1}", "tokens.previous_keys[0]"),
        ("{key: '', not_after: 1}", "tokens.previous_keys[0].key"),
        ("{key: {file: nowhere}, not_after: 1}", "tokens.previous_keys[0].key.file"),
        ("{key: a, not_after: off}", "tokens.previous_keys[0].not_after"),
        ("{key: a, not_after: 2026-12-31}", "tokens.previous_keys[0].not_after"),
        ("{key: a, not_after: 1, kid: ''}", "tokens.previous_keys[0].kid"),
        ("{key: a, not_after: 1, kid: \(String(repeating: "k", count: 257))}", "tokens.previous_keys[0].kid"),
        ("a", "tokens.previous_keys[0]"), ("{key: a, until: 1, not_after: 1}", "tokens.previous_keys[0]"),
        ("{key: SECRET_KEY, not_after: 1}", "tokens.previous_keys[0].key"),
    ])
    func previousKey_isRefused(text: String, key: String) {
        let reading = read("SIMPLE_JWT: {SIGNING_KEY: \"${KEY}\"}\ntokens: {previous_keys: [\(text)]}")
        #expect(reading.problems.map(\.location.key) == [key], "\(reading.rendered)")
    }

    @Test func repeatedKey_isNoticed() {
        let reading = read(
            """
            SIMPLE_JWT: {SIGNING_KEY: "${KEY}"}
            tokens: {previous_keys: [{key: a, not_after: 1}, {key: "${KEY}", not_after: 1}, {key: a, not_after: 2}]}
            """)
        #expect(
            reading.notices.map(\.location.key) == ["tokens.previous_keys[1].key", "tokens.previous_keys[2].key"])
    }

    @Test(arguments: [("k", 1), ("'{\"kid\": \"a\"}'", 0), ("k, kid: a", 0)])
    func namelessKey_isNoticed_besideKeysThatHaveNames(key: String, notices: Int) {
        let reading = read(
            """
            SIMPLE_JWT: {ALGORITHM: RS256, JWK_URL: https://a}
            tokens: {previous_keys: [{key: \(key), not_after: 1}]}
            """)
        #expect(reading.problems.isEmpty && reading.notices.count == notices)
    }

    @Test func secrets_areNotShown_whenSettingsArePrinted() throws {
        let settings = try settings(
            """
            SIMPLE_JWT: {SIGNING_KEY: "first-\(Reading.secret)"}
            tokens:
              previous_keys: [{key: "${KEY}", not_after: 1}]
              issuers: [{name: a, ISSUER: b, SIGNING_KEY: "second-\(Reading.secret)"}]
              revocation: {url: "https://a", token: "${KEY}"}
            assertion: {SIGNING_KEY: "third-\(Reading.secret)"}
            """)
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!"\(settings) \(String(reflecting: settings)) \(dumped)".contains(Reading.secret))
        #expect(dumped.contains("not shown"))
    }
}
