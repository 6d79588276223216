/// Steps through UTF-8 by hand, because a request's path is bytes until it is proved to be text.
enum UTF8Decoding {
    /// The scalar at `offset` and its length in bytes; nil when the bytes there are not well-formed (Unicode table 3-7).
    static func scalar(in bytes: RawSpan, at offset: Int) -> (value: UInt32, length: Int)? {
        let count = bytes.byteCount
        guard offset >= 0, offset < count else { return nil }
        let first = bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
        if first < 0x80 { return (UInt32(first), 1) }
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard first >= 0xC2, first <= 0xF4, count - offset >= length else { return nil }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for index in 1..<length {
            let next = bytes.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self)
            guard next & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(next & 0x3F)
        }
        switch length {
        case 3 where value < 0x800 || (0xD800...0xDFFF).contains(value): return nil
        case 4 where value < 0x10000 || value > 0x10FFFF: return nil
        default: return (value, length)
        }
    }
}
