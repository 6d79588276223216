/// An IPv4 or IPv6 address as 128 bits; IPv4 is its mapped form `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2), so a client
/// that a dual-stack listener sees in the mapped form compares equal to the same client on an IPv4 listener.
package struct IPAddress: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    private static let mappedPrefix: UInt64 = 0xFFFF << 32

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// `v4` in host byte order: 127.0.0.1 is 0x7F000001.
    package init(v4: UInt32) {
        self.high = 0
        self.low = Self.mappedPrefix | UInt64(v4)
    }

    package var isV4: Bool { self.high == 0 && self.low >> 32 == 0xFFFF }

    /// Dotted decimal or the 16-bit groups of RFC 4291 section 2.2 in the bytes of `text`, exactly: no leading zeros in
    /// IPv4, no zone, no brackets, no blanks. Nil for everything else.
    package init?(_ text: RawSpan) {
        if let v4 = Self.parseV4(text, from: 0) {
            self.init(v4: v4)
        } else if let v6 = Self.parseV6(text) {
            self = v6
        } else {
            return nil
        }
    }

    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span.bytes)
    }

    /// Dotted decimal for IPv4, otherwise RFC 5952: lower case, the longest run of zero groups as `::`.
    package func append(to text: inout [UInt8]) {
        if self.isV4 {
            for index in 0..<4 {
                if index > 0 { text.append(UInt8(ascii: ".")) }
                Self.appendDecimal(UInt8(truncatingIfNeeded: self.low >> UInt64(24 - 8 * index)), to: &text)
            }
            return
        }
        let run = self.longestZeroRun
        var index = 0
        while index < 8 {
            if let run, run.lowerBound == index {
                text.append(contentsOf: [UInt8(ascii: ":"), UInt8(ascii: ":")])
                index = run.upperBound
                continue
            }
            if index > 0, run?.upperBound != index { text.append(UInt8(ascii: ":")) }
            Self.appendHexadecimal(self.group(index), to: &text)
            index += 1
        }
    }

    package var text: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(self.isV4 ? 15 : 39)
        self.append(to: &text)
        return text
    }

    // MARK: Text

    private func group(_ index: Int) -> UInt16 {
        let half = index < 4 ? self.high : self.low
        return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
    }

    /// Only runs of two and more groups are shortened, the first of equals.
    private var longestZeroRun: Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, self.group(end) == 0 { end += 1 }
            if end - start >= 2, end - start > best?.count ?? 0 { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }

    private static func appendDecimal(_ number: UInt8, to text: inout [UInt8]) {
        if number >= 100 { text.append(0x30 + number / 100) }
        if number >= 10 { text.append(0x30 + number / 10 % 10) }
        text.append(0x30 + number % 10)
    }

    private static func appendHexadecimal(_ group: UInt16, to text: inout [UInt8]) {
        var isLeading = true
        for shift in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: group >> UInt16(shift)) & 0xF
            if isLeading, digit == 0, shift > 0 { continue }
            isLeading = false
            text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }

    private static func parseV4(_ text: RawSpan, from start: Int) -> UInt32? {
        var address: UInt32 = 0
        var offset = start
        for index in 0..<4 {
            if index > 0 {
                guard offset < text.byteCount, text.byte(offset) == UInt8(ascii: ".") else { return nil }
                offset += 1
            }
            let first = offset
            var number: UInt32 = 0
            while offset < text.byteCount, text.byte(offset) &- 0x30 < 10, offset - first < 3 {
                number = number * 10 + UInt32(text.byte(offset) &- 0x30)
                offset += 1
            }
            guard offset > first, number <= 255, offset - first == 1 || text.byte(first) != 0x30 else { return nil }
            address = address << 8 | number
        }
        return offset == text.byteCount ? address : nil
    }

    private static func parseV6(_ text: RawSpan) -> IPAddress? {
        var groups: [UInt16] = []
        var gap: Int?
        var offset = 0
        if Self.isColon(text, 0) {
            guard Self.isColon(text, 1) else { return nil }
            gap = 0
            offset = 2
        }
        while offset < text.byteCount {
            if groups.count <= 6, let v4 = Self.parseV4(text, from: offset) {
                groups.append(UInt16(truncatingIfNeeded: v4 >> 16))
                groups.append(UInt16(truncatingIfNeeded: v4))
                offset = text.byteCount
                break
            }
            guard groups.count < 8, let group = Self.parseGroup(text, &offset) else { return nil }
            groups.append(group)
            guard offset < text.byteCount else { break }
            guard Self.isColon(text, offset) else { return nil }
            offset += 1
            if Self.isColon(text, offset) {
                guard gap == nil else { return nil }
                gap = groups.count
                offset += 1
            } else if offset == text.byteCount {
                return nil
            }
        }
        guard gap == nil ? groups.count == 8 : groups.count < 8 else { return nil }
        if let gap { groups.insert(contentsOf: Array(repeating: 0, count: 8 - groups.count), at: gap) }
        let halves = groups.reduce(into: (high: UInt64(0), low: UInt64(0))) { halves, group in
            halves.high = halves.high << 16 | halves.low >> 48
            halves.low = halves.low << 16 | UInt64(group)
        }
        return IPAddress(high: halves.high, low: halves.low)
    }

    private static func isColon(_ text: RawSpan, _ offset: Int) -> Bool {
        offset < text.byteCount && text.byte(offset) == UInt8(ascii: ":")
    }

    private static func parseGroup(_ text: RawSpan, _ offset: inout Int) -> UInt16? {
        let first = offset
        var group: UInt16 = 0
        while offset < text.byteCount, offset - first < 4 {
            let digit: UInt8
            switch text.byte(offset) {
            case let byte where byte &- 0x30 < 10: digit = byte &- 0x30
            case let byte where (byte | 0x20) &- 0x61 < 6: digit = (byte | 0x20) &- 0x57
            default: return offset > first ? group : nil
            }
            group = group << 4 | UInt16(digit)
            offset += 1
        }
        return offset > first ? group : nil
    }
}

/// A block of addresses in CIDR notation (RFC 4632 section 3.1), or a single one.
package struct IPAddressRange: Hashable, Sendable {
    package let address: IPAddress
    /// Leading bits that count, of 128: an IPv4 prefix is 96 longer than it is written.
    package let prefixLength: Int

    /// `prefixLength` counts of 128 bits; bits behind it are cleared.
    package init(_ address: IPAddress, prefixLength: Int) {
        let length = min(max(prefixLength, 0), 128)
        let mask = Self.mask(length)
        self.address = IPAddress(high: address.high & mask.high, low: address.low & mask.low)
        self.prefixLength = length
    }

    /// `10.0.0.0/8`, `2001:db8::/32`, `127.0.0.1`. Nil for everything else, bits behind the prefix included: they are a typo.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        let width = address.isV4 && !first.contains(":") ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ $0 &- 0x30 < 10 }), parts[1] == "0" || !parts[1].hasPrefix("0"),
                let written = Int(parts[1]), written <= width
            else { return nil }
            length = written
        }
        self.init(address, prefixLength: length + 128 - width)
        guard self.address == address else { return nil }
    }

    package func contains(_ address: IPAddress) -> Bool {
        let mask = Self.mask(self.prefixLength)
        return address.high & mask.high == self.address.high && address.low & mask.low == self.address.low
    }

    private static func mask(_ length: Int) -> (high: UInt64, low: UInt64) {
        let high = length >= 64 ? UInt64.max : length == 0 ? 0 : ~(UInt64.max >> UInt64(length))
        let low = length <= 64 ? 0 : length == 128 ? UInt64.max : ~(UInt64.max >> UInt64(length - 64))
        return (high, low)
    }
}
