import GatewayMessage

/// Walks a comma-separated header value (RFC 9110 section 5.6.1). Empty elements are skipped, as recipients must.
struct HandshakeListCursor {
    private var position: Int
    private let end: Int

    init(_ value: ByteRange) {
        self.position = value.lowerBound
        self.end = value.upperBound
    }

    struct Malformed: Error {}

    /// The next element when elements are tokens; nil at the end.
    mutating func nextToken(_ block: RawSpan) throws(Malformed) -> ByteRange? {
        guard self.skipToElement(block) else { return nil }
        let token = try self.token(block)
        try self.endElement(block)
        return token
    }

    /// The next element when elements are extensions with parameters (RFC 6455 section 9.1); nil at the end.
    mutating func nextExtension(_ block: RawSpan) throws(Malformed) -> (name: ByteRange, whole: ByteRange)? {
        guard self.skipToElement(block) else { return nil }
        let start = self.position
        let name = try self.token(block)
        var last = self.position
        self.skipSpace(block)
        while self.skip(UInt8(ascii: ";"), block) {
            self.skipSpace(block)
            _ = try self.token(block)
            last = self.position
            self.skipSpace(block)
            if self.skip(UInt8(ascii: "="), block) {
                self.skipSpace(block)
                // What is quoted must be a token too once it is unquoted, so a quoted value cannot hide a comma.
                let isQuoted = self.skip(UInt8(ascii: "\""), block)
                _ = try self.token(block)
                if isQuoted, !self.skip(UInt8(ascii: "\""), block) { throw Malformed() }
                last = self.position
                self.skipSpace(block)
            }
        }
        try self.endElement(block)
        return (name, ByteRange(start: start, end: last))
    }

    private func peek(_ block: RawSpan) -> UInt8? {
        self.position < self.end ? block.byte(self.position) : nil
    }

    private mutating func skip(_ byte: UInt8, _ block: RawSpan) -> Bool {
        guard self.peek(block) == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func skipSpace(_ block: RawSpan) {
        while let byte = self.peek(block), byte == 0x20 || byte == 0x09 { self.position += 1 }
    }

    private mutating func skipToElement(_ block: RawSpan) -> Bool {
        while let byte = self.peek(block) {
            guard byte == 0x20 || byte == 0x09 || byte == UInt8(ascii: ",") else { return true }
            self.position += 1
        }
        return false
    }

    private mutating func endElement(_ block: RawSpan) throws(Malformed) {
        self.skipSpace(block)
        guard self.position == self.end || self.skip(UInt8(ascii: ","), block) else { throw Malformed() }
    }

    private mutating func token(_ block: RawSpan) throws(Malformed) -> ByteRange {
        let start = self.position
        while let byte = self.peek(block), Self.isTokenByte(byte) { self.position += 1 }
        guard self.position > start else { throw Malformed() }
        return ByteRange(start: start, end: self.position)
    }

    /// RFC 9110 section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
