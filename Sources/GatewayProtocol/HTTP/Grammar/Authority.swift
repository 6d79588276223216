import GatewayMessage

/// The value of `Host`: `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2), never with user
/// information. Stricter than the grammar in four points: the host is not empty and holds no comma (a list is what two
/// `Host` lines become when somebody joins them, and what some servers split), a port fits 16 bits, and of the bracketed
/// forms only IPv6 addresses without a zone are known.
enum Authority {
    static func isValid(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) -> Bool {
        guard range.count > 0 else { return false }
        var at = range.lowerBound
        let end = range.upperBound
        if bytes[at] == 0x5B {
            guard let close = self.endOfIPv6(bytes, from: at &+ 1, to: end) else { return false }
            at = close &+ 1
        } else {
            guard let hostEnd = self.endOfName(bytes, from: at, to: end), hostEnd > at else { return false }
            at = hostEnd
        }
        guard at < end else { return true }
        return bytes[at] == 0x3A && self.isPort(bytes, from: at &+ 1, to: end)
    }

    /// Where a registered name or IPv4 address ends: at `end` or at the colon before a port; nil when it is not one.
    private static func endOfName(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
        var at = start
        while at < end, bytes[at] != 0x3A {
            switch bytes[at] {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A,  // letters, digits
                0x2D, 0x2E, 0x5F, 0x7E,  // - . _ ~
                0x21, 0x24, 0x26...0x2B, 0x3B, 0x3D:  // sub-delims but the comma
                at &+= 1
            case 0x25:
                guard at &+ 2 < end, self.isHex(bytes[at &+ 1]), self.isHex(bytes[at &+ 2]) else { return nil }
                at &+= 3
            default:
                return nil
            }
        }
        return at
    }

    private static func isPort(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Bool {
        var port = 0
        for index in start..<end {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return false }
            port = port &* 10 &+ Int(digit)
            guard port <= 0xFFFF else { return false }
        }
        return true
    }

    /// The closing bracket behind an IPv6 address: eight groups, or fewer around one `::`, the last two of them possibly
    /// written as an IPv4 address.
    private static func endOfIPv6(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
        var at = start
        var groups = 0
        var isCompressed = false
        if at &+ 1 < end, bytes[at] == 0x3A {
            guard bytes[at &+ 1] == 0x3A else { return nil }
            isCompressed = true
            at &+= 2
        }
        while at < end, bytes[at] != 0x5D {
            let groupStart = at
            while at < end, self.isHex(bytes[at]) { at &+= 1 }
            if at < end, bytes[at] == 0x2E {
                guard let close = self.endOfIPv4(bytes, from: groupStart, to: end), close < end, bytes[close] == 0x5D
                else { return nil }
                return isCompressed ? (groups <= 5 ? close : nil) : (groups == 6 ? close : nil)
            }
            guard at > groupStart, at &- groupStart <= 4, at < end else { return nil }
            groups &+= 1
            guard groups <= 8 else { return nil }
            if bytes[at] == 0x5D { break }
            guard bytes[at] == 0x3A, at &+ 1 < end else { return nil }
            at &+= 1
            if bytes[at] == 0x3A {
                guard !isCompressed else { return nil }
                isCompressed = true
                at &+= 1
            } else if bytes[at] == 0x5D {
                return nil
            }
        }
        guard at < end else { return nil }
        return isCompressed ? (groups <= 7 ? at : nil) : (groups == 8 ? at : nil)
    }

    private static func endOfIPv4(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
        var at = start
        for part in 0..<4 {
            if part > 0 {
                guard at < end, bytes[at] == 0x2E else { return nil }
                at &+= 1
            }
            let first = at
            var value = 0
            while at < end, bytes[at] &- 0x30 < 10, at &- first < 3 {
                value = value &* 10 &+ Int(bytes[at] &- 0x30)
                at &+= 1
            }
            guard at > first, value <= 255, at &- first == 1 || bytes[first] != 0x30 else { return nil }
        }
        return at
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}
