import Testing

@testable import GatewayPolicy

@Suite struct CORSOriginTests {
    @Test(arguments: [
        ("https://app.example.com", "https://app.example.com"), ("HTTPS://App.Example.COM", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"), ("http://a.example:80", "http://a.example"),
        ("http://a.example:443", "http://a.example:443"), ("https://a.example:08443", "https://a.example:8443"),
        ("http://[::1]:8080", "http://[::1]:8080"), ("https://[::1]:443", "https://[::1]"),
        ("http://localhost", "http://localhost"),
        ("chrome-extension://abc", "chrome-extension://abc"), ("null", "null"), ("NULL", "null"), ("*", "*"),
    ])
    func origin_isKeptAsABrowserWritesIt(text: String, expected: String) throws {
        #expect(try CORSOrigin(text).text == expected)
    }

    @Test(arguments: [
        "", "example.com", ".example.com", "//example.com", "https://", "https://.example.com", "https://*.example.com",
        "https://example.com/", "https://example.com/x", "https://user@example.com", "https://example.com:x",
        "https://example.com:99999", "https://exa mple.com", "https://example.com ",
        "https://a.example, https://b.example",
        "https://b\u{FC}cher.example", "**", "https://example.com\r\nX: y", "https://[::1", "1http://a",
    ])
    func text_isRefused_whenItIsNoOrigin(text: String) {
        #expect(throws: PatternProblem.self) { try CORSOrigin(text) }
    }

    @Test func international_name_isExplained() {
        do {
            _ = try CORSOrigin("https://b\u{FC}cher.example")
            Issue.record("no browser sends this")
        } catch {
            #expect(error.hint == "browsers send https://xn--bcher-kva.example")
        }
    }
}
