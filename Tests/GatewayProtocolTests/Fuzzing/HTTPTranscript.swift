import GatewayMessage
import GatewayProtocol
import NIOCore

/// All that the parsers say about a stream of messages, in a form that can be compared: it must not depend on how the stream
/// was cut into reads.
struct HTTPTranscript: Equatable {
    /// One list of numbers per head.
    private(set) var heads: [[Int]] = []
    private(set) var data: [UInt8] = []
    private(set) var violation: HTTPViolation?
    /// Bytes that no message has taken.
    private(set) var left = 0

    private static var mostMessages: Int { 6 }

    init(requests bytes: [UInt8], _ limits: HTTPLimits, cuts: [Int]) {
        var parser = HTTPRequestParser(limits: limits)
        self.init(bytes, cuts) { (buffer, transcript) throws(HTTPViolation) -> BodyFraming? in
            guard try parser.parse(buffer) == .complete else { return nil }
            transcript.heads.append(Self.numbers(parser.head))
            buffer.moveReaderIndex(forwardBy: parser.head.blockLength)
            defer { parser.reset() }
            return parser.head.framing
        }
    }

    init(responses bytes: [UInt8], to method: RequestMethod, _ limits: HTTPLimits, cuts: [Int]) {
        var parser = HTTPResponseParser(limits: limits)
        self.init(bytes, cuts) { (buffer, transcript) throws(HTTPViolation) -> BodyFraming? in
            guard try parser.parse(buffer, requestMethod: method) == .complete else { return nil }
            transcript.heads.append(Self.numbers(parser.head))
            buffer.moveReaderIndex(forwardBy: parser.head.blockLength)
            defer { parser.reset() }
            return parser.head.framing
        }
    }

    /// `takeHead` takes one head and answers with the framing of what follows, or nil when it is not complete.
    private init(
        _ bytes: [UInt8],
        _ cuts: [Int],
        takeHead: (inout ByteBuffer, inout HTTPTranscript) throws(HTTPViolation) -> BodyFraming?
    ) {
        // Offsets from the wrong index would show.
        var buffer = ByteBuffer(string: "old")
        buffer.moveReaderIndex(forwardBy: 3)
        var decoder: HTTPBodyDecoder?
        var start = 0
        do throws(HTTPViolation) {
            for end in cuts + [bytes.count] {
                buffer.writeBytes(bytes[start..<end])
                start = end
                while self.heads.count < Self.mostMessages || decoder != nil {
                    guard decoder == nil else {
                        guard try self.takeBody(&buffer, &decoder) else { break }
                        continue
                    }
                    guard let framing = try takeHead(&buffer, &self) else { break }
                    decoder = HTTPBodyDecoder(framing: framing)
                }
            }
            self.left = buffer.readableBytes
        } catch {
            self.violation = error
        }
    }

    /// Returns whether there may be more to take.
    private mutating func takeBody(
        _ buffer: inout ByteBuffer,
        _ decoder: inout HTTPBodyDecoder?
    ) throws(HTTPViolation) -> Bool {
        switch try decoder?.next(&buffer) {
        case .data(let data):
            self.data += data.readableBytesView
            return true
        case .end:
            decoder = nil
            return true
        case .needsMore, nil:
            return false
        }
    }

    private static func numbers(_ head: RequestHead) -> [Int] {
        var numbers = [Int(head.method.rawValue), Int(head.minorVersion), head.blockLength]
        for range in [head.methodName, head.target, head.path, head.query ?? .empty, head.host ?? .empty] {
            numbers += [range.lowerBound, range.upperBound]
        }
        numbers += [head.keepsAlive ? 1 : 0, head.expectsContinue ? 1 : 0, head.query == nil ? 1 : 0]
        numbers.append(head.upgrade == .webSocket ? 2 : head.upgrade == .other ? 1 : 0)
        return numbers + self.numbers(head.framing) + head.fields.flatMap(self.numbers)
    }

    private static func numbers(_ head: ResponseHead) -> [Int] {
        [
            head.status, Int(head.minorVersion), head.blockLength, head.reason.lowerBound, head.reason.upperBound,
            head.keepsAlive ? 1 : 0,
        ] + self.numbers(head.framing) + head.fields.flatMap(self.numbers)
    }

    private static func numbers(_ framing: BodyFraming) -> [Int] {
        switch framing {
        case .none: [0]
        case .length(let length): [1, length]
        case .chunked: [2]
        case .untilClose: [3]
        }
    }

    private static func numbers(_ field: HeaderField) -> [Int] {
        [
            field.name.lowerBound, field.name.upperBound, field.value.lowerBound, field.value.upperBound,
            Int(field.known.rawValue), field.isDropped ? 1 : 0, Int(field.foldedHash),
        ]
    }
}

/// What every head promises about its ranges, and the lines that a writer has to keep.
enum HeadRanges {
    /// The kept lines, each with its CRLF.
    static func keptLines(
        _ fields: [HeaderField],
        _ block: [UInt8],
        linesStart: Int
    ) throws(BrokenInvariant) -> [UInt8] {
        var kept: [UInt8] = []
        var at = linesStart
        for field in fields {
            try require(field.name.lowerBound == at && !field.name.isEmpty, "lines leave no gap")
            try require(block[field.name.upperBound] == 0x3A, "a colon follows the name")
            try require(field.value.lowerBound > field.name.upperBound, "the value follows the name")
            var end = field.value.upperBound
            while block[end] == 0x20 || block[end] == 0x09 { end += 1 }
            try require(block[end] == 0x0D && block[end + 1] == 0x0A, "a line ends with CRLF")
            for byte in block[at..<end] { try require(byte >= 0x20 && byte != 0x7F || byte == 0x09, "no controls") }
            try require(
                field.foldedHash == FoldedName.hash(of: block[field.name.range]),
                "the hash is that of the name")
            if !field.isDropped { kept += block[at..<(end + 2)] }
            at = end + 2
        }
        try require(at == block.count - 2 && block[at] == 0x0D && block[at + 1] == 0x0A, "an empty line ends the head")
        return kept
    }
}
