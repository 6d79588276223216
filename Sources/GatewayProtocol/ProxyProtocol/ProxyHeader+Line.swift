import GatewayMessage

// Version 1, a line of text:
//
//     PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 CRLF
//     PROXY TCP6 2001:db8::1 2001:db8::7 56324 443 CRLF
//     PROXY UNKNOWN [ anything ] CRLF
extension ProxyHeader {
    /// With its CRLF, and every field of the longest kind.
    private static var maximumLine: Int { 107 }

    /// nil when the line's end is still to come and could come. Fields are looked at only then, as the specification has it:
    /// an address that a read cut may look whole.
    static func line(_ bytes: UnsafeRawBufferPointer) throws(ProxyHeaderProblem) -> ProxyHeader? {
        let opening: StaticString = "PROXY "
        for index in 0..<min(opening.utf8CodeUnitCount, bytes.count)
        where bytes[index] != opening.utf8Start[index] { throw .notAProxyHeader }
        guard let end = try self.endOfLine(bytes) else { return nil }
        var fields = Fields(bytes, from: opening.utf8CodeUnitCount, to: end)
        guard let family = fields.next() else { throw .badLine }
        if bytes.equals(family, "UNKNOWN") { return ProxyHeader(length: end &+ 2) }
        let isV4 = bytes.equals(family, "TCP4")
        guard isV4 || bytes.equals(family, "TCP6") else { throw .unknownFamily }
        guard let from = fields.next(), let to = fields.next(), let fromPort = fields.next(),
            let toPort = fields.next(),
            fields.isAtEnd
        else { throw .badLine }
        let source = try self.address(bytes, from, isV4: isV4)
        _ = try self.address(bytes, to, isV4: isV4)
        let sourcePort = try self.port(bytes, fromPort)
        _ = try self.port(bytes, toPort)
        return ProxyHeader(source: source, sourcePort: sourcePort, length: end &+ 2)
    }

    /// The CR of the CRLF.
    private static func endOfLine(_ bytes: UnsafeRawBufferPointer) throws(ProxyHeaderProblem) -> Int? {
        for index in 0..<min(bytes.count, self.maximumLine &- 1) {
            if bytes[index] == 0x0A { throw .bareLineEnd }
            guard bytes[index] == 0x0D else { continue }
            guard index &+ 1 < bytes.count else { return nil }
            guard bytes[index &+ 1] == 0x0A else { throw .bareLineEnd }
            return index
        }
        guard bytes.count < self.maximumLine &- 1 else { throw .lineTooLong }
        return nil
    }

    private static func address(
        _ bytes: UnsafeRawBufferPointer,
        _ range: ByteRange,
        isV4: Bool
    ) throws(ProxyHeaderProblem) -> IPAddress {
        // The family says which form it is; a mixed one (`::ffff:192.0.2.1`) is neither.
        for index in range.range {
            let isForeign = isV4 ? bytes[index] == 0x3A : bytes[index] == 0x2E
            guard !isForeign else { throw .badAddress }
        }
        let text = UnsafeRawBufferPointer(rebasing: bytes[range.range])
        guard let address = IPAddress(text.bytes) else { throw .badAddress }
        return address
    }

    private static func port(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) throws(ProxyHeaderProblem) -> Int {
        guard range.count <= 5, range.count == 1 || bytes[range.lowerBound] != 0x30 else { throw .badPort }
        var port = 0
        for index in range.range {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { throw .badPort }
            port = port &* 10 &+ Int(digit)
        }
        guard port <= 0xFFFF else { throw .badPort }
        return port
    }

    /// What lies between single spaces; two in a row end the fields, so that something is left over.
    private struct Fields {
        private let bytes: UnsafeRawBufferPointer
        private var at: Int
        private let end: Int

        init(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) {
            self.bytes = bytes
            self.at = start
            self.end = end
        }

        /// Also false behind a final space: the field that it promises is missing.
        var isAtEnd: Bool { self.at == self.end &+ 1 }

        mutating func next() -> ByteRange? {
            let start = self.at
            var at = start
            while at < self.end, self.bytes[at] != 0x20 { at &+= 1 }
            guard at > start else { return nil }
            self.at = at &+ 1
            return ByteRange(start: start, end: at)
        }
    }
}
