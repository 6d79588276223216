import GatewayMessage
import Glibc

extension UnsafeRawBufferPointer {
    /// Whether the bytes in `range` are exactly `text`.
    @inline(__always)
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
