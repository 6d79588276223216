import GatewayMessage

/// The hosts of a route.
struct HostRules: Sendable, Equatable {
    let patterns: [HostPattern]

    func matches(_ host: ByteRange?, in bytes: RawSpan) -> Bool {
        guard let host else { return self.patterns.contains(.anything) }
        for pattern in self.patterns where pattern.matches(host, in: bytes) { return true }
        return false
    }

    /// What of a `Host` is compared: without the port, and without the dot that makes a name absolute. Nil for a name with an
    /// empty label: servers differ in what they make of it, and it is none in DNS.
    static func name(of host: ByteRange, in bytes: RawSpan) -> ByteRange? {
        var end = host.upperBound
        var offset = end
        while offset > host.lowerBound {
            let byte = bytes.at(offset - 1)
            if byte == UInt8(ascii: "]") { break }
            offset -= 1
            if byte == UInt8(ascii: ":") {
                end = offset
                break
            }
        }
        if end > host.lowerBound, bytes.at(end - 1) == .dot {
            end -= 1
            guard end > host.lowerBound else { return nil }
        }
        let name = ByteRange(start: host.lowerBound, end: end)
        return Self.hasEmptyLabel(name, in: bytes) ? nil : name
    }

    private static func hasEmptyLabel(_ name: ByteRange, in bytes: RawSpan) -> Bool {
        guard !name.isEmpty else { return false }
        var isAtStart = true
        for offset in name.range {
            let isDot = bytes.at(offset) == .dot
            if isDot, isAtStart { return true }
            isAtStart = isDot
        }
        return isAtStart
    }
}
