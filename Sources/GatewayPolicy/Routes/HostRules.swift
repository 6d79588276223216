import GatewayMessage

/// The hosts of a route.
struct HostRules: Sendable, Equatable {
    let patterns: [HostPattern]

    func matches(_ host: ByteRange?, in bytes: RawSpan) -> Bool {
        guard let host else { return false }
        for pattern in self.patterns where pattern.matches(host, in: bytes) { return true }
        return false
    }

    /// What of a `Host` is compared: without the port, and without the dot that makes a name absolute.
    static func name(of host: ByteRange, in bytes: RawSpan) -> ByteRange {
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
        if end > host.lowerBound, bytes.at(end - 1) == .dot { end -= 1 }
        return ByteRange(start: host.lowerBound, end: end)
    }
}
