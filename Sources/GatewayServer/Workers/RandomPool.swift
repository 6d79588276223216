import Glibc

/// The system's random numbers, fetched thirty-two at a time: every WebSocket needs some, and each call of the kernel for
/// eight bytes costs as much as one for all. None is given out twice.
struct RandomPool: RandomNumberGenerator {
    /// `getentropy` gives 256 bytes at most.
    private static let size = 32
    private var numbers: [UInt64] = []

    mutating func next() -> UInt64 {
        if self.numbers.isEmpty { self.fill() }
        return self.numbers.popLast() ?? .random(in: 0...UInt64.max)
    }

    private mutating func fill() {
        var fresh = [UInt64](repeating: 0, count: Self.size)
        let failed = fresh.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { getentropy($0, bytes.count) } ?? -1
        }
        if failed == 0 {
            self.numbers = fresh
        } else {
            var system = SystemRandomNumberGenerator()
            self.numbers = (0..<Self.size).map { _ in system.next() }
        }
    }
}
