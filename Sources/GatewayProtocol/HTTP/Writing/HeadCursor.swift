import GatewayMessage
import Glibc

/// Fills reserved space front to back. Room is computed before, and ranges come from our own parser: both are checked all
/// the same, once per run, and a miscalculation traps here instead of writing past the end.
struct HeadCursor {
    private let space: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ space: UnsafeMutableRawBufferPointer) { self.space = space }

    mutating func truncate(to count: Int) { self.count = min(count, self.count) }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        self.append(UnsafeRawPointer(text.utf8Start), text.utf8CodeUnitCount)
    }

    @inline(__always)
    mutating func write(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            self.append(base, bytes.count)
        }
    }

    @inline(__always)
    mutating func copy(_ range: ByteRange, of block: UnsafeRawBufferPointer) {
        guard range.count > 0, let base = block.baseAddress else { return }
        precondition(range.upperBound <= block.count, "range outside the block")
        self.append(base + range.lowerBound, range.count)
    }

    mutating func write(decimal number: Int) {
        var (rest, count) = (number, 1)
        while rest >= 10 {
            rest /= 10
            count &+= 1
        }
        precondition(count <= self.space.count &- self.count, "head larger than its room")
        var place = self.count &+ count
        self.count = place
        rest = number
        for _ in 0..<count {
            place &-= 1
            self.space[place] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Every line that is not dropped; neighbours go in one copy. A line ends where the next one begins.
    @inline(__always)
    mutating func copyKeptLines(_ fields: [HeaderField], of block: UnsafeRawBufferPointer, blockLength: Int) {
        var runStart = -1
        for field in fields {
            if field.isDropped {
                if runStart >= 0 { self.copy(ByteRange(start: runStart, end: field.name.lowerBound), of: block) }
                runStart = -1
            } else if runStart < 0 {
                runStart = field.name.lowerBound
            }
        }
        if runStart >= 0 { self.copy(ByteRange(start: runStart, end: blockLength &- 2), of: block) }
    }

    @inline(__always)
    private mutating func append(_ bytes: UnsafeRawPointer, _ length: Int) {
        precondition(length <= self.space.count &- self.count, "head larger than its room")
        guard length > 0, let base = self.space.baseAddress else { return }
        memcpy(base + self.count, bytes, length)
        self.count &+= length
    }
}
