import GatewayMessage

/// A serialized origin taken apart: stricter than Python's `urlparse`, which finds a host in `https://evil@example.com`.
struct Origin {
    /// Empty for `//host`.
    var scheme: ByteRange
    /// Without brackets.
    var host: ByteRange
    /// Nil when not written.
    var port: Int?

    /// Nil for anything but `scheme://host`, `scheme://host:port` and the same without a scheme: user names, paths, blanks
    /// and ports that are not numbers are refused here.
    init?(_ value: ByteRange, in bytes: RawSpan) {
        var offset = value.lowerBound
        while offset < value.upperBound, Self.isSchemeByte(bytes.at(offset)) { offset += 1 }
        self.scheme = ByteRange(start: value.lowerBound, end: offset)
        if !self.scheme.isEmpty {
            // RFC 3986 section 3.1: a letter first. Python sees no scheme otherwise, and then no host.
            guard Self.isLetter(bytes.at(value.lowerBound)), offset < value.upperBound,
                bytes.at(offset) == UInt8(ascii: ":")
            else { return nil }
            offset += 1
        }
        guard value.upperBound - offset > 2, bytes.at(offset) == .slash, bytes.at(offset + 1) == .slash else {
            return nil
        }
        offset += 2
        let isBracketed = bytes.at(offset) == UInt8(ascii: "[")
        let start = isBracketed ? offset + 1 : offset
        offset = start
        while offset < value.upperBound, Self.isHostByte(bytes.at(offset), bracketed: isBracketed) { offset += 1 }
        self.host = ByteRange(start: start, end: offset)
        guard !self.host.isEmpty else { return nil }
        if isBracketed {
            guard offset < value.upperBound, bytes.at(offset) == UInt8(ascii: "]") else { return nil }
            offset += 1
        }
        if offset == value.upperBound {
            self.port = nil
            return
        }
        guard bytes.at(offset) == UInt8(ascii: ":"),
            let port = Self.port(ByteRange(start: offset + 1, end: value.upperBound), in: bytes)
        else { return nil }
        self.port = port
    }

    static func port(_ digits: ByteRange, in bytes: RawSpan) -> Int? {
        guard (1...5).contains(digits.count) else { return nil }
        var port = 0
        for offset in digits.range {
            let byte = bytes.at(offset)
            guard (0x30...0x39).contains(byte) else { return nil }
            port = port * 10 + Int(byte &- 0x30)
        }
        return port <= 65535 ? port : nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "-"), .dot: true
        default: false
        }
    }

    private static func isHostByte(_ byte: UInt8, bracketed: Bool) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), .dot: true
        case UInt8(ascii: "*"), UInt8(ascii: "~"): !bracketed
        case UInt8(ascii: ":"): bracketed
        default: false
        }
    }
}
