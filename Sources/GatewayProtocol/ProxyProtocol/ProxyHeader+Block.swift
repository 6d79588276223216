import GatewayMessage

// Version 2, a binary block:
//
//      0 … 11        12          13           14 … 15     16 …
//     ┌───────────┬─────────┬─────────┬──────────┬────────┬───────────┬──────┄
//     │ signature │ version │ command │ family,  │ length │ addresses │ TLVs
//     │           │  4 bits │  4 bits │ protocol │ behind │ and ports │
//     └───────────┴─────────┴─────────┴──────────┴────────┴───────────┴──────┄
extension ProxyHeader {
    private static var fixedPart: Int { 16 }

    /// nil when the block's end is still to come; what is wrong in the fixed part is seen before.
    static func block(_ bytes: UnsafeRawBufferPointer) throws(ProxyHeaderProblem) -> ProxyHeader? {
        let signature: StaticString = "\r\n\r\n\0\r\nQUIT\n"
        for index in 0..<min(signature.utf8CodeUnitCount, bytes.count)
        where bytes[index] != signature.utf8Start[index] { throw .notAProxyHeader }
        guard bytes.count > 12 else { return nil }
        guard bytes[12] >> 4 == 2 else { throw .unknownVersion }
        guard bytes[12] & 0x0F <= 1 else { throw .unknownCommand }
        guard bytes.count > 13 else { return nil }
        let isLocal = bytes[12] & 0x0F == 0
        // The family of a connection that the proxy opened for itself is to be ignored.
        let family = try isLocal ? .unspecified : Family(bytes[13])
        guard bytes.count >= self.fixedPart else { return nil }
        let length = self.fixedPart &+ (Int(bytes[14]) << 8 | Int(bytes[15]))
        guard length <= ProxyHeaderParser.maximumLength else { throw .headerTooLong }
        guard length >= self.fixedPart &+ family.addressLength else { throw .truncatedAddresses }
        guard bytes.count >= length else { return nil }
        let block = UnsafeRawBufferPointer(rebasing: bytes[..<length])
        // Where no addresses are known, nobody knows where extensions would begin.
        if family != .unspecified { try self.checkExtensions(block, from: self.fixedPart &+ family.addressLength) }
        return self.source(block, family)
    }

    private static func source(_ block: UnsafeRawBufferPointer, _ family: Family) -> ProxyHeader {
        let start = self.fixedPart
        switch family {
        case .unspecified, .unix:
            return ProxyHeader(length: block.count)
        case .v4:
            return ProxyHeader(
                source: IPAddress(v4: UInt32(truncatingIfNeeded: self.number(block, start, 4))),
                sourcePort: Int(truncatingIfNeeded: self.number(block, start &+ 8, 2)),
                length: block.count
            )
        case .v6:
            return ProxyHeader(
                source: IPAddress(high: self.number(block, start, 8), low: self.number(block, start &+ 8, 8)),
                sourcePort: Int(truncatingIfNeeded: self.number(block, start &+ 32, 2)),
                length: block.count
            )
        }
    }

    private enum Family {
        case unspecified, v4, v6, unix

        /// Streams only: what came in datagrams is not HTTP/1.
        init(_ byte: UInt8) throws(ProxyHeaderProblem) {
            switch byte {
            case 0x00, 0x01: self = .unspecified
            case 0x11: self = .v4
            case 0x21: self = .v6
            case 0x31: self = .unix
            case 0x02, 0x12, 0x22, 0x32: throw .datagram
            default: throw .unknownFamily
            }
        }

        /// Both addresses, and both ports where there are any.
        var addressLength: Int {
            switch self {
            case .unspecified: 0
            case .v4: 12
            case .v6: 36
            case .unix: 216
            }
        }
    }

    /// Type, length and value, one behind the other up to the end. All are skipped but the checksum, which must be right
    /// when it is there (section 2.2.3).
    private static func checkExtensions(
        _ block: UnsafeRawBufferPointer,
        from start: Int
    ) throws(ProxyHeaderProblem) {
        var at = start
        var checksumAt: Int?
        while at < block.count {
            guard block.count &- at >= 3 else { throw .badExtension }
            let length = Int(truncatingIfNeeded: self.number(block, at &+ 1, 2))
            guard block.count &- at &- 3 >= length else { throw .badExtension }
            if block[at] == 0x03 {
                guard length == 4, checksumAt == nil else { throw .badExtension }
                checksumAt = at &+ 3
            }
            at &+= 3 &+ length
        }
        guard let checksumAt else { return }
        let expected = UInt32(truncatingIfNeeded: self.number(block, checksumAt, 4))
        guard self.checksum(block, zeroAt: checksumAt) == expected else { throw .checksumMismatch }
    }

    /// CRC-32C (RFC 9260 appendix A) of the block, as if the four bytes at `zeroAt` were 0. Once per connection and over few
    /// bytes, so without tables.
    private static func checksum(_ block: UnsafeRawBufferPointer, zeroAt: Int) -> UInt32 {
        var crc = UInt32.max
        for index in 0..<block.count {
            if index &- zeroAt < 0 || index &- zeroAt >= 4 { crc ^= UInt32(block[index]) }
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0x82F6_3B78) }
        }
        return ~crc
    }

    /// Up to eight bytes in network order.
    private static func number(_ block: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> UInt64 {
        var number: UInt64 = 0
        for index in start..<(start &+ count) { number = number << 8 | UInt64(block[index]) }
        return number
    }
}
