import Foundation
import GatewaySettings
import Testing

@testable import GatewayServer

struct AccessLogTests {
    private static let time = LogTime(seconds: 1_795_354_620, nanoseconds: 123_000_000)
    private static let id = ExchangeID(connection: 0xA1B2_C3D4, exchange: 7)

    @Test(arguments: [
        (
            LogFormat.text,
            "2026-11-22T13:37:00.123Z request method=GET path=/api/rooms/?… status=200 refused=- duration_ms=0.532 "
                + "sent_bytes=1234 received_bytes=0 protocol=HTTP/1.1 client=203.0.113.9:51422 route=api/rooms/ "
                + "upstream=chat user=42 id=00000000a1b2c3d4-7"
        ),
        (
            LogFormat.json,
            #"{"time":"2026-11-22T13:37:00.123Z","kind":"request","method":"GET","path":"/api/rooms/?…","status":200,"#
                + #""refused":null,"duration_ms":0.532,"sent_bytes":1234,"received_bytes":0,"protocol":"HTTP/1.1","#
                + #""client":"203.0.113.9:51422","route":"api/rooms/","upstream":"chat","user":"42","#
                + #""id":"00000000a1b2c3d4-7"}"#
        ),
    ])
    func request_isOneLine(format: LogFormat, expected: String) throws {
        let lines = try self.lines(format) { log in
            var record = AccessRecord(time: Self.time, id: Self.id)
            record.client = Array("203.0.113.9:51422".utf8)
            record.status = 200
            record.bytesSent = 1234
            record.microseconds = 532
            record.route = "api/rooms/"
            record.upstream = "chat"
            record.user = "42"
            log.append(record, method: "GET".utf8.span.bytes, path: "/api/rooms/".utf8.span.bytes, hasQuery: true)
        }
        #expect(lines == [expected])
    }

    @Test(arguments: [
        (
            LogFormat.text,
            "2026-11-22T13:37:00.123Z request method=POST path=/x status=401 refused=token_expired duration_ms=0.000 "
                + "sent_bytes=0 received_bytes=0 protocol=HTTP/1.0 client=- route=- upstream=- user=- "
                + "id=00000000a1b2c3d4-7"
        ),
        (
            LogFormat.json,
            #"{"time":"2026-11-22T13:37:00.123Z","kind":"request","method":"POST","path":"/x","status":401,"#
                + #""refused":"token_expired","duration_ms":0.000,"sent_bytes":0,"received_bytes":0,"#
                + #""protocol":"HTTP/1.0","client":null,"route":null,"upstream":null,"user":null,"#
                + #""id":"00000000a1b2c3d4-7"}"#
        ),
    ])
    func request_keepsEveryField_whenThereIsNoValue(format: LogFormat, expected: String) throws {
        let lines = try self.lines(format) { log in
            var record = AccessRecord(time: Self.time, id: Self.id)
            record.transport = .http10
            record.status = 401
            record.refusal = "token_expired"
            log.append(record, method: "POST".utf8.span.bytes, path: "/x".utf8.span.bytes, hasQuery: false)
        }
        #expect(lines == [expected])
    }

    @Test(arguments: [
        (
            LogFormat.text,
            [
                "2026-11-22T13:37:00.123Z websocket_open path=/ws/chat/42/?… duration_ms=1.500 subprotocol=chat.v2 "
                    + #"compressed=true client=203.0.113.9:51422 route="ws/chat/(?P<id>\\d+)/$" upstream=chat "#
                    + "user=alice id=00000000a1b2c3d4-7",
                "2026-11-22T13:37:00.123Z websocket_close closed_by=gateway client_code=4001 upstream_code=- "
                    + "reason=token_expired duration_ms=90000.000 client_messages=3 client_bytes=300 "
                    + "upstream_messages=5 upstream_bytes=5000 client=203.0.113.9:51422 "
                    + #"route="ws/chat/(?P<id>\\d+)/$" upstream=chat user=alice id=00000000a1b2c3d4-7"#,
            ]
        ),
        (
            LogFormat.json,
            [
                #"{"time":"2026-11-22T13:37:00.123Z","kind":"websocket_open","path":"/ws/chat/42/?…","#
                    + #""duration_ms":1.500,"subprotocol":"chat.v2","compressed":true,"client":"203.0.113.9:51422","#
                    + #""route":"ws/chat/(?P<id>\\d+)/$","upstream":"chat","user":"alice","id":"00000000a1b2c3d4-7"}"#,
                #"{"time":"2026-11-22T13:37:00.123Z","kind":"websocket_close","closed_by":"gateway","client_code":4001,"#
                    + #""upstream_code":null,"reason":"token_expired","duration_ms":90000.000,"client_messages":3,"#
                    + #""client_bytes":300,"upstream_messages":5,"upstream_bytes":5000,"client":"203.0.113.9:51422","#
                    + #""route":"ws/chat/(?P<id>\\d+)/$","upstream":"chat","user":"alice","id":"00000000a1b2c3d4-7"}"#,
            ]
        ),
    ])
    func webSocket_isALineAtEachEnd(format: LogFormat, expected: [String]) throws {
        let lines = try self.lines(format) { log in
            var opened = WebSocketOpenRecord(time: Self.time, id: Self.id)
            opened.client = Array("203.0.113.9:51422".utf8)
            opened.route = #"ws/chat/(?P<id>\d+)/$"#
            opened.upstream = "chat"
            opened.user = "alice"
            opened.subprotocol = "chat.v2"
            opened.isCompressed = true
            opened.microseconds = 1500
            log.append(opened, path: "/ws/chat/42/".utf8.span.bytes, hasQuery: true)
            var closed = WebSocketCloseRecord(time: Self.time, id: Self.id)
            closed.client = opened.client
            closed.route = opened.route
            closed.upstream = opened.upstream
            closed.user = opened.user
            closed.closedBy = .gateway
            closed.clientCode = 4001
            closed.reason = "token_expired"
            closed.microseconds = 90_000_000
            closed.messagesFromClient = 3
            closed.bytesFromClient = 300
            closed.messagesFromUpstream = 5
            closed.bytesFromUpstream = 5000
            log.append(closed)
        }
        #expect(lines == expected)
    }

    @Test(arguments: LogFormat.allCases)
    func hostileValues_stayInsideTheirField(format: LogFormat) throws {
        let hostile =
            "x\" user=admin\r\n2026-11-22T13:37:00.123Z request \u{1B}[2J\",\"user\":\"admin\"}\n{\"a\":\"\u{2028}"
        let bytes = Array(hostile.utf8) + [0xFF, 0xC2]
        let lines = try self.lines(format) { log in
            var record = AccessRecord(time: Self.time, id: Self.id)
            record.client = bytes
            record.route = hostile
            record.upstream = hostile
            record.user = hostile
            log.append(record, method: bytes.span.bytes, path: bytes.span.bytes, hasQuery: true)
        }
        let line = try #require(lines.first)
        #expect(lines.count == 1)
        switch format {
        case .json:
            let object = try #require(try Self.object(line))
            #expect(object["user"] as? String == hostile)
            #expect(object["path"] as? String == hostile + #"\xff\xc2?…"#)
            #expect(object.count == 15)
        case .text:
            #expect(Self.fields(line).map(\.key).filter { $0 == "user" } == ["user"])
            #expect(Self.fields(line).count == 13)
        }
    }

    @Test(arguments: LogFormat.allCases)
    func randomBytes_neverBreakALine(format: LogFormat) throws {
        var generator = SeededGenerator(seed: 7)
        let inputs = (0..<400).map { _ in
            (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
                // Half of them from where the traps are.
                Bool.random(using: &generator)
                    ? UInt8.random(in: 0...255, using: &generator)
                    : [0x0A, 0x0D, 0x22, 0x5C, 0x1B, 0xC2, 0x85, 0xE2, 0x80, 0xA8, 0xED, 0xA0].randomElement(
                        using: &generator) ?? 0
            }
        }
        let lines = try self.lines(format) { log in
            for input in inputs {
                var record = AccessRecord(time: Self.time, id: Self.id)
                record.client = input
                record.user = String(decoding: input, as: UTF8.self)
                log.append(record, method: "GET".utf8.span.bytes, path: input.span.bytes, hasQuery: false)
            }
        }
        #expect(lines.count == inputs.count)
        for line in lines {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
            switch format {
            case .json: #expect(try Self.object(line)?.count == 15)
            case .text: #expect(Self.fields(line).count == 13)
            }
        }
    }

    @Test func lines_areStaged_untilFlushed() throws {
        let folder = TemporaryFolder()
        let path = folder.file("access.log")
        let sink = try LogSink(to: .file(path: path))
        let log = AccessLog(sink: sink, format: .text)
        let record = AccessRecord(time: Self.time, id: Self.id)
        log.append(record, method: "GET".utf8.span.bytes, path: "/".utf8.span.bytes, hasQuery: false)
        usleep(20_000)
        #expect(Files.text(path) == "")
        log.flush()
        #expect(eventually { Files.lines(path).count == 1 })
        // A full block goes by itself.
        for _ in 0..<200 {
            log.append(record, method: "GET".utf8.span.bytes, path: "/".utf8.span.bytes, hasQuery: false)
        }
        #expect(eventually { Files.lines(path).count > 50 })
        log.flush()
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        #expect(Files.lines(path).count == 201)
    }

    /// What `write` leaves in the log: whole lines, without their newlines.
    private func lines(_ format: LogFormat, _ write: (AccessLog) -> Void) throws -> [String] {
        let folder = TemporaryFolder()
        let path = folder.file("access.log")
        let sink = try LogSink(to: .file(path: path))
        let log = AccessLog(sink: sink, format: format)
        write(log)
        log.flush()
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        let bytes = try #require(Files.bytes(path))
        let text = try #require(String(validating: bytes, as: UTF8.self), "not UTF-8")
        #expect(text.hasSuffix("\n"))
        // Split at the byte: no other separator counts as a new line.
        return text.utf8.split(separator: 0x0A).map { String($0) ?? "" }
    }

    private static func object(_ line: String) throws -> [String: Any]? {
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    }

    /// The `key=value` pairs of a text line, read the way a shell would: quotes protect spaces.
    private static func fields(_ line: String) -> [(key: String, value: String)] {
        var fields: [(key: String, value: String)] = []
        var word: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        for byte in Array(line.utf8) + [0x20] {
            if byte == 0x20, !isQuoted {
                let text = String(decoding: word, as: UTF8.self)
                if let equals = text.firstIndex(of: "=") {
                    fields.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
                }
                word = []
                continue
            }
            if byte == 0x22, !isEscaped { isQuoted.toggle() }
            isEscaped = byte == 0x5C && !isEscaped
            word.append(byte)
        }
        return isQuoted ? [] : fields
    }
}
