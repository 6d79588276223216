import NIOCore

extension SocketAddress {
    /// As in a URL: IPv6 in brackets. Of a Unix-domain socket there is none.
    var authority: String {
        let port = self.port ?? 0
        return switch self {
        case .v4: "\(self.ipAddress ?? "?"):\(port)"
        case .v6: "[\(self.ipAddress ?? "::")]:\(port)"
        case .unixDomainSocket: ""
        }
    }
}
