import GatewayMessage
import GatewayProtocol
import Testing

@Suite struct ConnectionOptionTests {
    @Test(
        arguments: [
            (get(), true), (get("Connection: keep-alive"), true), (get("Connection: close"), false),
            (get("Connection: CLOSE"), false), (get("Connection: x, close"), false),
            (get("Connection: keep-alive", "Connection: close"), false), (get("Connection: closed"), true),
            (get("Connection:"), true), (get("Connection: , ,close,"), false),
            ("GET / HTTP/1.0\r\n\r\n", false), ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
            ("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n", false),
        ]
    )
    func connection_isKept_asTheClientAsks(_ request: String, _ keepsAlive: Bool) throws {
        #expect(try #require(parseRequest(request).head).keepsAlive == keepsAlive)
    }

    @Test func hopByHopFields_areDropped() throws {
        let head = try #require(
            parseRequest(
                post(
                    "Connection: close", "Keep-Alive: timeout=5", "Proxy-Connection: close", "TE: trailers",
                    "Trailer: X",
                    "Upgrade: h2c", "Proxy-Authorization: Basic eA==", "Proxy-Authenticate: x", "Content-Length: 0",
                    "Cookie: a=b"
                )
            ).head
        )
        #expect(head.kept == ["Host: a", "Cookie: a=b"])
        #expect(head.dropped.count == 9)
    }

    @Test func nominatedFields_areDropped_whereverTheyStand() throws {
        let head = try #require(
            parseRequest(
                get(
                    "X-One: 1", "Connection: x-one,X-TWO", "X-Two: 2", "x-two: 3", "X-Three: 4", "Connection: x-four",
                    "X-Four: 5", "X-Two-More: 6"
                )
            ).head
        )
        #expect(head.kept == ["Host: a", "X-Three: 4", "X-Two-More: 6"])
    }

    /// Without them it would be another request.
    @Test func nomination_isIgnored_forFieldsTheMessageNeeds() throws {
        let head = try #require(
            parseRequest(
                post(
                    "Connection: host, content-length, Sec-WebSocket-Key, Transfer-Encoding", "Content-Length: 4",
                    "Sec-WebSocket-Key: x"
                )
            ).head
        )
        #expect(head.kept == ["Host: a", "Sec-WebSocket-Key: x"])
        #expect(head.framing == .length(4))
        #expect(head.host == "a")
    }

    @Test func options_areBounded() {
        let limits = HTTPLimits(headerCount: 5)
        #expect(parseRequest(get("Connection: a,b,c", "Connection: d,e"), limits: limits).head != nil)
        let more = parseRequest(get("Connection: a,b,c", "Connection: d,e,f"), limits: limits)
        #expect(more == .violation(.tooManyConnectionOptions))
    }

    @Test(
        arguments: [
            (get("Connection: Upgrade", "Upgrade: WebSocket"), RequestedUpgrade.webSocket),
            (get("Connection: keep-alive, Upgrade", "Upgrade: websocket"), .webSocket),
            (get("Upgrade: h2c", "Upgrade: websocket", "Connection: upgrade"), .webSocket),
            (get("Upgrade: h2c, websocket", "Connection: upgrade"), .webSocket),
            (get("Connection: upgrade", "Upgrade: websocket", "Content-Length: 0"), .webSocket),
            (get("Connection: upgrade", "Upgrade: h2c"), .other),
            (get("Connection: upgrade", "Upgrade: websockets"), .other),
            (get("Connection: upgrade", "Upgrade: websocket/13"), .other),
            (get("Connection: upgrade", "Upgrade: h2c", "Content-Length: 5"), .other),
            (post("Connection: upgrade", "Upgrade: websocket"), .webSocket),
            (get("Connection: upgrade"), .none),
            (get("Upgrade: websocket"), .none),
            (get("Connection: close", "Upgrade: websocket", "Content-Length: 1"), .none),
            ("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", .none),
            ("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\n", .none),
        ]
    )
    func upgrade_isRecognised(_ request: String, _ upgrade: RequestedUpgrade) throws {
        let head = try #require(parseRequest(request).head)
        #expect(head.upgrade == upgrade)
        if upgrade == .webSocket { #expect(head.framing == .none) }
        #expect(!head.kept.contains { $0.hasPrefix("Upgrade") || $0.hasPrefix("Connection") })
    }
}
