import GatewaySettings
import NIOCore
import Testing

@testable import GatewayServer

@Suite struct FetchStateMachineTests {
    private typealias Outcome = FetchStateMachine.Outcome

    private static let ok = "HTTP/1.1 200 OK\r\n"

    /// What comes of an answer that arrives in pieces, and then the end.
    private static func outcome(_ answer: String, piece: Int, limit: Int = 100, isConditional: Bool = true) -> Outcome?
    {
        var machine = FetchStateMachine(limit: limit, isConditional: isConditional)
        let bytes = Array(answer.utf8)
        var outcome: Outcome?
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let news = machine.received(ByteBuffer(bytes: bytes[start..<min(start + piece, bytes.count)]))
            #expect(outcome == nil || news == nil, "told twice")
            outcome = outcome ?? news
        }
        let end = machine.ended()
        #expect(outcome == nil || end == nil, "told twice")
        let late = [machine.ended(), machine.received(ByteBuffer(string: "more"))]
        #expect(late == [nil, nil])
        return outcome ?? end
    }

    private static let answers: [(String, Outcome)] = [
        (ok + "Content-Length: 2\r\n\r\n{}", .success(.document(Array("{}".utf8), etag: nil))),
        (ok + "ETag: \"v1\"\r\n\r\n{}", .success(.document(Array("{}".utf8), etag: "\"v1\""))),
        (ok + "etag: W/\"a-b\"\r\nContent-Length: 0\r\n\r\n", .success(.document([], etag: "W/\"a-b\""))),
        (ok + "ETag: v1\r\n\r\n", .success(.document([], etag: nil))),
        (ok + "ETag: \"a\"b\"\r\n\r\n", .success(.document([], etag: nil))),
        (ok + "ETag: \"a b\"\r\n\r\n", .success(.document([], etag: nil))),
        (
            ok + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n",
            .success(.document(Array("{}".utf8), etag: nil))
        ),
        (ok + "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\n1", .success(.document([0x31], etag: nil))),
        (
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok + "Content-Length: 1\r\n\r\n1",
            .success(.document([0x31], etag: nil))
        ),
        ("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n", .success(.notModified)),
        (ok + "Content-Length: 3\r\n\r\n{}", .failure(.endedEarly)),
        (ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", .failure(.endedEarly)),
        (ok + "Content-Len", .failure(.endedEarly)),
        ("", .failure(.endedEarly)),
        (ok + "Content-Encoding: gzip\r\n\r\n", .failure(.coded)),
        (ok + "Content-Length: 101\r\n\r\n", .failure(.tooLarge(limit: 100))),
        (ok + "\r\n" + String(repeating: "x", count: 101), .failure(.tooLarge(limit: 100))),
        (
            ok + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + String(repeating: "x", count: 101),
            .failure(.tooLarge(limit: 100))
        ),
        ("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", .failure(.redirected(302))),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", .failure(.status(404))),
        ("HTTP/1.1 204 No Content\r\n\r\n", .failure(.status(204))),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", .failure(.status(101))),
        ("HTTP/1.1 500 Oops\r\n\r\n", .failure(.status(500))),
        (
            String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 9),
            .failure(.malformed("too many interim answers"))
        ),
    ]

    @Test(arguments: answers.indices, [1, 7, 100_000])
    func answer_isReadOrRefused_howeverItArrives(index: Int, piece: Int) {
        let (answer, expected) = Self.answers[index]
        #expect(Self.outcome(answer, piece: piece) == expected, "\(answer)")
    }

    @Test func notModified_isRefused_whenNothingWasThere() {
        let outcome = Self.outcome("HTTP/1.1 304 Not Modified\r\n\r\n", piece: 9, isConditional: false)
        #expect(outcome == .failure(.redirected(304)))
    }

    @Test(arguments: ["SSH-2.0-x\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"])
    func garbage_isMalformed(answer: String) {
        guard case .failure(.malformed) = Self.outcome(answer, piece: 3) else {
            Issue.record("\(answer) is taken")
            return
        }
    }

    @Test func document_ofTheVeryLimit_isTaken() {
        let body = String(repeating: "x", count: 100)
        #expect(Self.outcome(Self.ok + "\r\n" + body, piece: 11) == .success(.document(Array(body.utf8), etag: nil)))
    }

    @Test func request_namesWhatIsThere_andWhoAsks() {
        let url = URLSettings(scheme: .https, host: "id.example.com", port: 8443, path: "/keys?a=b")
        var request = FetchRequest(url: url, limit: 1, timeout: .seconds(1))
        #expect(!String(buffer: request.head).contains("Authorization"))
        request.token = Secret("s3cret")
        request.etag = "\"v1\""
        #expect(
            String(buffer: request.head) == """
                GET /keys?a=b HTTP/1.1\r
                Host: id.example.com:8443\r
                User-Agent: tollgate\r
                Accept: application/json, application/jwk-set+json\r
                Accept-Encoding: identity\r
                Connection: close\r
                Authorization: Bearer s3cret\r
                If-None-Match: "v1"\r
                \r

                """)
        #expect(url.shown == "https://id.example.com:8443/keys")
    }

    @Test(arguments: [
        ("id.example.com", "id.example.com", true), ("ID.example.com", "id.EXAMPLE.com.", true),
        ("id.example.com", "*.example.com", true), ("id.example.com", "*.com", false),
        ("a.b.example.com", "*.example.com", false), ("example.com", "*.example.com", false),
        ("id.example.com", "i*.example.com", false), ("id.example.com", "example.com", false),
        ("id.example.com", "", false), ("id.example.com", "*", false), (".example.com", "*.example.com", false),
        ("localhost", "localhost", true), ("localhost", "*", false), ("localhost", "127.0.0.1", false),
    ])
    func certificate_isOfTheHost_thatItNames(host: String, name: String, fits: Bool) {
        #expect(CertificateNames.match(host, name: name) == fits)
    }
}
