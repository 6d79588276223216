import Testing

@testable import GatewaySettings

@Suite struct CORSSettingsTests {
    @Test(arguments: [
        "https://app.example.com", "http://localhost:3000", "https://app.example.com:8443", "null", "http://127.0.0.1",
        "http://[::1]:8080", "https://xn--mnchen-3ya.example", "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
        "https://app.example.com.", "https://my_app", "http://a:443", "https://a:80",
    ])
    func origin_isRead_whenItIsWhatBrowsersSend(text: String) throws { #expect(try OriginText.parse(text) == text) }

    /// One correction mends everything at once, and is right itself.
    @Test(arguments: [
        ("HTTPS://User:pw@App.Example.com:443/chat/?x=1#y", "https://app.example.com"),
        ("http://a:80", "http://a"), ("https://a:443", "https://a"), ("a.example", "https://a.example"),
        ("localhost:3000", "https://localhost:3000"), ("//a.example/", "https://a.example"),
        ("ws://a.example/ws/", "http://a.example"), ("wss://a.example:443", "https://a.example"),
        ("https://[0::1]", "https://[::1]"), ("https://a.example/", "https://a.example"),
        ("https://a.example?", "https://a.example"), ("https://a.example#", "https://a.example"),
    ])
    func correction_isWhatBrowsersSend(text: String, meant: String) throws {
        do {
            _ = try OriginText.parse(text)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.suggestion == "did you mean \(meant)?")
        }
        #expect(try OriginText.parse(meant) == meant)
    }

    @Test(arguments: [
        "", "*", "https://", "://a", "https:///a", "https://*", "https://a:", "https://a:x", "https://a:080",
        "https://a:65536", "https://a b", "https://a,b", "https://-a", "https://a..b", "https://1.2.3", "https://::1",
        "https://[::1", "https://[::ffff:10.0.0.1]", "htps://a", "http//a", "https:/a", "file://", "NULL", "9p://a",
        "https://ä", "https://%61", "https://a\\b", "https://\(String(repeating: "a", count: 64))",
    ])
    func origin_isRefused_whenNoBrowserSendsIt(text: String) {
        #expect(throws: ScalarProblem.self) { try OriginText.parse(text) }
    }

    @Test func everySetting_isRead() throws {
        let reading = Reading.of(
            adding: """
                cors:
                  origins: ["https://app.example.com", "http://localhost:3000"]
                  methods: [GET, POST, PURGE]
                  headers: [Authorization, X-Api-Version]
                  exposed_headers: [X-Total-Count]
                  credentials: true
                  max_age: 2h
                """
        )
        #expect(reading.rendered == [])
        let cors = try #require(reading.settings?.cors)
        #expect(cors.origins.map(\.value) == ["https://app.example.com", "http://localhost:3000"])
        #expect(cors.origins.last?.location.key == "cors.origins[1]")
        #expect(cors.methods == ["GET", "POST", "PURGE"])
        #expect(cors.headers == ["authorization", "x-api-version"])
        #expect(cors.exposedHeaders == ["x-total-count"])
        #expect(cors.credentials)
        #expect(cors.maxAge == .seconds(7200))
    }

    @Test func defaults_hold_whenOnlyOriginsAreWritten() throws {
        let cors = try #require(Reading.of(adding: "cors: {origins: ['*']}").settings?.cors)
        #expect(cors == CORSSettings(origins: cors.origins))
        #expect(cors.origins.map(\.value) == ["*"])
    }

    @Test func cors_isOff_unlessWritten() throws {
        #expect(try #require(Reading.of(adding: "cors:").settings).cors == nil)
        #expect(try #require(Reading.of(Reading.minimal).settings).cors == nil)
    }

    @Test func headers_mayBeNone() throws {
        let cors = try #require(
            Reading.of(adding: "cors: {origins: ['*'], headers: [], exposed_headers: []}").settings?.cors)
        #expect(cors.headers.isEmpty && cors.exposedHeaders.isEmpty)
    }

    @Test func star_isProblem_whenCookiesAreSent() {
        let reading = Reading.of(adding: "cors: {origins: ['*'], credentials: true}")
        #expect(reading.problems.map(\.location.key) == ["cors.origins[0]"])
    }

    /// The other way round to the golden.
    @Test(arguments: ["SIMPLE_JWT: {SIGNING_KEY: '${KEY}'}", "tokens: {sources: [query]}"])
    func tokenHeader_isNotMissed_whenListedOrUnused(line: String) {
        let jwt =
            line.hasPrefix("tokens") ? "SIMPLE_JWT: {SIGNING_KEY: '${KEY}', AUTH_HEADER_NAME: HTTP_X_TOKEN}\n" : ""
        #expect(Reading.of(adding: jwt + line + "\ncors: {origins: ['*']}").rendered == [])
    }

    @Test(arguments: ["GET", "OPTIONS", "PROPFIND", "M-SEARCH", "X_Y"])
    func method_isRead(text: String) throws { #expect(try MethodText.parse(text) == text) }

    @Test(arguments: [
        "", "get", "Post", "X!", "M2", "CONNECT", "trace", "*", "all", "GET,POST", "GET POST", "GÉT", "GET\u{0}",
    ])
    func method_isRefused_whenNoRequestHasIt(text: String) {
        #expect(throws: ScalarProblem.self) { try MethodText.parse(text) }
    }

    @Test(arguments: [
        ("DELET", "DELETE"), ("OPTION", "OPTIONS"), ("PSOT", "POST"), ("LOCK", nil), ("PURGE", nil), ("PROPFIND", nil),
        ("COPY", nil), ("MOVE", nil), ("LIST", nil), ("GET", nil),
    ])
    func typo_isSuspected_whenNobodyRegisteredTheMethod(text: String, meant: String?) {
        #expect(MethodText.likelyTypo(text) == meant)
    }
}
