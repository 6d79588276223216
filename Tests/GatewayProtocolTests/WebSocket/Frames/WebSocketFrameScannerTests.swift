import GatewayProtocol
import Testing

@Suite struct WebSocketFrameScannerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var stream: [UInt8]
        /// Bytes that go through; nil is all.
        var forwarded: Int?
        var stop = ScanStop.none
        var direction = WebSocketFrameScanner.Direction.fromClient
        var deflate = false

        var testDescription: String { self.name }
        var rules: ScannerRules { ScannerRules(direction: self.direction, deflate: self.deflate) }

        init(
            _ name: String,
            _ stream: [[UInt8]],
            forwarded: Int? = nil,
            stop: ScanStop = .none,
            _ direction: WebSocketFrameScanner.Direction = .fromClient,
            deflate: Bool = false
        ) {
            self.name = name
            self.stream = stream.flatMap { $0 }
            self.forwarded = forwarded
            self.stop = stop
            self.direction = direction
            self.deflate = deflate
        }
    }

    private static let hello = WebSocketWire.text("hello", masked: true)
    private static let bytes = [UInt8](repeating: 0x42, count: 2000)

    private static func client(
        _ opcode: UInt8,
        _ count: Int = 0,
        fin: Bool = true,
        rsv: UInt8 = 0,
        length: WebSocketWire.Length = .minimal
    ) -> [UInt8] {
        WebSocketWire.frame(opcode, Array(self.bytes[..<count]), masked: true, fin: fin, rsv: rsv, length: length)
    }

    private static func server(
        _ opcode: UInt8,
        _ count: Int = 0,
        fin: Bool = true,
        rsv: UInt8 = 0
    ) -> [UInt8] {
        WebSocketWire.frame(opcode, Array(self.bytes[..<count]), masked: false, fin: fin, rsv: rsv)
    }

    static let accepted: [Case] = [
        Case("nothing", []),
        Case("one frame", [hello]),
        Case("empty frames", [client(1), client(2), client(9), client(10)]),
        Case("three frames", [hello, client(2, 300), hello]),
        Case("length 125", [client(2, 125)]), Case("length 126", [client(2, 126)]),
        Case("largest frame", [client(2, 1000)]),
        Case("fragments", [client(1, 3, fin: false), client(0, 0, fin: false), client(0, 3), hello]),
        Case("control between fragments", [client(1, 3, fin: false), client(9, 125), client(10), client(0, 3)]),
        Case("largest message", [client(2, 1000, fin: false), client(0, 500)]),
        Case("server frames", [server(1, 5), server(2, 400), server(9, 3)], .fromServer),
        Case("compressed", [client(1, 9, fin: false, rsv: 4), client(0, 9), client(2, 9, rsv: 4)], deflate: true),
        Case("uncompressed though negotiated", [client(1, 9), client(9)], deflate: true),
        Case("half a header", [hello, [0x81]], forwarded: 11),
        Case("all of a header but a byte", [hello, Array(client(2, 300).prefix(7))], forwarded: 11),
        Case("a header without its payload", [hello, Array(client(2, 300).prefix(8))]),
        Case("half a payload", [hello, Array(client(2, 300).prefix(100))]),
        Case("half a close", [hello, Array(WebSocketWire.close(1000, "bye", masked: true).dropLast())], forwarded: 11),
    ]

    static let closed: [Case] = [
        Case("close", [WebSocketWire.close(1000, "bye", masked: true)], forwarded: 0, stop: .close),
        Case("close after data", [hello, WebSocketWire.close(4999, masked: true)], forwarded: 11, stop: .close),
        Case("close without code", [hello, WebSocketWire.close(nil, masked: true)], forwarded: 11, stop: .close),
        Case(
            "bytes after close", [WebSocketWire.close(3000, masked: true), hello, [0xFF]], forwarded: 0, stop: .close),
        Case(
            "close inside a message", [client(1, 3, fin: false), WebSocketWire.close(1001, masked: true)],
            forwarded: 9, stop: .close
        ),
        Case(
            "longest close", [WebSocketWire.close(1000, String(repeating: "x", count: 123), masked: true)],
            forwarded: 0, stop: .close
        ),
        Case(
            "server's close", [server(1, 5), WebSocketWire.close(1000, masked: false)], forwarded: 7, stop: .close,
            .fromServer),
        Case(
            "server's bad code", [WebSocketWire.close(999, "x", masked: false)], forwarded: 0, stop: .close, .fromServer
        ),
        Case(
            "server's half a code", [WebSocketWire.frame(8, [3], masked: false)], forwarded: 0, stop: .close,
            .fromServer),
    ]

    static let violations: [Case] = [
        Case(
            "unmasked", [hello, WebSocketWire.text("hello", masked: false)], forwarded: 11,
            stop: .violation(.unmaskedClientFrame)),
        Case(
            "masked server frame", [server(1, 5), hello], forwarded: 7, stop: .violation(.maskedServerFrame),
            .fromServer),
        Case("RSV1", [hello, client(1, 5, rsv: 4)], forwarded: 11, stop: .violation(.reservedBits)),
        Case("RSV2", [client(1, 5, rsv: 2)], forwarded: 0, stop: .violation(.reservedBits), deflate: true),
        Case("RSV3", [client(1, 5, rsv: 1)], forwarded: 0, stop: .violation(.reservedBits), deflate: true),
        Case("RSV1 and 2", [client(1, 5, rsv: 6)], forwarded: 0, stop: .violation(.reservedBits), deflate: true),
        Case("RSV1 on control", [client(9, 5, rsv: 4)], forwarded: 0, stop: .violation(.reservedBits), deflate: true),
        Case("RSV1 on close", [client(8, 0, rsv: 4)], forwarded: 0, stop: .violation(.reservedBits), deflate: true),
        Case(
            "RSV1 on continuation", [client(1, 3, fin: false, rsv: 4), client(0, 3, rsv: 4)],
            forwarded: 9, stop: .violation(.reservedBits), deflate: true
        ),
        Case("fragmented ping", [client(9, 3, fin: false)], forwarded: 0, stop: .violation(.fragmentedControlFrame)),
        Case("fragmented close", [client(8, 2, fin: false)], forwarded: 0, stop: .violation(.fragmentedControlFrame)),
        Case("long ping", [client(9, 126)], forwarded: 0, stop: .violation(.longControlFrame)),
        Case("long close", [client(8, 126)], forwarded: 0, stop: .violation(.longControlFrame)),
        Case(
            "ping with long form", [client(9, 5, length: .sixteen)], forwarded: 0, stop: .violation(.longControlFrame)),
        Case(
            "16 bits for 125", [hello, client(2, 125, length: .sixteen)], forwarded: 11,
            stop: .violation(.nonMinimalLength)),
        Case("64 bits for 0", [client(2, 0, length: .sixtyFour)], forwarded: 0, stop: .violation(.nonMinimalLength)),
        Case("continuation first", [client(0, 3)], forwarded: 0, stop: .violation(.continuationWithoutMessage)),
        Case(
            "continuation after end", [hello, client(0, 3)], forwarded: 11,
            stop: .violation(.continuationWithoutMessage)),
        Case(
            "message inside message", [client(1, 3, fin: false), client(1, 3)],
            forwarded: 9, stop: .violation(.messageInsideMessage)
        ),
        Case(
            "message inside message, ping between", [client(2, 3, fin: false), client(9), client(2, 3)],
            forwarded: 15, stop: .violation(.messageInsideMessage)
        ),
        Case("half a code", [hello, client(8, 1)], forwarded: 11, stop: .violation(.truncatedCloseCode)),
        Case(
            "reason not UTF-8", [WebSocketWire.frame(8, [3, 232, 0xC3, 0x28], masked: true)],
            forwarded: 0, stop: .violation(.closeReasonNotUTF8)
        ),
        Case(
            "reason cut in a character", [WebSocketWire.frame(8, [3, 232, 0xE2, 0x82], masked: true)],
            forwarded: 0, stop: .violation(.closeReasonNotUTF8)
        ),
        Case("frame too big", [hello, client(2, 1001)], forwarded: 11, stop: .violation(.frameTooBig)),
        Case(
            "message too big", [client(2, 1000, fin: false), client(9), client(0, 501, fin: false)],
            forwarded: 1014, stop: .violation(.messageTooBig)
        ),
    ]

    static let opcodes: [Case] = ([3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8]).map {
        Case("opcode \($0)", [hello, client($0, 2)], forwarded: 11, stop: .violation(.reservedOpcode))
    }

    static let codes: [Case] = ([0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535] as [UInt16]).map {
        Case("code \($0)", [WebSocketWire.close($0, masked: true)], forwarded: 0, stop: .violation(.invalidCloseCode))
    }

    static let all = accepted + closed + violations + opcodes + codes

    @Test(arguments: all)
    func stream_endsAsExpected_whole(_ example: Case) {
        let feed = ScannerFeed(example.rules, example.stream, cuts: [])
        #expect(feed.stop == example.stop)
        #expect(feed.forwarded == Array(example.stream.prefix(example.forwarded ?? example.stream.count)))
    }

    @Test(arguments: all)
    func stream_endsAsExpected_byteByByte(_ example: Case) {
        let feed = ScannerFeed(example.rules, example.stream, cuts: Array(example.stream.indices))
        #expect(feed.stop == example.stop)
        #expect(feed.forwarded == Array(example.stream.prefix(example.forwarded ?? example.stream.count)))
    }

    @Test(arguments: all)
    func stream_endsAsExpected_atEverySplit(_ example: Case) {
        for cut in example.stream.indices {
            let feed = ScannerFeed(example.rules, example.stream, cuts: [cut])
            #expect(feed.stop == example.stop)
            #expect(feed.forwarded == Array(example.stream.prefix(example.forwarded ?? example.stream.count)))
        }
    }

    @Test(arguments: all)
    func stream_agreesWithTheReference(_ example: Case) {
        let reference = ScannerReference(example.stream, example.rules)
        #expect(reference.stop == example.stop)
        #expect(reference.forwarded == example.forwarded ?? example.stream.count)
    }

    /// Lengths that no test can send: only the header is fed.
    @Test(
        arguments: [
            (65535, nil), (65536, nil), (1 << 31, nil), (1 << 32, nil), (1 << 62, nil), (UInt64(Int64.max), nil),
            (1 << 63, .negativeLength), (UInt64.max, .negativeLength), (UInt64.max - 13, .negativeLength),
        ] as [(UInt64, FrameViolation?)])
    func length_isTaken_upTo63Bits(_ length: UInt64, _ violation: FrameViolation?) {
        var scanner = WebSocketFrameScanner(.fromServer, deflate: false, maxFrame: .max, maxMessage: .max)
        let header = WebSocketWire.header(2, length: length, masked: false)
        let outcome = scanner.scan(header)
        #expect(outcome.stop == violation.map { .violation($0) } ?? .none)
        #expect(scanner.restOfFrame == (violation == nil ? length : 0))
        guard violation == nil else { return }
        #expect(!scanner.isAtFrameBoundary)
        let more = [UInt8](repeating: 0, count: 4096)
        #expect(scanner.scan(more).forwardable == 4096)
        #expect(scanner.restOfFrame == length - 4096)
        #expect(scanner.payloadBytes == 4096)
    }

    @Test func messageSum_isTooBig_insteadOfOverflowing() {
        for maxMessage in [Int.max, 100, 0, -1] {
            var scanner = WebSocketFrameScanner(.fromServer, deflate: false, maxFrame: .max, maxMessage: maxMessage)
            let first = WebSocketWire.header(2, length: maxMessage > 1 ? 2 : 0, masked: false, fin: false)
            #expect(scanner.scan((first + (maxMessage > 1 ? [1, 2] : []))).stop == .none)
            let second = WebSocketWire.header(0, length: UInt64(Int.max), masked: false)
            #expect(scanner.scan(second).stop == .violation(.messageTooBig))
        }
    }

    @Test func boundaries_followWhatWasReleased() {
        var feed = ScannerFeed(ScannerRules())
        #expect(feed.scanner.isAtFrameBoundary && feed.scanner.isAtMessageBoundary)
        let first = Self.client(1, 3, fin: false)
        feed.feed(Array(first.prefix(3)))
        // A part of a header is held back: nothing of the frame is out yet.
        #expect(feed.scanner.isAtFrameBoundary && feed.scanner.isAtMessageBoundary)
        feed.feed(Array(first[3..<7]))
        #expect(!feed.scanner.isAtFrameBoundary && feed.scanner.restOfFrame == 2)
        feed.feed(Array(first[7...]))
        #expect(feed.scanner.isAtFrameBoundary && !feed.scanner.isAtMessageBoundary)
        feed.feed(Self.client(9))
        #expect(feed.scanner.isAtFrameBoundary && !feed.scanner.isAtMessageBoundary)
        feed.feed(Self.client(0, 1))
        #expect(feed.scanner.isAtMessageBoundary)
        feed.feed(Array(WebSocketWire.close(1000, masked: true).dropLast()))
        #expect(feed.scanner.isAtFrameBoundary)
    }

    @Test func boundary_isTheLastFrameEnd_inTheBuffer() {
        var scanner = ScannerRules().scanner
        let stream = Self.hello + Self.hello + Self.client(2, 50)
        #expect(scanner.scan(Array(stream.prefix(40))).boundary == 22)
        #expect(scanner.scan(Array(stream[40..<50])).boundary == nil)
        #expect(scanner.scan(Array(stream[50...])).boundary == stream.count - 50)
    }

    @Test func counters_countFramesMessagesAndPayload() {
        let stream = Self.client(1, 3, fin: false) + Self.client(9, 4) + Self.client(0, 5) + Self.client(2, 300)
        for cuts in [[], Array(stream.indices)] {
            var feed = ScannerFeed(ScannerRules(), stream, cuts: cuts)
            #expect(feed.scanner.frames == 4)
            #expect(feed.scanner.messages == 2)
            #expect(feed.scanner.payloadBytes == 312)
            feed.feed(Array(Self.client(2, 300).prefix(18)))
            #expect(feed.scanner.messages == 3)
            #expect(feed.scanner.payloadBytes == 322)
        }
    }

    @Test func receivedClose_tellsCodeReasonAndBytes() {
        let frame = WebSocketWire.close(4001, "expiré", masked: true)
        for cuts in [[], Array(frame.indices), [7]] {
            let feed = ScannerFeed(ScannerRules(), frame, cuts: cuts)
            #expect(feed.scanner.receivedClose?.code == 4001)
            #expect(feed.scanner.receivedClose?.reason == Array("expiré".utf8))
            #expect(feed.scanner.receivedClose?.frame == frame)
        }
        #expect(ScannerFeed(ScannerRules(), Self.hello, cuts: []).scanner.receivedClose == nil)
        let empty = ScannerFeed(ScannerRules(), WebSocketWire.close(nil, masked: true), cuts: [])
        #expect(empty.scanner.receivedClose?.reportedCode == 1005)
    }

    @Test(arguments: [closed[1], violations[0]])
    func scan_repeatsItsStop_afterTheEnd(_ example: Case) {
        var feed = ScannerFeed(example.rules, example.stream, cuts: [])
        for bytes in [[], Self.hello, [0xFF]] {
            let outcome = feed.scanner.scan(bytes)
            #expect(outcome.stop == example.stop && outcome.forwardable == 0)
        }
    }

    @Test func violation_hasAValidCloseCodeAndShortLabel() {
        for violation in FrameViolation.allCases {
            #expect(WebSocketCloseCode.mayBeSent(violation.closeCode))
            #expect(violation.label.utf8CodeUnitCount <= 123)
        }
        #expect(FrameViolation.frameTooBig.closeCode == 1009)
        #expect(FrameViolation.messageTooBig.closeCode == 1009)
        #expect(FrameViolation.closeReasonNotUTF8.closeCode == 1007)
        #expect(FrameViolation.reservedBits.closeCode == 1002)
    }
}
