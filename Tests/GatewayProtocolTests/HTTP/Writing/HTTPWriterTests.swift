import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

@Suite struct HTTPWriterTests {
    struct Rewriting {
        var connection = UpstreamConnectionOption.persistent
        var pathPrefix = ""
        var strippedPath = 0
        var defaultHost = ""
        var forwarded = ""
        var forwardsHost = false
        var forwardedOpening = ""
        var identity = ""
        var routeLines = ""
        var extra = ""
        var cuts: [String] = []
    }

    static func rewrite(_ request: String, _ how: Rewriting = Rewriting()) throws -> String {
        let buffer = ByteBuffer(string: request)
        var parser = HTTPRequestParser(limits: HTTPLimits())
        #expect(try parser.parse(buffer) == .complete)
        var cuts: [ByteRange] = []
        for cut in how.cuts {
            let start = try #require(offset(of: cut, in: request))
            cuts.append(ByteRange(start: start, end: start + cut.utf8.count))
        }
        parser.head.queryCuts = cuts
        parser.head.strippedPath = how.strippedPath
        var out = ByteBuffer(string: "before|")
        HTTPWriter.writeRequestHead(
            parser.head,
            block: buffer.readableBytesSpan,
            connection: how.connection,
            pathPrefix: Array(how.pathPrefix.utf8),
            defaultHost: Array(how.defaultHost.utf8),
            forwarded: Array(how.forwarded.utf8),
            forwardsHost: how.forwardsHost,
            forwardedOpening: Array(how.forwardedOpening.utf8),
            identity: Array(how.identity.utf8),
            routeLines: Array(how.routeLines.utf8),
            extra: Array(how.extra.utf8),
            into: &out
        )
        let written = String(buffer: out)
        #expect(written.hasPrefix("before|"))
        return String(written.dropFirst(7))
    }

    static func offset(of part: String, in whole: String) -> Int? {
        let (part, whole) = (Array(part.utf8), Array(whole.utf8))
        return (0...max(0, whole.count - part.count)).first { whole[$0...].starts(with: part) }
    }

    @Test func request_isCopiedByteForByte() throws {
        let request =
            "GET /a%2Fb?c=d HTTP/1.1\r\nHost: a\r\nACCEPT:*/*\r\nx-Blank:  \t spaced \t\r\nX-Empty:\r\nCookie: a=b; c\r\n\r\n"
        #expect(try Self.rewrite(request) == request)
    }

    @Test func request_losesDroppedLines_andGainsBlocks() throws {
        let written = try Self.rewrite(
            "\r\nPOST http://a/x HTTP/1.1\r\nConnection: close, x-one\r\nHost: a\r\nX-One: 1\r\nX_Two: 2\r\nX-Three: 3\r\n"
                + "X-Four: 4\r\nContent-Length: 007\r\nExpect: 100-continue\r\nX-Five: 5\r\nTE: trailers\r\n\r\n1234567",
            Rewriting(
                forwarded: "X-Forwarded-For: 1.2.3.4\r\n",
                identity: "X-User-Id: 7\r\nX-Org: o\r\n",
                routeLines: "X-Forwarded-Prefix: /x\r\n",
                extra: "X-Request-Id: r\r\n"
            )
        )
        #expect(
            written
                == "POST /x HTTP/1.1\r\nHost: a\r\nX-Three: 3\r\nX-Four: 4\r\nX-Five: 5\r\nX-Forwarded-For: 1.2.3.4\r\n"
                + "X-User-Id: 7\r\nX-Org: o\r\nX-Forwarded-Prefix: /x\r\nX-Request-Id: r\r\nContent-Length: 7\r\n\r\n"
        )
    }

    @Test(
        arguments: [
            (get(), UpstreamConnectionOption.persistent, ""), (get(), .close, "Connection: close\r\n"),
            (post("Content-Length: 0"), .persistent, "Content-Length: 0\r\n"),
            (post("Content-Length: 9223372036854775807"), .persistent, "Content-Length: 9223372036854775807\r\n"),
            (post("Transfer-Encoding: CHUNKED"), .close, "Transfer-Encoding: chunked\r\nConnection: close\r\n"),
            (get("Upgrade: h2c", "Connection: upgrade"), .persistent, ""),
            (
                get("Upgrade: x, WebSocket", "Connection: keep-alive, upgrade"), .webSocket,
                "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            ),
        ]
    )
    func ownLines_areWritten(_ request: String, _ connection: UpstreamConnectionOption, _ lines: String) throws {
        let method = request.prefix { $0 != " " }
        let written = try Self.rewrite(request, Rewriting(connection: connection))
        #expect(written == "\(method) / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n")
    }

    @Test func forwardedHost_isWritten_whenThereIsAHost() throws {
        let host = String(repeating: "h", count: 400)
        let how = Rewriting(forwarded: "X-Forwarded-Port: 80\r\n", forwardsHost: true, identity: "X-User-Id: 7\r\n")
        #expect(
            try Self.rewrite("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", how)
                == "GET / HTTP/1.1\r\nHost: \(host)\r\nX-Forwarded-Port: 80\r\nX-Forwarded-Host: \(host)\r\n"
                + "X-User-Id: 7\r\n\r\n"
        )
        let old = try Self.rewrite("GET / HTTP/1.0\r\n\r\n", how)
        #expect(old == "GET / HTTP/1.1\r\nHost: \r\nX-Forwarded-Port: 80\r\nX-User-Id: 7\r\n\r\n")
    }

    @Test func oldRequest_isUpgraded_andGetsAHost() throws {
        let written = try Self.rewrite("GET / HTTP/1.0\r\nX: y\r\n\r\n", Rewriting(defaultHost: "b:80"))
        #expect(written == "GET / HTTP/1.1\r\nHost: b:80\r\nX: y\r\n\r\n")
        #expect(try Self.rewrite("GET / HTTP/1.0\r\nHost: a\r\n\r\n") == "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    @Test(
        arguments: [
            ("/p?token=x", ["token=x"], "/p"), ("/p?a=1&token=x", ["&token=x"], "/p?a=1"),
            ("/p?token=x&a=1", ["token=x&"], "/p?a=1"), ("/p?t=1&a=1&t=2&b&t=3", ["t=1&", "t=2&", "&t=3"], "/p?a=1&b"),
            ("/p?", [], "/p?"), ("/p?a=1&token=x", [], "/p?a=1&token=x"),
        ]
    )
    func queryCuts_areLeftOut(_ target: String, _ cuts: [String], _ forwarded: String) throws {
        let written = try Self.rewrite("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", Rewriting(cuts: cuts))
        #expect(written == "GET \(forwarded) HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    @Test(
        arguments: [
            ("/chat/x?a=b", 5, "", "/x?a=b"), ("/chat", 5, "", "/"), ("/chat?a", 5, "", "/?a"), ("/chat?", 5, "", "/?"),
            ("/chat/", 5, "", "/"), ("/chat", 5, "/v1", "/v1/"), ("/chat/x%2F", 5, "/v1", "/v1/x%2F"),
            ("/x?y", 0, "/v1", "/v1/x?y"), ("/", 0, "/v1", "/v1/"), ("http://a/chat/x?y", 5, "/v1", "/v1/x?y"),
        ]
    )
    func path_isStrippedAndPrefixed(_ target: String, _ stripped: Int, _ prefix: String, _ forwarded: String) throws {
        let how = Rewriting(pathPrefix: prefix, strippedPath: stripped)
        let written = try Self.rewrite("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", how)
        #expect(written == "GET \(forwarded) HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    @Test func strippedPath_andQueryCuts_goTogether() throws {
        let how = Rewriting(pathPrefix: "/v1", strippedPath: 5, cuts: ["token=x&"])
        let written = try Self.rewrite("GET /chat?token=x&b=c HTTP/1.1\r\nHost: a\r\n\r\n", how)
        #expect(written == "GET /v1/?b=c HTTP/1.1\r\nHost: a\r\n\r\n")
        let all = Rewriting(pathPrefix: "/v1", strippedPath: 5, cuts: ["token=x"])
        let bare = try Self.rewrite("GET /chat?token=x HTTP/1.1\r\nHost: a\r\n\r\n", all)
        #expect(bare == "GET /v1/ HTTP/1.1\r\nHost: a\r\n\r\n")
    }

    @Test func strippedPath_isForgotten_byAReset() throws {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        #expect(try parser.parse(ByteBuffer(string: get())) == .complete)
        parser.head.strippedPath = 1
        parser.reset()
        #expect(parser.head.strippedPath == 0)
    }

    @Test func forwardedElement_getsTheHost() throws {
        let host = String(repeating: "h", count: 400)
        let how = Rewriting(
            forwardsHost: true, forwardedOpening: "Forwarded: for=192.0.2.1;proto=http;host=\"", identity: "X: y\r\n")
        #expect(
            try Self.rewrite("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", how)
                == "GET / HTTP/1.1\r\nHost: \(host)\r\nX-Forwarded-Host: \(host)\r\n"
                + "Forwarded: for=192.0.2.1;proto=http;host=\"\(host)\"\r\nX: y\r\n\r\n"
        )
        let old = try Self.rewrite("GET / HTTP/1.0\r\n\r\n", how)
        #expect(old.contains("Forwarded: for=192.0.2.1;proto=http;host=\"\"\r\n"))
    }

    struct Response: Sendable {
        var received: String
        var clientMinorVersion: UInt8 = 1
        var keepAlive = true
        var extraLines = ""
        var date = ""
        var written: String
    }

    static let responses: [Response] = [
        Response(
            received: ok("Content-Length: 3"),
            extraLines: "X: y\r\n",
            date: "Date: d\r\n",
            written: "HTTP/1.1 200 OK\r\nX: y\r\nDate: d\r\nContent-Length: 3\r\n\r\n"
        ),
        Response(
            received: ok("Connection: date", "dAte: theirs", "Content-Length: 3"),
            date: "Date: d\r\n",
            written: "HTTP/1.1 200 OK\r\ndAte: theirs\r\nContent-Length: 3\r\n\r\n"
        ),
        Response(
            received: "HTTP/1.1 103 Early Hints\r\n\r\n",
            date: "Date: d\r\n",
            written: "HTTP/1.1 103 Early Hints\r\n\r\n"
        ),
        Response(
            received: "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            date: "Date: d\r\n",
            written: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        ),
        Response(
            received: ok("Server: x", "Content-Length: 3", "Date: d"),
            written: "HTTP/1.1 200 OK\r\nServer: x\r\nDate: d\r\nContent-Length: 3\r\n\r\n"
        ),
        Response(
            received: "HTTP/1.0 404\r\nContent-Length: 0\r\nX:y\r\n\r\n",
            keepAlive: false,
            extraLines: "X-Request-Id: r\r\n",
            written: "HTTP/1.1 404 \r\nX:y\r\nX-Request-Id: r\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
        Response(
            received: ok("Transfer-Encoding: chunked", "Connection: close"),
            written: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        ),
        Response(received: ok("X: y"), written: "HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Response(
            received: ok("Transfer-Encoding: chunked"),
            clientMinorVersion: 0,
            written: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        ),
        Response(received: ok(), clientMinorVersion: 0, written: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
        Response(
            received: ok("Content-Length: 1"),
            clientMinorVersion: 0,
            written: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n"
        ),
        Response(
            received: ok("Content-Length: 1"),
            clientMinorVersion: 0,
            keepAlive: false,
            written: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n"
        ),
        Response(
            received: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n",
            written: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n"
        ),
        Response(
            received: "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
            keepAlive: false,
            written: "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
        ),
        Response(
            received: "HTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: x\r\n\r\n",
            keepAlive: false,
            written: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        ),
        Response(
            received: "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: upgrade\r\n"
                + "Sec-WebSocket-Accept: x\r\n\r\n",
            keepAlive: false,
            written: "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\n\r\n"
        ),
    ]

    @Test(arguments: responses)
    func response_isRewritten(_ response: Response) throws {
        let buffer = ByteBuffer(string: response.received)
        var parser = HTTPResponseParser(limits: HTTPLimits())
        #expect(try parser.parse(buffer, requestMethod: .get) == .complete)
        var out = ByteBuffer()
        HTTPWriter.writeResponseHead(
            parser.head,
            block: buffer.readableBytesSpan,
            clientMinorVersion: response.clientMinorVersion,
            keepAlive: response.keepAlive,
            framing: HTTPWriter.clientFraming(parser.head.framing, clientMinorVersion: response.clientMinorVersion),
            extraLines: Array(response.extraLines.utf8),
            date: Array(response.date.utf8),
            into: &out
        )
        #expect(String(buffer: out) == response.written)
    }

    @Test func answer_isWhole() {
        var out = ByteBuffer()
        HTTPWriter.writeAnswer(
            status: 401,
            contentType: "application/json",
            headerLines: Array("WWW-Authenticate: Bearer realm=\"api\"\r\n".utf8),
            body: Array("{}".utf8),
            keepAlive: true,
            date: HTTPDate.line(unixSeconds: 784_111_777),
            into: &out
        )
        let head =
            "HTTP/1.1 401 Unauthorized\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nWWW-Authenticate: Bearer realm=\"api\"\r\n"
            + "Content-Type: application/json\r\n"
        #expect(String(buffer: out) == head + "Content-Length: 2\r\n\r\n{}")
    }

    @Test(
        arguments: [
            (200, true, UInt8(1), true, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"),
            (200, false, 0, true, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\nbody"),
            (400, false, 1, false, "HTTP/1.1 400 Bad Request\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody"),
            (204, false, 1, true, "HTTP/1.1 204 No Content\r\n\r\n"),
            (299, false, 1, true, "HTTP/1.1 299 \r\nContent-Length: 4\r\n\r\nbody"),
        ]
    )
    func answer_isFramed(_ status: Int, _ omits: Bool, _ minor: UInt8, _ keepAlive: Bool, _ written: String) {
        var out = ByteBuffer()
        HTTPWriter.writeAnswer(
            status: status,
            body: Array("body".utf8),
            omitsBody: omits,
            clientMinorVersion: minor,
            keepAlive: keepAlive,
            into: &out
        )
        #expect(String(buffer: out) == written)
    }

    @Test(
        arguments: [
            (1, "1\r\n"), (9, "9\r\n"), (10, "a\r\n"), (16, "10\r\n"), (255, "ff\r\n"), (256, "100\r\n"), (0, ""),
            (-1, ""),
            (65_536, "10000\r\n"), (Int.max, "7fffffffffffffff\r\n"),
        ]
    )
    func chunkHeader_isHexadecimal(_ count: Int, _ written: String) {
        var out = ByteBuffer()
        HTTPWriter.writeChunkHeader(count, into: &out)
        #expect(String(buffer: out) == written)
    }

    @Test func continue_isWritten() {
        var out = ByteBuffer()
        HTTPWriter.writeContinue(into: &out)
        #expect(String(buffer: out) == "HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// Every violation a client can be answered for has a phrase.
    @Test(arguments: HTTPViolation.allCases)
    func reasonPhrase_isKnown(_ violation: HTTPViolation) {
        #expect(HTTPWriter.reasonPhrase(violation.status).utf8CodeUnitCount > 0)
    }
}
