import GatewayMessage

/// The elements of a comma-separated value (RFC 9110 section 5.6.1), white space trimmed, empty ones left out. Quoted
/// strings are not known: none of the fields read with it may hold one.
struct ListElements {
    private let bytes: UnsafeRawBufferPointer
    private var at: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) {
        self.bytes = bytes
        self.at = range.lowerBound
        self.end = range.upperBound
    }

    mutating func next() -> ByteRange? {
        while self.at < self.end {
            var start = self.at
            while self.at < self.end, self.bytes[self.at] != 0x2C { self.at &+= 1 }
            var end = self.at
            self.at &+= 1
            while start < end, Self.isBlank(self.bytes[start]) { start &+= 1 }
            while end > start, Self.isBlank(self.bytes[end &- 1]) { end &-= 1 }
            if start < end { return ByteRange(start: start, end: end) }
        }
        return nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
