import GatewayMessage
import Glibc

// What the compiler does not inline from another module, for the loops over received bytes.
extension ByteRange {
    @inline(__always)
    init(_ start: Int, _ end: Int) {
        self = .empty
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
    }

    @inline(__always)
    var first: Int { Int(self.start) }

    /// Behind the last byte.
    @inline(__always)
    var past: Int { Int(self.end) }

    @inline(__always)
    var length: Int { Int(self.end) &- Int(self.start) }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes in `range` are exactly `text`.
    @inline(__always)
    func equals(_ range: ByteRange, _ text: StaticString) -> Bool {
        guard range.length == text.utf8CodeUnitCount, range.past <= self.count, let base = self.baseAddress else {
            return false
        }
        return memcmp(base + range.first, text.utf8Start, range.length) == 0
    }

    /// Whether the bytes in `range` are `lowercase`, letters of either case; `lowercase` must be lower-case ASCII.
    func equalsIgnoringCase(_ range: ByteRange, _ lowercase: StaticString) -> Bool {
        guard range.length == lowercase.utf8CodeUnitCount else { return false }
        let expected = lowercase.utf8Start
        for index in 0..<range.length where Self.lowercase(self[range.first &+ index]) != expected[index] {
            return false
        }
        return true
    }

    /// Whether two ranges hold the same bytes, letters of either case.
    func equalsIgnoringCase(_ one: ByteRange, _ other: ByteRange) -> Bool {
        guard one.length == other.length else { return false }
        for index in 0..<one.length
        where Self.lowercase(self[one.first &+ index]) != Self.lowercase(self[other.first &+ index]) {
            return false
        }
        return true
    }

    @inline(__always)
    private static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
