import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

@Suite struct HTTPResponseParserTests {
    struct Refused: CustomTestStringConvertible, Sendable {
        var bytes: [UInt8]
        var violation: HTTPViolation

        init(_ text: String, _ violation: HTTPViolation) {
            self.bytes = Array(text.utf8)
            self.violation = violation
        }

        var testDescription: String { "\(text(self.bytes).debugDescription) \(self.violation)" }
    }

    static let refused: [Refused] = [
        Refused("HTTP/1.2 200 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/2.0 200 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/0.9 200 OK\r\n\r\n", .badStatusLine),
        Refused("http/1.1 200 OK\r\n\r\n", .badStatusLine),
        Refused("ICY 200 OK\r\n\r\n", .badStatusLine),
        Refused("\r\nHTTP/1.1 200 OK\r\n\r\n", .badStatusLine),
        Refused("<html>", .badStatusLine),
        Refused("HTTP/1.1  200 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1\t200 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1 20 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1 2000 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1 099 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1 600 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1 +20 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1 200\tOK\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1 200 O\u{0}K\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1 200 O\u{1B}K\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1 200\n\r\n", .bareLineFeed),
        Refused("HTTP/1.1 200 OK\n\r\n", .bareLineFeed),
        Refused("HTTP/1.1 200 OK\rX: y\r\n\r\n", .bareCarriageReturn),
        Refused("HTTP/1.1 200 OK\r\nX: y\n\r\n", .bareLineFeed),
        Refused("HTTP/1.1 200 OK\r\nX: y\r\n\n", .bareLineFeed),
        Refused(ok("X: y\rz"), .bareCarriageReturn),
        Refused(ok("X: y", " z"), .obsoleteLineFolding),
        Refused(ok("X : y"), .whitespaceBeforeColon),
        Refused(ok(": y"), .emptyFieldName),
        Refused(ok("X"), .badFieldName),
        Refused(ok("X: \u{0}"), .badFieldValue),
        Refused(ok("X: \u{7F}"), .badFieldValue),
        Refused(ok("X: \u{C}"), .badFieldValue),
        Refused(ok("Content-Length: 1", "Transfer-Encoding: chunked"), .lengthAndTransferEncoding),
        Refused(ok("Transfer-Encoding: chunked", "Content-Length: 1"), .lengthAndTransferEncoding),
        Refused(ok("Content-Length: 1", "Content-Length: 1"), .duplicateContentLength),
        Refused(ok("Content-Length: 1, 1"), .badContentLength),
        Refused(ok("Content-Length: -1"), .badContentLength),
        Refused(ok("Content-Length:"), .badContentLength),
        Refused(ok("Content-Length: 9223372036854775808"), .badContentLength),
        Refused(ok("Transfer-Encoding: gzip, chunked"), .unknownTransferCoding),
        Refused(ok("Transfer-Encoding: chunked, chunked"), .badTransferEncoding),
        Refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
        Refused(ok("Connection: a b"), .badConnectionOption),
        Refused("HTTP/1.1 100 X\r\nContent-Length: 5\r\n\r\n", .interimWithBody),
        Refused("HTTP/1.1 103 X\r\nTransfer-Encoding: chunked\r\n\r\n", .interimWithBody),
        Refused("HTTP/1.1 304 X\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", .duplicateContentLength),
        Refused("HTTP/1.1 204 X\r\nContent-Length: x\r\n\r\n", .badContentLength),
        Refused("HTTP/1.0 204 X\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP10),
        Refused(ok("Content-Length: 1", "Content-Length: 2"), .duplicateContentLength),
        Refused(ok("Content-Length: +1"), .badContentLength),
        Refused(ok("Content-Length: 0x1"), .badContentLength),
        Refused(ok("Content-Length: 1 1"), .badContentLength),
        Refused(ok("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), .badTransferEncoding),
        Refused(ok("Transfer-Encoding: xchunked"), .unknownTransferCoding),
        Refused(ok("Transfer-Encoding:"), .badTransferEncoding),
        Refused(ok("Transfer-Encoding : chunked"), .whitespaceBeforeColon),
        Refused("HTTP/1.1 200 OK\r\n X: y\r\n\r\n", .obsoleteLineFolding),
        Refused("HTTP/1.10 200 OK\r\n\r\n", .badStatusLine),
        Refused("HTTP/1.1\r\n\r\n", .badStatusLine),
    ]

    @Test(arguments: refused)
    func response_isRefused_howeverItIsCut(_ refused: Refused) {
        for cuts in Feeding.all(refused.bytes.count) {
            #expect(parseResponse(refused.bytes, cuts: cuts) == .violation(refused.violation), "cuts \(cuts.prefix(3))")
        }
    }

    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\n\r\n", 200, "OK", UInt8(1)), ("HTTP/1.1 200 \r\n\r\n", 200, "", 1),
            ("HTTP/1.1 200\r\n\r\n", 200, "", 1), ("HTTP/1.0 404 Not\tfound, très\r\n\r\n", 404, "Not\tfound, très", 0),
            ("HTTP/1.1 599 x\r\n\r\n", 599, "x", 1), ("HTTP/1.1 100 Continue\r\n\r\n", 100, "Continue", 1),
        ]
    )
    func statusLine_isTakenApart(_ response: String, _ status: Int, _ reason: String, _ minor: UInt8) throws {
        let bytes = Array(response.utf8)
        for cuts in Feeding.all(bytes.count) {
            let head = try #require(parseResponse(bytes, cuts: cuts).head)
            #expect(head.status == status)
            #expect(text(head.reason) == reason)
            #expect(head.minorVersion == minor)
            #expect(head.blockLength == bytes.count)
        }
    }

    struct Framed: Sendable {
        var response: String
        var method: RequestMethod = .get
        var framing: BodyFraming
        var keepsAlive: Bool
    }

    static let framed: [Framed] = [
        Framed(response: ok("Content-Length: 5"), framing: .length(5), keepsAlive: true),
        Framed(response: ok("Content-Length: 0"), framing: .length(0), keepsAlive: true),
        Framed(response: ok("Transfer-Encoding: Chunked"), framing: .chunked, keepsAlive: true),
        Framed(response: ok(), framing: .untilClose, keepsAlive: false),
        Framed(response: ok("Connection: keep-alive"), framing: .untilClose, keepsAlive: false),
        Framed(response: ok("Content-Length: 5", "Connection: close"), framing: .length(5), keepsAlive: false),
        Framed(response: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", framing: .length(5), keepsAlive: false),
        Framed(
            response: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
            framing: .length(5),
            keepsAlive: true
        ),
        Framed(response: ok("Content-Length: 5"), method: .head, framing: .none, keepsAlive: true),
        Framed(response: ok("Transfer-Encoding: chunked"), method: .head, framing: .none, keepsAlive: true),
        Framed(response: ok(), method: .head, framing: .none, keepsAlive: true),
        Framed(response: "HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n", framing: .none, keepsAlive: true),
        Framed(response: "HTTP/1.1 204 X\r\n\r\n", framing: .none, keepsAlive: true),
        Framed(response: "HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n", framing: .none, keepsAlive: true),
        Framed(response: "HTTP/1.1 204 X\r\nContent-Length: 5\r\n\r\n", framing: .none, keepsAlive: false),
        Framed(response: "HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n", framing: .none, keepsAlive: false),
        Framed(response: "HTTP/1.1 100 X\r\n\r\n", framing: .none, keepsAlive: true),
        Framed(response: "HTTP/1.1 100 X\r\nContent-Length: 0\r\n\r\n", framing: .none, keepsAlive: true),
        Framed(response: "HTTP/1.1 101 X\r\nTransfer-Encoding: chunked\r\n\r\n", framing: .none, keepsAlive: false),
        Framed(response: "HTTP/1.1 103 X\r\nLink: x\r\n\r\n", framing: .none, keepsAlive: true),
        Framed(response: "HTTP/1.1 101 X\r\nContent-Length: 5\r\n\r\n", framing: .none, keepsAlive: false),
        Framed(response: "HTTP/1.1 101 X\r\n\r\n", framing: .none, keepsAlive: false),
    ]

    @Test(arguments: framed)
    func framing_isDecided(_ expected: Framed) throws {
        let bytes = Array(expected.response.utf8)
        for cuts in Feeding.all(bytes.count) {
            let head = try #require(parseResponse(bytes, to: expected.method, cuts: cuts).head)
            #expect(head.framing == expected.framing)
            #expect(head.keepsAlive == expected.keepsAlive)
        }
    }

    @Test func announcedLength_isKept_whereItIsOnlyInformation() {
        #expect(parseResponse(ok("Content-Length: 5"), to: .head).head?.kept == ["Content-Length: 5"])
        #expect(parseResponse("HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n").head?.kept == ["Content-Length: 5"])
        #expect(parseResponse("HTTP/1.1 204 X\r\nContent-Length: 0\r\n\r\n").head?.kept == [])
        #expect(parseResponse(ok("Content-Length: 5")).head?.kept == [])
    }

    @Test func fields_areMarked() throws {
        let head = try #require(
            parseResponse(
                ok(
                    "Server: x", "Connection: X-Hop, Content-Length, Set-Cookie-2", "X-Hop: 1", "Keep-Alive: timeout=5",
                    "Proxy-Authenticate: x", "Trailer: X", "Upgrade: h2c", "X_Under: 1", "X.Dot: 2", "Set-Cookie: ф=х",
                    "Content-Length: 3"
                )
            ).head
        )
        // Clients do not fold names, and Cyrillic text may hold 0x85: both pass.
        #expect(head.kept == ["Server: x", "X_Under: 1", "X.Dot: 2", "Set-Cookie: ф=х"])
        #expect(head.framing == .length(3))
    }

    /// The check of the handshake reads these fields, dropped or not; the accept key must reach the client.
    @Test func switchingProtocols_keepsWhatTheHandshakeNeeds() throws {
        let head = try #require(
            parseResponse(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade, Sec-WebSocket-Accept\r\n"
                    + "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
            ).head
        )
        #expect(head.fields.map(\.known) == [.upgrade, .connection, .secWebSocketAccept, .secWebSocketProtocol])
        #expect(head.kept == ["Sec-WebSocket-Accept: x", "Sec-WebSocket-Protocol: chat"])
    }

    @Test func interimHeads_areReadBeforeTheFinalOne() throws {
        var buffer = ByteBuffer(
            string: "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        )
        var parser = HTTPResponseParser(limits: HTTPLimits())
        #expect(try parser.parse(buffer, requestMethod: .get) == .complete)
        #expect(parser.head.status == 103)
        buffer.moveReaderIndex(forwardBy: parser.head.blockLength)
        parser.reset()
        #expect(try parser.parse(buffer, requestMethod: .get) == .complete)
        #expect(try parser.parse(buffer, requestMethod: .get) == .complete)
        #expect(parser.head.status == 200)
        #expect(parser.head.framing == .length(2))
        buffer.moveReaderIndex(forwardBy: parser.head.blockLength)
        #expect(buffer == ByteBuffer(string: "ok"))
    }

    @Test func limits_hold() {
        let limits = HTTPLimits(requestLine: 20, headerLine: 20, headerBlock: 80, headerCount: 3)
        let line = "X: " + String(repeating: "v", count: 17)
        let cases: [(String, HTTPViolation?)] = [
            (ok(line), nil), (ok(line + "v"), .headerLineTooLong), (ok("a:", "b:", "c:"), nil),
            (ok("a:", "b:", "c:", "d:"), .tooManyFields), (ok(line, line, line), .headTooLarge),
            ("HTTP/1.1 200 " + String(repeating: "r", count: 8) + "\r\n\r\n", .badStatusLine),
        ]
        for (response, violation) in cases {
            let bytes = Array(response.utf8)
            for cuts in Feeding.all(bytes.count) {
                #expect(parseResponse(bytes, limits: limits, cuts: cuts).violation == violation)
            }
        }
    }
}
