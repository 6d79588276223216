import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

@Suite struct AcceptedRequestTests {
    struct Target: Sendable {
        var line: String
        var target: String
        var path: String
        var query: String?
    }

    static let targets = [
        Target(line: "GET / HTTP/1.1", target: "/", path: "/", query: nil),
        Target(line: "GET /? HTTP/1.1", target: "/?", path: "/", query: ""),
        Target(line: "GET /a/b?c=d&e HTTP/1.1", target: "/a/b?c=d&e", path: "/a/b", query: "c=d&e"),
        Target(line: "GET /a?b?c HTTP/1.1", target: "/a?b?c", path: "/a", query: "b?c"),
        Target(line: "GET /a?b\\c HTTP/1.1", target: "/a?b\\c", path: "/a", query: "b\\c"),
        Target(
            line: "GET /a;b=c/%2F/..//x|{}^ HTTP/1.1", target: "/a;b=c/%2F/..//x|{}^", path: "/a;b=c/%2F/..//x|{}^",
            query: nil),
        Target(line: "GET //x/y HTTP/1.1", target: "//x/y", path: "//x/y", query: nil),
        Target(line: "GET http://a/ HTTP/1.1", target: "/", path: "/", query: nil),
        Target(line: "GET HTTPS://A/b?c=/d HTTP/1.1", target: "/b?c=/d", path: "/b", query: "c=/d"),
        Target(line: "GET /http://b/ HTTP/1.1", target: "/http://b/", path: "/http://b/", query: nil),
    ]

    @Test(arguments: targets)
    func target_isTakenApart(_ expected: Target) throws {
        let bytes = Array("\(expected.line)\r\nHost: a\r\n\r\n".utf8)
        for cuts in Feeding.all(bytes.count) {
            let head = try #require(parseRequest(bytes, cuts: cuts).head)
            #expect(head.target == expected.target)
            #expect(head.path == expected.path)
            #expect(head.query == expected.query)
            #expect(head.blockLength == bytes.count)
        }
    }

    @Test(
        arguments: [
            ("GET", RequestMethod.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("PATCH", .patch),
            ("DELETE", .delete), ("OPTIONS", .options), ("PROPFIND", .other), ("M-SEARCH", .other), ("X_Y", .other),
            ("GETS", .other), ("PUB", .other),
        ]
    )
    func method_isRecognised(_ name: String, _ method: RequestMethod) throws {
        let head = try #require(parseRequest("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n").head)
        #expect(head.method == method)
        #expect(head.methodName == name)
    }

    @Test func fields_areTrimmedAndMarked() throws {
        let bytes = Array(
            get(
                "X-Empty:", "X-Blank: \t ", "x-Tab:\ta\tb ", "X-Utf8: æ…", "X_Alias: 1", "X.Dot: 1", "X~Odd: 1",
                "aCCEPT: */*", "X-1-b: c: d"
            ).utf8
        )
        for cuts in Feeding.all(bytes.count) {
            let head = try #require(parseRequest(bytes, cuts: cuts).head)
            #expect(
                head.kept == [
                    "Host: a", "X-Empty: ", "X-Blank: ", "x-Tab: a\tb", "X-Utf8: æ…", "aCCEPT: */*", "X-1-b: c: d",
                ]
            )
            #expect(head.dropped == ["X_Alias: 1", "X.Dot: 1", "X~Odd: 1"])
            #expect(head.fields[8].known == .accept)
            #expect(head.fields.allSatisfy { $0.foldedHash == FoldedName.hash(of: text($0.name)) })
        }
    }

    @Test(arguments: KnownField.allCases.filter { $0 != .other })
    func known_isRecognised_inAnyLetterCase(_ known: KnownField) throws {
        let name = "\(known.name)"
        // Some of them have rules of their own in a request; a response takes all of them.
        let value = known == .contentLength ? "0" : known == .transferEncoding ? "chunked" : "x"
        for spelling in [name, name.uppercased(), name.prefix(1).uppercased() + name.dropFirst()] {
            let head = try #require(parseResponse(ok("\(spelling): \(value)")).head)
            #expect(head.fields.map(\.known) == [known])
        }
        for other in [name + "x", String(name.dropLast()), "x" + name.dropFirst(), name.dropLast() + "_"] {
            let head = try #require(parseResponse(ok("\(other): \(value)")).head)
            #expect(head.fields.map(\.known) == [.other])
        }
    }

    @Test func aliasOfFramingField_isDroppedAndWithoutMeaning() throws {
        let head = try #require(parseRequest(post("Content_Length: 5", "Transfer_Encoding: chunked")).head)
        #expect(head.framing == .none)
        #expect(head.kept == ["Host: a"])
    }

    @Test(arguments: ["a", "a:80", "a:", "A.example", "x_y", "127.0.0.1:8000", "[::1]", "[::1]:8080", "a%20b"])
    func host_isTaken_whenItIsAnAuthority(_ host: String) throws {
        let head = try #require(parseRequest("GET / HTTP/1.1\r\nHost: \(host) \r\n\r\n").head)
        #expect(head.host == host)
    }

    @Test func host_mayBeMissing_inHTTP10() throws {
        let head = try #require(parseRequest("GET / HTTP/1.0\r\n\r\n").head)
        #expect(head.host == nil)
        #expect(head.minorVersion == 0)
    }

    @Test func emptyLine_isPassedOver_beforeTheRequestLine() throws {
        let bytes = Array("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for cuts in Feeding.all(bytes.count) {
            let head = try #require(parseRequest(bytes, cuts: cuts).head)
            #expect(head.methodName == "GET")
            #expect(head.blockLength == bytes.count)
        }
    }

    @Test(
        arguments: [
            (get(), BodyFraming.none), (post("Content-Length: 0"), .length(0)),
            (post("Content-Length:12 "), .length(12)),
            (post("Content-Length: 007"), .length(7)), (post("Content-Length: 9223372036854775807"), .length(.max)),
            (post("Transfer-Encoding: chunked"), .chunked), (post("transfer-encoding:\tCHUNKED"), .chunked),
            (get("Content-Length: 3"), .length(3)), ("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n", .length(3)),
        ]
    )
    func framing_isRead(_ request: String, _ framing: BodyFraming) throws {
        let head = try #require(parseRequest(request).head)
        #expect(head.framing == framing)
        #expect(!head.kept.contains { $0.lowercased().hasPrefix("content-length") || $0.contains("ncoding") })
    }

    @Test(
        arguments: [
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n", false),
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", false),
            ("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", false),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", false),
        ]
    )
    func expectation_isNoted_whenABodyFollows(_ request: String, _ expects: Bool) throws {
        let head = try #require(parseRequest(request).head)
        #expect(head.expectsContinue == expects)
        #expect(!head.kept.contains { $0.hasPrefix("Expect") })
    }

    /// Further requests stay where they are: the head ends at its empty line, and after a reset the next is read.
    @Test func pipelinedRequests_areReadOneByOne() throws {
        var buffer = ByteBuffer(
            string: "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\nX: y\r\n\r\nGET /3")
        var parser = HTTPRequestParser(limits: HTTPLimits())
        for (path, host, count) in [("/1", "a", 1), ("/2", "b", 2)] {
            #expect(try parser.parse(buffer) == .complete)
            #expect(try parser.parse(buffer) == .complete)
            let summary = RequestSummary(parser.head, Array(buffer.readableBytesView))
            #expect(summary.path == path)
            #expect(summary.host == host)
            #expect(summary.fields.count == count)
            buffer.moveReaderIndex(forwardBy: parser.head.blockLength)
            parser.reset()
        }
        #expect(try parser.parse(buffer) == .needsMore)
        #expect(buffer.readableBytes == 6)
    }

    @Test func reset_forgetsEverything() throws {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        let first =
            "POST http://a/x?y HTTP/1.1\r\nHost: a\r\nConnection: close, upgrade\r\nUpgrade: h2c\r\n"
            + "Content-Length: 1\r\nExpect: 100-continue\r\n\r\n"
        #expect(try parser.parse(ByteBuffer(string: first)) == .complete)
        parser.head.queryCuts = [.empty]
        for second in [
            post("Connection: upgrade", "Content-Length: 1"), post("Transfer-Encoding: chunked"),
            "GET / HTTP/1.0\r\n\r\n",
        ] {
            parser.reset()
            #expect(try parser.parse(ByteBuffer(string: second)) == .complete)
            #expect(RequestOutcome.head(RequestSummary(parser.head, Array(second.utf8))) == parseRequest(second))
            #expect(parser.head.queryCuts.isEmpty)
            parser.reset()
            #expect(try parser.parse(ByteBuffer(string: first)) == .complete)
        }
    }

    /// A keep-alive connection allocates nothing for its heads after the first one.
    @Test func reset_keepsTheStorageOfTheFields() throws {
        var requests = HTTPRequestParser(limits: HTTPLimits())
        var responses = HTTPResponseParser(limits: HTTPLimits())
        var storage: Set<UnsafeRawPointer?> = []
        for _ in 0..<3 {
            #expect(try requests.parse(ByteBuffer(string: get("X: y"))) == .complete)
            #expect(try responses.parse(ByteBuffer(string: ok("X: y")), requestMethod: .get) == .complete)
            requests.head.fields.withUnsafeBytes { _ = storage.insert($0.baseAddress) }
            responses.head.fields.withUnsafeBytes { _ = storage.insert($0.baseAddress) }
            requests.reset()
            responses.reset()
        }
        #expect(storage.count == 2)
    }

    @Test func limits_mayBeAbsurd() throws {
        let boundless = HTTPLimits(requestLine: .max, headerLine: .max, headerBlock: .max, headerCount: .max)
        #expect(parseRequest(get(), limits: boundless).head != nil)
        let nothing = HTTPLimits(requestLine: .min, headerLine: -1, headerBlock: -1, headerCount: -1)
        #expect(parseRequest(get(), limits: nothing) == .violation(.headTooLarge))
    }
}
