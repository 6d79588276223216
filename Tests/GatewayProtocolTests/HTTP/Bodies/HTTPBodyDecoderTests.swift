import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

@Suite struct HTTPBodyDecoderTests {
    struct Outcome: Equatable {
        var data: [UInt8] = []
        var isAtEnd = false
        var violation: HTTPViolation?
        /// What the decoder left unread.
        var rest: [UInt8] = []
        var consumed = 0
    }

    static func decode(_ bytes: [UInt8], _ framing: BodyFraming, cuts: [Int]) -> Outcome {
        var decoder = HTTPBodyDecoder(framing: framing)
        var outcome = Outcome()
        var buffer = ByteBuffer(string: "old")
        buffer.moveReaderIndex(forwardBy: 3)
        var start = 0
        do throws(HTTPViolation) {
            for end in cuts + [bytes.count] {
                buffer.writeBytes(bytes[start..<end])
                start = end
                pieces: while true {
                    switch try decoder.next(&buffer) {
                    case .needsMore: break pieces
                    case .data(let data):
                        #expect(data.readableBytes > 0)
                        outcome.data += data.readableBytesView
                    case .end:
                        #expect(decoder.isAtEnd)
                        break pieces
                    }
                }
            }
        } catch {
            outcome.violation = error
        }
        outcome.isAtEnd = decoder.isAtEnd
        outcome.consumed = decoder.consumed
        outcome.rest = outcome.violation == nil ? Array(buffer.readableBytesView) : []
        return outcome
    }

    static func decode(_ text: String, _ framing: BodyFraming, cuts: [Int] = []) -> Outcome {
        self.decode(Array(text.utf8), framing, cuts: cuts)
    }

    @Test(
        arguments: [
            (BodyFraming.none, "abc", "", true), (.length(0), "abc", "", true), (.length(2), "abc", "ab", true),
            (.length(3), "abc", "abc", true), (.length(4), "abc", "abc", false), (.untilClose, "abc", "abc", false),
            (.untilClose, "", "", false), (.length(.max), "abc", "abc", false), (.chunked, "", "", false),
        ]
    )
    func body_isTaken(_ framing: BodyFraming, _ input: String, _ data: String, _ isAtEnd: Bool) {
        for cuts in Feeding.all(input.utf8.count) {
            let outcome = Self.decode(Array(input.utf8), framing, cuts: cuts)
            #expect(text(outcome.data) == data)
            #expect(outcome.isAtEnd == isAtEnd)
            #expect(outcome.consumed == data.utf8.count)
            #expect(text(outcome.rest) == input.dropFirst(data.count))
        }
    }

    @Test(
        arguments: [
            ("0\r\n\r\n", ""), ("3\r\nabc\r\n0\r\n\r\n", "abc"), ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
            ("0003\r\nabc\r\n000\r\n\r\n", "abc"), ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
            ("b\r\n0123456789a\r\n0\r\n\r\n", "0123456789a"), ("5\r\n\r\n0\r\n\r\n0\r\n\r\n", "\r\n0\r\n"),
            ("3;x\r\nabc\r\n0;y=\"z\";t\r\n\r\n", "abc"), ("3; x = 1\t\r\nabc\r\n0\r\n\r\n", "abc"),
            ("0\r\nX: y\r\n\r\n", ""), ("0\r\nX:\r\nY: é\tz\r\n\r\n", ""), ("1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n", "a"),
            ("000000000000003\r\nabc\r\n0\r\n\r\n", "abc"),
        ]
    )
    func chunks_areDecoded(_ input: String, _ data: String) {
        let bytes = Array((input + "GET /").utf8)
        for cuts in Feeding.all(bytes.count) {
            let outcome = Self.decode(bytes, .chunked, cuts: cuts)
            #expect(text(outcome.data) == data)
            #expect(outcome.violation == nil)
            #expect(outcome.isAtEnd)
            #expect(outcome.consumed == data.utf8.count)
            #expect(text(outcome.rest) == "GET /")
        }
    }

    @Test(
        arguments: [
            ("\r\n", HTTPViolation.badChunkSize), (" 3\r\nabc\r\n", .badChunkSize), ("3 \r\nabc\r\n", .badChunkSize),
            ("3\t;x\r\nabc\r\n", .badChunkSize), ("0x3\r\nabc\r\n", .badChunkSize), ("-3\r\nabc\r\n", .badChunkSize),
            ("+3\r\nabc\r\n", .badChunkSize), ("3h\r\nabc\r\n", .badChunkSize), ("g\r\n", .badChunkSize),
            (";x\r\n", .badChunkSize), ("3,3\r\n", .badChunkSize), ("３\r\n", .badChunkSize),
            ("0000000000000003\r\nabc\r\n", .badChunkSize), ("ffffffffffffffff\r\n", .badChunkSize),
            ("10000000000000000\r\n", .badChunkSize), ("8000000000000000\r\n", .badChunkSize),
            ("3\nabc\r\n0\r\n\r\n", .bareLineFeed), ("3\rabc", .bareCarriageReturn),
            ("3;\r\nabc\r\n", .badChunkExtension),
            ("3;x\nabc\r\n", .bareLineFeed), ("3;\nabc\r\n", .bareLineFeed), ("3;x\ry", .bareCarriageReturn),
            ("3;x\u{0}\r\n", .badChunkExtension), ("3;x\u{7F}\r\n", .badChunkExtension),
            ("3;é\r\n", .badChunkExtension),
            ("3\r\nabcd\r\n", .badChunkEnd), ("3\r\nabc0\r\n\r\n", .badChunkEnd),
            ("3\r\nabc\n0\r\n\r\n", .bareLineFeed),
            ("3\r\nabc\r0\r\n", .bareCarriageReturn), ("3\r\nabc\r\n\r\n", .badChunkSize), ("0\r\n\n", .bareLineFeed),
            ("0\r\n\rx", .bareCarriageReturn), ("0\r\nX: y\n\r\n", .bareLineFeed),
            ("0\r\nX: y\rz", .bareCarriageReturn),
            ("0\r\nX\r\n\r\n", .badTrailer), ("0\r\n: y\r\n\r\n", .badTrailer), ("0\r\nX : y\r\n\r\n", .badTrailer),
            ("0\r\n X: y\r\n\r\n", .obsoleteLineFolding), ("0\r\nX: y\r\n z\r\n\r\n", .obsoleteLineFolding),
            ("0\r\nX: \u{0}\r\n\r\n", .badTrailer), ("0\r\nX: \u{7F}\r\n\r\n", .badTrailer),
            ("0\r\né: y\r\n\r\n", .badTrailer),
            ("0\r\nContent-Length: 1\r\n\r\n", .badTrailer), ("0\r\ntransfer-ENCODING: chunked\r\n\r\n", .badTrailer),
            ("0\r\nContent_Length: 1\r\n\r\n", .badTrailer), ("0\r\nX\nY: z\r\n\r\n", .bareLineFeed),
            ("0\r\nGET / HTTP/1.1\r\n", .badTrailer),
        ]
    )
    func chunks_areRefused(_ input: String, _ violation: HTTPViolation) {
        let bytes = Array(input.utf8)
        for cuts in Feeding.all(bytes.count) {
            #expect(Self.decode(bytes, .chunked, cuts: cuts).violation == violation, "cuts \(cuts.prefix(3))")
        }
    }

    @Test func extension_isBounded() {
        let fits = "1;" + String(repeating: "x", count: 1024) + "\r\na\r\n"
        #expect(Self.decode(fits + fits, .chunked).violation == nil)
        let tooLong = "1;" + String(repeating: "x", count: 1025)
        #expect(Self.decode(tooLong, .chunked).violation == .chunkExtensionTooLarge)
    }

    struct Chunks: Sendable {
        var chunk: String
        var count: Int
        var isRefused: Bool
    }

    static let manyChunks: [Chunks] = [
        // Five bytes around one are what small writes of a slow server cost: for as long as it likes.
        Chunks(chunk: "1\r\na\r\n", count: 20_000, isRefused: false),
        Chunks(chunk: "1;123456789\r\na\r\n", count: 20_000, isRefused: false),
        Chunks(chunk: "a;" + String(repeating: "x", count: 150) + "\r\n0123456789\r\n", count: 2000, isRefused: false),
        // Four and eight bytes more than sixteen, so that 16 KiB last for some 4096, and for 2048 chunks.
        Chunks(chunk: "000000000000001\r\na\r\n", count: 4090, isRefused: false),
        Chunks(chunk: "000000000000001\r\na\r\n", count: 4100, isRefused: true),
        Chunks(chunk: "1;" + String(repeating: "x", count: 18) + "\r\na\r\n", count: 2040, isRefused: false),
        Chunks(chunk: "1;" + String(repeating: "x", count: 18) + "\r\na\r\n", count: 2050, isRefused: true),
        Chunks(chunk: "1;" + String(repeating: "x", count: 1024) + "\r\na\r\n", count: 17, isRefused: true),
    ]

    @Test(arguments: manyChunks)
    func framing_staysInProportionToData(_ chunks: Chunks) {
        let bytes = Array(String(repeating: chunks.chunk, count: chunks.count).utf8)
        for cuts in [[], Array(stride(from: 1, to: bytes.count, by: 97))] {
            let outcome = Self.decode(bytes, .chunked, cuts: cuts)
            #expect(outcome.violation == (chunks.isRefused ? .tooMuchChunkFraming : nil))
        }
    }

    /// A gigabyte of data does not buy gigabytes of framing.
    @Test func framingCredit_isNotSavedUp() throws {
        var decoder = HTTPBodyDecoder(framing: .chunked)
        var buffer = ByteBuffer(string: "40000000\r\n")
        _ = try decoder.next(&buffer)
        let block = ByteBuffer(repeating: 0x61, count: 1 << 20)
        for _ in 0..<1024 {
            var data = block
            #expect(try decoder.next(&data) == .data(block))
        }
        let line = "1;" + String(repeating: "x", count: 1000) + "\r\na\r\n"
        buffer = ByteBuffer(string: "\r\n" + String(repeating: line, count: 2000))
        #expect(throws: HTTPViolation.tooMuchChunkFraming) {
            while try decoder.next(&buffer) != .needsMore {}
        }
    }

    @Test func trailers_areBounded() {
        let line = "X: " + String(repeating: "x", count: 95) + "\r\n"
        #expect(Self.decode("0\r\n" + String(repeating: line, count: 81), .chunked).violation == nil)
        #expect(Self.decode("0\r\n" + String(repeating: line, count: 82), .chunked).violation == .trailersTooLarge)
    }

    @Test func data_isASliceOfWhatWasReceived() throws {
        var buffer = ByteBuffer(string: "5\r\nhello\r\n")
        let storage = buffer.withUnsafeReadableBytes { $0.baseAddress }
        var decoder = HTTPBodyDecoder(framing: .chunked)
        guard case .data(let data) = try decoder.next(&buffer) else {
            Issue.record("no data")
            return
        }
        #expect(data.withUnsafeReadableBytes { $0.baseAddress } == storage.map { $0 + 3 })
    }

    /// What the writer makes of a body, the decoder undoes, however it is cut.
    @Test func writtenChunks_areDecoded() {
        var random = SeededGenerator(1)
        for _ in 0..<200 {
            var wire = ByteBuffer()
            var body: [UInt8] = []
            for _ in 0..<random.below(5) {
                let chunk = (0..<random.below(random.chance(5) ? 5000 : 40)).map { _ in UInt8(random.below(256)) }
                body += chunk
                if random.chance(2) {
                    HTTPWriter.writeChunk(ByteBuffer(bytes: chunk), into: &wire)
                } else if !chunk.isEmpty {
                    HTTPWriter.writeChunkHeader(chunk.count, into: &wire)
                    wire.writeBytes(chunk)
                    HTTPWriter.writeChunkEnd(into: &wire)
                }
            }
            HTTPWriter.writeLastChunk(into: &wire)
            let bytes = Array(wire.readableBytesView)
            let cuts = (0..<random.below(6)).map { _ in random.below(bytes.count) }.sorted()
            #expect(
                Self.decode(bytes, .chunked, cuts: cuts) == Outcome(data: body, isAtEnd: true, consumed: body.count))
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: 0..<4)
    func garbage_neverTraps(_ seed: Int) {
        var random = SeededGenerator(UInt64(seed))
        let likely = Array("0123456789abcdefABCDEF;;\r\r\n\n: xX".utf8)
        for _ in 0..<5000 {
            let bytes = (0..<random.below(60)).map { _ in
                random.chance(8) ? UInt8(random.below(256)) : random.element(likely)
            }
            let whole = Self.decode(bytes, .chunked, cuts: [])
            let drop = Self.decode(bytes, .chunked, cuts: Array(1..<max(bytes.count, 1)))
            #expect(whole == drop)
            #expect(whole.data.count <= bytes.count)
        }
    }
}
