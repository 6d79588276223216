import GatewayMessage

/// A field name as `FoldedName` folds it, in words: what it is known by, and its hash.
struct ScannedName {
    /// The first byte that no token may hold.
    var end: Int
    var hash: UInt32
    /// Whether it holds punctuation other than `-`, on which servers disagree.
    var isOdd: Bool
    /// The first 24 folded bytes, the first of them lowest; 0 behind the end.
    var words: (UInt64, UInt64, UInt64)

    /// The name that begins at `start`; what ends it need not be there yet.
    @inline(__always)
    static func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) -> ScannedName {
        // Most names are shorter than sixteen bytes, and nearly all hold only letters, digits and `-`.
        guard start &+ 16 <= bytes.count else { return self.slow(bytes, from: start) }
        let block = NameBlock(bytes, start)
        guard block.count < 16, bytes[start &+ block.count] == 0x3A else { return self.long(bytes, from: start) }
        return ScannedName(
            end: start &+ block.count,
            hash: FoldedName.finish(FoldedName.hash(FoldedName.hashSeed, adding: block.low, block.high)),
            isOdd: false,
            words: (block.low, block.high, 0)
        )
    }

    @inline(never)
    private static func long(_ bytes: UnsafeRawBufferPointer, from start: Int) -> ScannedName {
        var at = start
        var hash = FoldedName.hashSeed
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        while at &+ 16 <= bytes.count {
            let block = NameBlock(bytes, at)
            if block.count > 0 { hash = FoldedName.hash(hash, adding: block.low, block.high) }
            if at == start {
                words = (block.low, block.high, 0)
            } else if at == start &+ 16 {
                words.2 = block.low
            }
            at &+= block.count
            if block.count == 16 { continue }
            guard bytes[at] == 0x3A else { break }
            return ScannedName(end: at, hash: FoldedName.finish(hash), isOdd: false, words: words)
        }
        return self.slow(bytes, from: start)
    }

    /// Byte by byte: names with other punctuation, names that something else than a colon ends, and the last bytes received.
    @inline(never)
    private static func slow(_ bytes: UnsafeRawBufferPointer, from start: Int) -> ScannedName {
        var name = ScannedName(end: start, hash: 0, isOdd: false, words: (0, 0, 0))
        var hash = FoldedName.hashSeed
        var (low, high): (UInt64, UInt64) = (0, 0)
        while name.end < bytes.count {
            let entry = NameByte.entry(bytes[name.end])
            if entry == 0 { break }
            if entry & NameByte.foldedBit == 0 { name.isOdd = true }
            let place = name.end &- start
            let word = UInt64(entry | NameByte.foldedBit) << UInt64(truncatingIfNeeded: (place & 7) &* 8)
            switch place >> 3 {
            case 0: name.words.0 |= word
            case 1: name.words.1 |= word
            case 2: name.words.2 |= word
            default: break
            }
            if place & 8 == 0 { low |= word } else { high |= word }
            if place & 15 == 15 {
                hash = FoldedName.hash(hash, adding: low, high)
                (low, high) = (0, 0)
            }
            name.end &+= 1
        }
        if low != 0 { hash = FoldedName.hash(hash, adding: low, high) }
        name.hash = FoldedName.finish(hash)
        return name
    }
}

/// Sixteen received bytes, folded, as far as they are letters, digits and `-`; 0 behind them.
private struct NameBlock {
    var low: UInt64
    var high: UInt64
    var count: Int

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, _ at: Int) {
        let received = bytes.loadUnaligned(fromByteOffset: at, as: Bytes16.self)
        // Only letters become letters by this; digits and `-` have the bit already.
        let folded = received | Bytes16(repeating: 0x20)
        let isLetter = (folded &- Bytes16(repeating: 0x61)) .< Bytes16(repeating: 26)
        let isDigit = (received &- Bytes16(repeating: 0x30)) .< Bytes16(repeating: 10)
        let isDash = received .== Bytes16(repeating: 0x2D)
        let common = unsafeBitCast(isLetter .| isDigit .| isDash, to: SIMD2<UInt64>.self)
        let words = unsafeBitCast(folded, to: SIMD2<UInt64>.self)
        let (foreignLow, foreignHigh) = (~UInt64(littleEndian: common.x), ~UInt64(littleEndian: common.y))
        // Ones below the lowest one: the bytes before the first foreign one.
        self.low = UInt64(littleEndian: words.x) & (foreignLow &- 1) & ~foreignLow
        let high = UInt64(littleEndian: words.y) & (foreignHigh &- 1) & ~foreignHigh
        self.high = foreignLow == 0 ? high : 0
        self.count =
            (foreignLow == 0 ? 64 &+ foreignHigh.trailingZeroBitCount : foreignLow.trailingZeroBitCount) >> 3
    }
}
