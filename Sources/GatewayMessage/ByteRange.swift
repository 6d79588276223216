/// A half-open range of offsets into the block of bytes that a message head was parsed from.
///
/// 32 bits are enough: a block is bounded by `limits.header_block` and `limits.request_line`, far below 4 GiB.
package struct ByteRange: Hashable, Sendable {
    package var start: UInt32
    package var end: UInt32

    package init(start: Int, end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    package static let empty = ByteRange(start: 0, end: 0)

    package var lowerBound: Int { Int(self.start) }
    package var upperBound: Int { Int(self.end) }
    package var count: Int { Int(self.end) - Int(self.start) }
    package var isEmpty: Bool { self.end <= self.start }
    package var range: Range<Int> { self.lowerBound..<Swift.max(self.lowerBound, self.upperBound) }
}

extension RawSpan {
    /// The byte at `offset`; bounds-checked, so an offset outside the block is our own bug and traps here.
    package func byte(_ offset: Int) -> UInt8 {
        self.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Whether the bytes in `range` are exactly `text`.
    package func equals(_ range: ByteRange, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for index in 0..<expected.count where self.byte(range.lowerBound + index) != expected[index] {
                return false
            }
            return true
        }
    }

    /// Whether the bytes in `range` are `lowercase`, letters of either case; `lowercase` must be lower-case ASCII.
    package func equalsIgnoringCase(_ range: ByteRange, _ lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { expected in
            for index in 0..<expected.count where asciiLowercase(self.byte(range.lowerBound + index)) != expected[index]
            {
                return false
            }
            return true
        }
    }

    /// A copy of the bytes in `range` as text; for logs and other slow paths only.
    package func text(_ range: ByteRange) -> String {
        self.withUnsafeBytes { String(decoding: UnsafeRawBufferPointer(rebasing: $0[range.range]), as: UTF8.self) }
    }

    /// A copy of the bytes in `range`.
    package func bytes(_ range: ByteRange) -> [UInt8] {
        self.withUnsafeBytes { Array(UnsafeRawBufferPointer(rebasing: $0[range.range])) }
    }
}

/// `A`–`Z` to `a`–`z`, every other byte unchanged.
package func asciiLowercase(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
}
