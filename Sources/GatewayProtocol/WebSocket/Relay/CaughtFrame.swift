/// Where the parts of a frame are that the scanner has caught: its header is in order, its length in seven or sixteen bits.
struct CaughtFrame {
    let isText: Bool
    let payload: Range<Int>
    /// 0 for a plain frame.
    let mask: UInt32

    /// `range` is the frame in `bytes`, or a part of one with the whole header.
    init(_ bytes: RawSpan, _ range: Range<Int>) {
        let start = range.lowerBound
        let second = range.count >= 2 ? Self.byte(bytes, start + 1) : 0
        let key = start + (second & 0x7F == 126 ? 4 : 2)
        let header = key + Int(second & 0x80) >> 5
        self.isText = range.count >= 2 && Self.byte(bytes, start) & 0x0F == 0x1
        self.payload = min(header, range.upperBound)..<range.upperBound
        self.mask =
            second & 0x80 != 0 && header <= range.upperBound
            ? UInt32(truncatingIfNeeded: Self.integer(bytes, key..<header)) : 0
    }

    /// Whether it is the eight-byte payload that answers `ping`; only pongs of that length are caught.
    func answers(_ ping: RelayPing, in bytes: RawSpan) -> Bool {
        guard !self.isText, self.payload.count == Int(WebSocketFrameScanner.caughtPong) else { return false }
        let mask = UInt64(self.mask)
        return Self.integer(bytes, self.payload) ^ (mask << 32 | mask) == ping.cookie
    }

    private static func integer(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64 {
        var value: UInt64 = 0
        for offset in range { value = value << 8 | UInt64(Self.byte(bytes, offset)) }
        return value
    }

    private static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
