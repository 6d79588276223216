import GatewayMessage

/// One entry of `X-Forwarded-For`.
enum ForwardedAddress {
    /// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`, with blanks around it. Nil for
    /// everything else: names, `unknown`, zones, empty entries.
    static func read(_ entry: ByteRange, in bytes: RawSpan) -> IPAddress? {
        let text = self.trimmed(entry, in: bytes)
        // The longest there is: brackets, an IPv6 address that ends in an IPv4 one, and a port.
        guard !text.isEmpty, text.count <= 53 else { return nil }
        if bytes.at(text.lowerBound) == UInt8(ascii: "[") { return self.bracketed(text, in: bytes) }
        if let address = IPAddress(bytes.extracting(text.range)) { return address }
        guard let colon = self.firstColon(text, in: bytes), self.isPort(from: colon + 1, to: text.upperBound, in: bytes)
        else { return nil }
        // What stands before the first colon holds none, so it is IPv4 or nothing.
        return IPAddress(bytes.extracting(text.lowerBound..<colon))
    }

    static func trimmed(_ entry: ByteRange, in bytes: RawSpan) -> ByteRange {
        var (start, end) = (entry.lowerBound, entry.upperBound)
        while start < end, self.isBlank(bytes.at(start)) { start += 1 }
        while end > start, self.isBlank(bytes.at(end - 1)) { end -= 1 }
        return ByteRange(start: start, end: end)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func bracketed(_ text: ByteRange, in bytes: RawSpan) -> IPAddress? {
        var close = text.lowerBound + 1
        var hasColon = false
        while close < text.upperBound, bytes.at(close) != UInt8(ascii: "]") {
            if bytes.at(close) == UInt8(ascii: ":") { hasColon = true }
            close += 1
        }
        guard hasColon, close < text.upperBound else { return nil }
        if close + 1 < text.upperBound {
            guard bytes.at(close + 1) == UInt8(ascii: ":"), self.isPort(from: close + 2, to: text.upperBound, in: bytes)
            else { return nil }
        }
        return IPAddress(bytes.extracting(text.lowerBound + 1..<close))
    }

    private static func firstColon(_ text: ByteRange, in bytes: RawSpan) -> Int? {
        for offset in text.range where bytes.at(offset) == UInt8(ascii: ":") { return offset }
        return nil
    }

    private static func isPort(from start: Int, to end: Int, in bytes: RawSpan) -> Bool {
        start < end && Origin.port(ByteRange(start: start, end: end), in: bytes) != nil
    }
}
