import GatewayMessage

/// The other fields in which a trusted proxy says what its client asked for. Each counts only when there is exactly one line
/// of the name with one value that can be nothing else: a second one was written by somebody else.
struct ForwardedFields {
    /// Nil: not said, or not believably.
    private(set) var isSecure: Bool?
    private(set) var host: ByteRange?
    private(set) var port: Int?
    private(set) var requestID: ByteRange?

    static let longestRequestID = 128

    init(_ head: borrowing RequestHead, in bytes: RawSpan) {
        if let value = Self.onlyValue(of: "x-forwarded-proto", head, bytes) {
            self.isSecure = Self.isSecure(value, in: bytes)
        }
        if let value = Self.onlyValue(of: "x-forwarded-host", head, bytes), Self.isAuthority(value, in: bytes) {
            self.host = value
        }
        if let value = Self.onlyValue(of: "x-forwarded-port", head, bytes) { self.port = Self.port(value, in: bytes) }
        if let value = Self.onlyValue(of: "x-request-id", head, bytes), Self.isRequestID(value, in: bytes) {
            self.requestID = value
        }
    }

    private static func onlyValue(
        of name: StaticString,
        _ head: borrowing RequestHead,
        _ bytes: RawSpan
    ) -> ByteRange? {
        var value: ByteRange?
        for field in head.fields where bytes.equalsIgnoringCase(field.name, name) {
            guard value == nil else { return nil }
            value = field.value
        }
        return value
    }

    /// A WebSocket's scheme says the same as the scheme of the handshake that opens it.
    private static func isSecure(_ value: ByteRange, in bytes: RawSpan) -> Bool? {
        if bytes.equalsIgnoringCase(value, "https") || bytes.equalsIgnoringCase(value, "wss") { return true }
        if bytes.equalsIgnoringCase(value, "http") || bytes.equalsIgnoringCase(value, "ws") { return false }
        return nil
    }

    private static func port(_ value: ByteRange, in bytes: RawSpan) -> Int? {
        guard !value.isEmpty, bytes.at(value.lowerBound) != UInt8(ascii: "0") else { return nil }
        return Origin.port(value, in: bytes)
    }

    /// Letters, digits, `-`, `.`, `_`, or an IPv6 address in brackets; then perhaps a port. Narrower than RFC 3986, which
    /// lets commas and escapes into a host.
    static func isAuthority(_ value: ByteRange, in bytes: RawSpan) -> Bool {
        guard (1...261).contains(value.count) else { return false }
        var offset = value.lowerBound
        if bytes.at(offset) == UInt8(ascii: "[") {
            while offset < value.upperBound, bytes.at(offset) != UInt8(ascii: "]") { offset += 1 }
            let inside = ByteRange(start: value.lowerBound + 1, end: offset)
            guard offset < value.upperBound, Self.hasColon(inside, in: bytes),
                IPAddress(bytes.extracting(inside.range)) != nil
            else { return false }
            offset += 1
        } else {
            while offset < value.upperBound, Self.isHostByte(bytes.at(offset)) { offset += 1 }
            guard offset > value.lowerBound else { return false }
        }
        if offset == value.upperBound { return true }
        return bytes.at(offset) == UInt8(ascii: ":")
            && self.port(ByteRange(start: offset + 1, end: value.upperBound), in: bytes) != nil
    }

    /// The port behind an authority's host; nil when it has none.
    static func port(of authority: ByteRange, in bytes: RawSpan) -> Int? {
        var offset = authority.upperBound
        while offset > authority.lowerBound, (0x30...0x39).contains(bytes.at(offset - 1)) { offset -= 1 }
        guard offset > authority.lowerBound, bytes.at(offset - 1) == UInt8(ascii: ":") else { return nil }
        return self.port(ByteRange(start: offset, end: authority.upperBound), in: bytes)
    }

    private static func hasColon(_ range: ByteRange, in bytes: RawSpan) -> Bool {
        for offset in range.range where bytes.at(offset) == UInt8(ascii: ":") { return true }
        return false
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    /// What no log, list or quoted string needs to escape.
    static func isRequestID(_ value: ByteRange, in bytes: RawSpan) -> Bool {
        guard (1...Self.longestRequestID).contains(value.count) else { return false }
        for offset in value.range where !Self.isRequestIDByte(bytes.at(offset)) { return false }
        return true
    }

    static func isRequestID(_ text: [UInt8]) -> Bool {
        (1...Self.longestRequestID).contains(text.count) && text.allSatisfy { Self.isRequestIDByte($0) }
    }

    private static func isRequestIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\\"): false
        case 0x21...0x7E: true
        default: false
        }
    }
}
