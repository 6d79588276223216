import GatewayMessage
import Glibc

/// Searches over received bytes, eight at a time where it pays.
///
/// The word tricks are the usual ones (a byte below n, a byte equal to n); each marks exactly the lowest byte that
/// qualifies, which is the only one asked for.
enum ByteSearch {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The first byte at or after `start` that is a control byte, DEL or 0x85; `bytes.count` when there is none.
    @inline(__always)
    static func controlOrNextLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var at = start
        while at &+ 8 <= bytes.count {
            let word = self.word(bytes, at)
            let hits =
                self.below(0x20, word) | self.zeros(word ^ (self.ones &* 0x7F)) | self.zeros(word ^ (self.ones &* 0x85))
            if hits & self.highs != 0 { return at &+ (hits & self.highs).trailingZeroBitCount >> 3 }
            at &+= 8
        }
        while at < bytes.count {
            let byte = bytes[at]
            if byte < 0x20 || byte == 0x7F || byte == 0x85 { return at }
            at &+= 1
        }
        return at
    }

    /// The first byte at or after `start` that cannot stand in a query: `#`, or anything outside `!`–`~`.
    @inline(__always)
    static func endOfQuery(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var at = start
        while at &+ 8 <= bytes.count {
            let word = self.word(bytes, at)
            let hits =
                self.below(0x21, word) | self.zeros(word ^ (self.ones &* 0x23)) | self.zeros(word ^ (self.ones &* 0x7F))
                | word
            if hits & self.highs != 0 { return at &+ (hits & self.highs).trailingZeroBitCount >> 3 }
            at &+= 8
        }
        while at < bytes.count {
            let byte = bytes[at]
            if byte < 0x21 || byte > 0x7E || byte == 0x23 { return at }
            at &+= 1
        }
        return at
    }

    static func containsLineFeed(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
        guard let base = bytes.baseAddress, start < bytes.count else { return false }
        return memchr(base + start, 0x0A, bytes.count - start) != nil
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }

    @inline(__always)
    private static func below(_ limit: UInt64, _ word: UInt64) -> UInt64 { (word &- (self.ones &* limit)) & ~word }

    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- self.ones) & ~word }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes in `range` are exactly `text`.
    func equals(_ range: ByteRange, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount, range.upperBound <= self.count, let base = self.baseAddress else {
            return false
        }
        return memcmp(base + range.lowerBound, text.utf8Start, range.count) == 0
    }

    /// Whether the bytes in `range` are `lowercase`, letters of either case; `lowercase` must be lower-case ASCII.
    func equalsIgnoringCase(_ range: ByteRange, _ lowercase: StaticString) -> Bool {
        guard range.count == lowercase.utf8CodeUnitCount else { return false }
        let expected = lowercase.utf8Start
        for index in 0..<range.count where asciiLowercase(self[range.lowerBound &+ index]) != expected[index] {
            return false
        }
        return true
    }

    /// Whether two ranges hold the same bytes, letters of either case.
    func equalsIgnoringCase(_ one: ByteRange, _ other: ByteRange) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<one.count
        where asciiLowercase(self[one.lowerBound &+ index]) != asciiLowercase(self[other.lowerBound &+ index]) {
            return false
        }
        return true
    }
}
