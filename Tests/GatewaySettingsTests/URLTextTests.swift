import Testing

@testable import GatewaySettings

@Suite struct URLTextTests {
    @Test(arguments: [
        (
            "https://id.example.com/jwks.json",
            URLSettings(scheme: .https, host: "id.example.com", port: 443, path: "/jwks.json")
        ),
        ("https://id.example.com", .init(scheme: .https, host: "id.example.com", port: 443, path: "/")),
        ("HTTPS://ID.Example.com:8443/A", .init(scheme: .https, host: "id.example.com", port: 8443, path: "/A")),
        ("https://a?tenant=1&x=%2F/?", .init(scheme: .https, host: "a", port: 443, path: "/?tenant=1&x=%2F/?")),
        ("https://a/b?c@d", .init(scheme: .https, host: "a", port: 443, path: "/b?c@d")),
        ("http://127.0.0.1:8000/keys", .init(scheme: .http, host: "127.0.0.1", port: 8000, path: "/keys")),
        ("http://127.9.9.9/", .init(scheme: .http, host: "127.9.9.9", port: 80, path: "/")),
        ("http://localhost/", .init(scheme: .http, host: "localhost", port: 80, path: "/")),
        ("http://[::1]:81/", .init(scheme: .http, host: "::1", port: 81, path: "/")),
        ("https://[2001:DB8:0::1]/", .init(scheme: .https, host: "2001:db8::1", port: 443, path: "/")),
        ("https://my_idp:1/~a;b=c/", .init(scheme: .https, host: "my_idp", port: 1, path: "/~a;b=c/")),
    ])
    func url_isRead(text: String, url: URLSettings) throws { #expect(try URLText.parse(text) == url) }

    @Test(arguments: [
        ("", "is not a URL"), ("id.example.com/jwks", "is not a URL"), ("/jwks.json", "is not a URL"),
        ("https:/a", "is not a URL"), ("ftp://a/b", "is not fetched over HTTP"), ("://a", "is not fetched over HTTP"),
        ("file:///jwks.json", "is not fetched over HTTP"), ("https://", "names no host"),
        ("https:///jwks", "names no host"), ("https://a b/", "holds a blank or is not ASCII"),
        ("https://münchen.example/", "holds a blank or is not ASCII"), ("https://a:0/", "has no valid port"),
        ("https://a:/", "has no valid port"), ("https://a:65536/", "has no valid port"),
        ("https://a:x/", "has no valid port"), ("https://-a/", "holds no valid host"),
        ("https://1.2.3/", "holds no valid host"), ("https://::1/", "holds no valid host"),
        ("https://a/#b", "holds a fragment"), ("https://a#b", "holds a fragment"),
        ("https://a/%", "holds a sign that no URL has"), ("https://a/%4", "holds a sign that no URL has"),
        ("https://a/%4g", "holds a sign that no URL has"), ("https://a/<b>", "holds a sign that no URL has"),
        ("https://a/\"", "holds a sign that no URL has"), ("https://a/\\b", "holds a sign that no URL has"),
        ("http://id.example.com/", "is not encrypted"), ("http://10.0.0.1/", "is not encrypted"),
        ("http://128.0.0.1/", "is not encrypted"), ("http://[::2]/", "is not encrypted"),
        ("http://localhost.example.com/", "is not encrypted"), ("http://127.0.0.1.example.com/", "is not encrypted"),
        ("https://a/" + String(repeating: "b", count: 2048), "is too long a URL"),
    ])
    func url_isRefused(text: String, message: String) {
        #expect { try URLText.parse(text) } throws: { ($0 as? ScalarProblem)?.message == message }
    }

    @Test(arguments: [("id.example.com/jwks", "did you mean https://id.example.com/jwks?"), ("not a url", nil)])
    func missingScheme_isAdded(text: String, suggestion: String?) {
        #expect { try URLText.parse(text) } throws: { ($0 as? ScalarProblem)?.suggestion == suggestion }
    }

    @Test(arguments: [
        ("https://u:p@a/", true), ("https://u@a", true), ("u:p@a", true), ("//u@a/", true), ("https://a@b?c", true),
        ("https://a/b@c", false), ("https://a?b@c", false), ("https://a", false), ("", false),
    ])
    func userName_isFound(text: String, isThere: Bool) { #expect(URLText.holdsUserName(text) == isThere) }

    @Test(arguments: [
        ("https://a/", "a"), ("https://a:8443/", "a:8443"), ("http://127.0.0.1:443/", "127.0.0.1:443"),
        ("https://[::1]/", "[::1]"), ("http://[::1]:8080/", "[::1]:8080"), ("http://localhost:80/", "localhost"),
    ])
    func authority_leavesOutTheUsualPort(text: String, authority: String) throws {
        #expect(try URLText.parse(text).authority == authority)
    }

    /// A password in a file is one too many already.
    @Test(arguments: [
        "https://user:pass-word@id.example.com/", "http://user:pass-word@127.0.0.1/", "user:pass-word@a",
    ])
    func password_isNeverShown(url: String) {
        for text in [
            "SIMPLE_JWT: {ALGORITHM: RS256, JWK_URL: \"\(url)\"}", "tokens: {revocation: {url: \"\(url)\"}}",
        ] {
            let reading = Reading.of(adding: text)
            #expect(reading.problems.map(\.message) == ["the URL holds a user name"])
            #expect(!reading.rendered.joined().contains("pass-word"))
        }
    }
}
