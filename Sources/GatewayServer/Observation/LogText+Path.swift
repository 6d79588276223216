/// Paths in log lines. Some clients put their token into one by mistake, and a log is read by more people than may use it.
extension LogText {
    private static let shortest = 12

    /// The path as it was sent, with `[token]` for everything that begins like a JSON object in base64url, which is how every
    /// token begins, up to the next character that no token has.
    static func append(path: borrowing RawSpan, format: LogFormatting, to bytes: inout [UInt8]) {
        var start = 0
        while let token = Self.token(in: path, from: start) {
            Self.appendEscaped(path.extracting(start..<token.lowerBound), format: format, to: &bytes)
            Self.append("[token]", to: &bytes)
            start = token.upperBound
        }
        Self.appendEscaped(path.extracting(start..<path.byteCount), format: format, to: &bytes)
    }

    private static func token(in path: borrowing RawSpan, from offset: Int) -> Range<Int>? {
        path.withUnsafeBytes { bytes in
            var start = offset
            while start + Self.shortest <= bytes.count {
                if bytes[start] == UInt8(ascii: "e"), bytes[start + 1] == UInt8(ascii: "y"),
                    bytes[start + 2] == UInt8(ascii: "J")
                {
                    var end = start + 3
                    while end < bytes.count, Self.isOfToken(bytes[end]) { end += 1 }
                    if end - start >= Self.shortest { return start..<end }
                }
                start += 1
            }
            return nil
        }
    }

    /// Also `%`: what is escaped is still readable.
    private static func isOfToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "%"), UInt8(ascii: "="): true
        default: false
        }
    }
}
