/// A half-open range of offsets into the block of bytes that a message head was parsed from.
///
/// 32 bits are enough: a block is bounded by `limits.header_block` and `limits.request_line`, far below 4 GiB.
///
/// What parsers call per byte here is inlinable: the optimiser keeps calls into another module otherwise.
@usableFromInline package struct ByteRange: Hashable, Sendable {
    @usableFromInline package var start: UInt32
    @usableFromInline package var end: UInt32

    @inlinable package init(start: Int, end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    package static let empty = ByteRange(start: 0, end: 0)

    @inlinable package var lowerBound: Int { Int(self.start) }
    @inlinable package var upperBound: Int { Int(self.end) }
    @inlinable package var count: Int { Int(self.end) - Int(self.start) }
    @inlinable package var isEmpty: Bool { self.end <= self.start }
    @inlinable package var range: Range<Int> { self.lowerBound..<Swift.max(self.lowerBound, self.upperBound) }
}

extension RawSpan {
    /// The byte at `offset`; bounds-checked, so an offset outside the block is our own bug and traps here.
    @inlinable package func byte(_ offset: Int) -> UInt8 {
        self.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Whether the bytes in `range` are exactly `text`.
    @inlinable package func equals(_ range: ByteRange, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for index in 0..<expected.count where self.byte(range.lowerBound + index) != expected[index] {
                return false
            }
            return true
        }
    }

    /// Whether the bytes in `range` are `lowercase`, letters of either case; `lowercase` must be lower-case ASCII.
    @inlinable package func equalsIgnoringCase(_ range: ByteRange, _ lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { expected in
            for index in 0..<expected.count where asciiLowercase(self.byte(range.lowerBound + index)) != expected[index]
            {
                return false
            }
            return true
        }
    }

    /// The first byte in `range` that is a blank or a control character (0x00–0x20), or the end of `range`. Eight at a time.
    package func endOfWord(_ range: ByteRange) -> Int {
        self.withUnsafeBytes { bytes in
            let end = min(range.upperBound, bytes.count)
            var offset = range.lowerBound
            while offset + 8 <= end {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                // The high bit of each byte below 0x21, exact for the lowest such byte.
                let below = (word &- 0x2121_2121_2121_2121) & ~word & 0x8080_8080_8080_8080
                if below != 0 { return offset + below.trailingZeroBitCount / 8 }
                offset += 8
            }
            while offset < end, bytes[offset] > 0x20 { offset += 1 }
            return offset
        }
    }

    /// A copy of the bytes in `range` as text; for logs and other slow paths only.
    package func text(_ range: ByteRange) -> String {
        self.withUnsafeBytes { String(decoding: UnsafeRawBufferPointer(rebasing: $0[range.range]), as: UTF8.self) }
    }

    /// A copy of the bytes in `range`.
    @inlinable package func bytes(_ range: ByteRange) -> [UInt8] {
        self.withUnsafeBytes { Array(UnsafeRawBufferPointer(rebasing: $0[range.range])) }
    }
}

/// `A`–`Z` to `a`–`z`, every other byte unchanged.
@inlinable package func asciiLowercase(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
}
