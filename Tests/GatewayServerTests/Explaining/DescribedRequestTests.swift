import Testing

@testable import GatewayServer

@Suite struct DescribedRequestTests {
    private static func text(
        _ url: String,
        _ change: (inout DescribedRequest) -> Void = { _ in }
    ) throws -> [String] {
        var request = try DescribedRequest(method: "GET", url: url)
        change(&request)
        return String(decoding: request.bytes(nil), as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    @Test(arguments: [
        ("http://a.test/x?y=1", "GET /x?y=1 HTTP/1.1", "Host: a.test"),
        ("https://a.test:8443", "GET / HTTP/1.1", "Host: a.test:8443"),
        ("HTTP://[::1]:80?q", "GET /?q HTTP/1.1", "Host: [::1]:80"),
        ("http://a.test/x#part", "GET /x HTTP/1.1", "Host: a.test"),
        ("/x#part", "GET /x#part HTTP/1.1", "Host: localhost"), ("*", "GET * HTTP/1.1", "Host: localhost"),
        ("/a b", "GET /a b HTTP/1.1", "Host: localhost"),
    ])
    func url_becomesRequestLineAndHost(url: String, line: String, host: String) throws {
        #expect(try Self.text(url) == [line, host])
    }

    /// To Swift `?` and a combining mark are one character that is none.
    @Test func query_isFound_whenAMarkFollows() throws {
        #expect(RequestExplainer.withoutQuery("/x?\u{301}=secret") == "/x?…")
        #expect(try DescribedRequest(method: "GET", url: "http://a.test?\u{301}=secret").authority == "a.test")
        #expect(try DescribedRequest(method: "GET", url: "http://a.test/\u{301}").target == "/\u{301}")
        #expect(try DescribedRequest(method: "GET", url: "/\u{301}").authority == "localhost")
    }

    @Test(arguments: ["ftp://a.test/", "x", "", "http://", "http://user:word@a.test/", "GET"])
    func url_isRefused_whenItIsNone(url: String) {
        #expect(throws: DescriptionProblem.self) { try DescribedRequest(method: "GET", url: url) }
    }

    @Test func ownLines_takeThePlaceOfWhatIsAdded() throws {
        let lines = try Self.text("ws://a.test/") {
            $0.headerLines = ["host: b.test", "Sec-WebSocket-Version: 8"]
            $0.token = "t"
        }
        #expect(
            lines == [
                "GET / HTTP/1.1", "host: b.test", "Sec-WebSocket-Version: 8", "authorization: Bearer t",
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            ])
    }

    @Test(arguments: [
        ("http://a.test/", 80), ("wss://a.test/", 443), ("http://a.test:81/", 81), ("http://[::1]/", 80),
        ("http://[::1]:82/", 82), ("/x", nil), ("http://a.test:x/", nil),
    ])
    func port_isTheUrls(url: String, expected: Int?) throws {
        #expect(try DescribedRequest(method: "GET", url: url).port == expected)
    }
}
