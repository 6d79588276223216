import GatewayMessage

/// One entry of `allowed_origins`, compiled; it means what Channels' `OriginValidator` makes of the same text.
enum OriginRule: Sendable, Equatable {
    /// `*`
    case anything
    /// `null`: sandboxed frames and local files. Channels has no way to allow them.
    case null
    /// No scheme written: any scheme, any port.
    case host(HostRule)
    /// With a scheme, the port counts too; nil where the scheme has no default.
    case exact(scheme: [UInt8], HostRule, port: Int?)

    func matches(_ origin: Origin, in bytes: RawSpan) -> Bool {
        switch self {
        case .anything: true
        case .null: false
        case .host(let host): host.matches(origin.host, in: bytes)
        case .exact(let scheme, let host, let port):
            bytes.isEqualIgnoringCase(origin.scheme, scheme)
                && (origin.port ?? Self.defaultPort(of: scheme)) == port
                && host.matches(origin.host, in: bytes)
        }
    }

    static func defaultPort(of scheme: [UInt8]) -> Int? {
        if scheme == Array("http".utf8) || scheme == Array("ws".utf8) { return 80 }
        if scheme == Array("https".utf8) || scheme == Array("wss".utf8) { return 443 }
        return nil
    }
}

/// A host, or with a leading dot that host and everything under it.
struct HostRule: Sendable, Hashable {
    /// Lower case; with the leading dot where there is one.
    let name: [UInt8]

    func matches(_ host: ByteRange, in bytes: RawSpan) -> Bool {
        guard self.name.first == .dot else { return bytes.isEqualIgnoringCase(host, self.name) }
        if host.count >= self.name.count {
            let tail = ByteRange(start: host.upperBound - self.name.count, end: host.upperBound)
            return bytes.isEqualIgnoringCase(tail, self.name)
        }
        guard host.count == self.name.count - 1 else { return false }
        for index in 0..<host.count where asciiLowercase(bytes.at(host.lowerBound + index)) != self.name[index + 1] {
            return false
        }
        return true
    }
}
