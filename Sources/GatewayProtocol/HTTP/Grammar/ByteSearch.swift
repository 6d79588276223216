import GatewayMessage
import Glibc

/// Searches over received bytes, sixteen at a time.
///
/// Operands are spelled out as `Bytes16`: where the compiler has to infer their type it takes the generic operators, and
/// those are loops.
typealias Bytes16 = SIMD16<UInt8>

enum ByteSearch {
    /// The first byte at or after `start` that is not printable ASCII: a control byte, DEL, or above; `bytes.count` when there
    /// is none.
    @inline(__always)
    static func endOfPrintable(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var at = start
        while at &+ 16 <= bytes.count {
            let found = self.first((self.load(bytes, at) &- Bytes16(repeating: 0x20)) .> Bytes16(repeating: 0x5E))
            if found < 16 { return at &+ found }
            at &+= 16
        }
        while at < bytes.count, bytes[at] &- 0x20 <= 0x5E { at &+= 1 }
        return at
    }

    /// The first byte at or after `start` that cannot stand in a query: `#`, or anything outside `!`–`~`.
    @inline(__always)
    static func endOfQuery(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var at = start
        while at &+ 16 <= bytes.count {
            let block = self.load(bytes, at)
            let isInvisible = (block &- Bytes16(repeating: 0x21)) .> Bytes16(repeating: 0x5D)
            let found = self.first(isInvisible .| block .== Bytes16(repeating: 0x23))
            if found < 16 { return at &+ found }
            at &+= 16
        }
        while at < bytes.count, bytes[at] &- 0x21 <= 0x5D, bytes[at] != 0x23 { at &+= 1 }
        return at
    }

    /// The first byte at or after `start` that cannot stand in a path: `?`, `\`, or what cannot stand in a query either.
    @inline(__always)
    static func endOfPath(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var at = start
        while at &+ 16 <= bytes.count {
            let block = self.load(bytes, at)
            let isInvisible = (block &- Bytes16(repeating: 0x21)) .> Bytes16(repeating: 0x5D)
            let isEnd = block .== Bytes16(repeating: 0x3F) .| block .== Bytes16(repeating: 0x23)
            let found = self.first(isInvisible .| isEnd .| block .== Bytes16(repeating: 0x5C))
            if found < 16 { return at &+ found }
            at &+= 16
        }
        while at < bytes.count, bytes[at] &- 0x21 <= 0x5D, bytes[at] != 0x3F, bytes[at] != 0x23, bytes[at] != 0x5C {
            at &+= 1
        }
        return at
    }

    static func containsLineFeed(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Bool {
        guard let base = bytes.baseAddress, start < bytes.count else { return false }
        return memchr(base + start, 0x0A, bytes.count - start) != nil
    }

    @inline(__always)
    private static func load(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Bytes16 {
        bytes.loadUnaligned(fromByteOffset: at, as: Bytes16.self)
    }

    /// The first place that is set; 16 when none is.
    @inline(__always)
    private static func first(_ places: SIMDMask<SIMD16<Int8>>) -> Int {
        let words = unsafeBitCast(places, to: SIMD2<UInt64>.self)
        let (low, high) = (UInt64(littleEndian: words.x), UInt64(littleEndian: words.y))
        return low != 0 ? low.trailingZeroBitCount >> 3 : 8 &+ high.trailingZeroBitCount >> 3
    }
}
