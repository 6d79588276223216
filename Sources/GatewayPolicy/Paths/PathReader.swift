import GatewayMessage

/// Reads a request's path as an ASGI server and Django would: percent-decoded once, nothing normalised, or refused.
///
/// Owns the bytes of the decoded path, one buffer that is reused. Most paths need no decoding; then the received bytes are
/// the decoded path and nothing is copied.
struct PathReader {
    /// The decoded path of the last `read`, unless `isVerbatim`.
    private(set) var decoded: [UInt8] = []
    /// Whether the received bytes are the decoded path.
    private(set) var isVerbatim = true
    private(set) var isASCII = true
    private(set) var forms: PathForms = []

    init() { self.decoded.reserveCapacity(1024) }

    /// Python refuses to turn more digits than this into an `int` (`sys.int_info.default_max_str_digits`), and Django
    /// then says "no match".
    static let longestNumber = 4300

    mutating func read(_ path: ByteRange, in bytes: RawSpan) throws(PathProblem) {
        self.isVerbatim = true
        self.isASCII = true
        self.forms = []
        guard !path.isEmpty, path.upperBound <= bytes.byteCount, bytes.at(path.lowerBound) == .slash else {
            throw .notAbsolute
        }
        if path.count > 1, bytes.at(path.lowerBound + 1) == .slash { throw .leadingEmptySegment }
        if Self.isPlain(path, in: bytes) {
            if path.count > Self.longestNumber { try self.checkNumbers(bytes.extracting(path.range)) }
            return
        }
        self.isVerbatim = false
        try self.decode(path, in: bytes)
        try self.checkDecoded()
    }

    mutating func read(whole path: [UInt8]) throws(PathProblem) {
        try self.read(ByteRange(start: 0, end: path.count), in: path.span.bytes)
    }

    /// Whether the path is letters, digits and harmless marks only, with no `//` and no segment that begins with a dot.
    private static func isPlain(_ path: ByteRange, in bytes: RawSpan) -> Bool {
        var previous: UInt8 = 0
        for offset in path.range {
            let byte = bytes.at(offset)
            switch byte {
            case 0...0x20, 0x7F...0xFF, .percent, .semicolon, .hash, .backslash: return false
            case .slash, .dot:
                if previous == .slash { return false }
            default: break
            }
            previous = byte
        }
        return true
    }

    private mutating func decode(_ path: ByteRange, in bytes: RawSpan) throws(PathProblem) {
        self.decoded.removeAll(keepingCapacity: true)
        var offset = path.lowerBound
        while offset < path.upperBound {
            let byte = bytes.at(offset)
            switch byte {
            case .percent:
                guard let value = Hexadecimal.pair(in: bytes, at: offset + 1, before: path.upperBound) else {
                    throw .badEscape
                }
                try self.appendEscaped(value, next: offset + 3, in: bytes, before: path.upperBound)
                offset += 3
                continue
            case 0...0x20, 0x7F: throw .controlCharacter
            case 0x80...0xFF: throw .rawNonASCII
            case .backslash: throw .backslash
            case .hash: throw .fragment
            case .semicolon: self.forms.insert(.semicolon)
            default: break
            }
            self.decoded.append(byte)
            offset += 1
        }
    }

    private mutating func appendEscaped(
        _ value: UInt8,
        next: Int,
        in bytes: RawSpan,
        before end: Int
    ) throws(PathProblem) {
        switch value {
        case 0...0x1F, 0x7F: throw .controlCharacter
        case .backslash: throw .backslash
        case .slash: self.forms.insert(.encodedSlash)
        // Not a delimiter once encoded, but some servers split parameters off after decoding.
        case .semicolon: self.forms.insert(.semicolon)
        case .percent:
            if let again = Hexadecimal.pair(in: bytes, at: next, before: end), Self.isDangerousTwiceDecoded(again) {
                throw .doubleEncoding
            }
        case 0x80...0xFF: self.isASCII = false
        default: break
        }
        self.decoded.append(value)
    }

    /// `%2541` is a harmless `%41`; `%252F` is an attempt.
    private static func isDangerousTwiceDecoded(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x1F, 0x7F, .slash, .backslash, .dot, .percent, .semicolon: true
        default: false
        }
    }

    /// Segments, text and numbers of the decoded path.
    private mutating func checkDecoded() throws(PathProblem) {
        let decoded = self.decoded
        let bytes = decoded.span.bytes
        var segment = 1
        var offset = 1
        while offset <= bytes.byteCount {
            if offset < bytes.byteCount, bytes.at(offset) != .slash {
                offset += 1
                continue
            }
            if Self.isDotSegment(bytes, from: segment, to: offset) { throw .dotSegment }
            if offset == segment, offset < bytes.byteCount { self.forms.insert(.emptySegment) }
            offset += 1
            segment = offset
        }
        if !self.isASCII { try Self.checkText(bytes) }
        if bytes.byteCount > Self.longestNumber { try self.checkNumbers(bytes) }
    }

    /// `.` and `..`, alone or before a `;`.
    private static func isDotSegment(_ bytes: RawSpan, from start: Int, to end: Int) -> Bool {
        var dots = 0
        for offset in start..<end {
            switch bytes.at(offset) {
            case .dot: dots += 1
            case .semicolon: return dots == 1 || dots == 2
            default: return false
            }
            if dots > 2 { return false }
        }
        return dots == 1 || dots == 2
    }

    private static func checkText(_ bytes: RawSpan) throws(PathProblem) {
        var offset = 0
        while offset < bytes.byteCount {
            guard let (value, length) = UTF8Decoding.scalar(in: bytes, at: offset) else { throw .notUTF8 }
            if (0x80...0x9F).contains(value) { throw .controlCharacter }
            offset += length
        }
    }

    private func checkNumbers(_ bytes: RawSpan) throws(PathProblem) {
        var digits = 0
        for offset in 0..<bytes.byteCount {
            digits = (0x30...0x39).contains(bytes.at(offset)) ? digits + 1 : 0
            if digits > Self.longestNumber { throw .overlongNumber }
        }
    }
}

extension UInt8 {
    static let percent = UInt8(ascii: "%")
    static let slash = UInt8(ascii: "/")
    static let dot = UInt8(ascii: ".")
    static let semicolon = UInt8(ascii: ";")
    static let hash = UInt8(ascii: "#")
    static let backslash = UInt8(ascii: "\\")
}

/// Two hexadecimal digits.
enum Hexadecimal {
    static func pair(in bytes: RawSpan, at offset: Int, before end: Int) -> UInt8? {
        guard offset >= 0, offset + 1 < end, end <= bytes.byteCount,
            let high = self.digit(bytes.at(offset)),
            let low = self.digit(bytes.at(offset + 1))
        else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
