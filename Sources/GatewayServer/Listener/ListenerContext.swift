import GatewaySettings
import NIOCore

/// What connections need to know of the listener that accepted them.
final class ListenerContext: Sendable {
    let index: Int
    let isTLS: Bool
    /// Nil for a Unix-domain socket.
    let port: Int?

    init(index: Int, isTLS: Bool, port: Int?) {
        self.index = index
        self.isTLS = isTLS
        self.port = port
    }

    /// The `X-Forwarded-*` lines that are the same for all requests of a connection. They overwrite whatever the client sent:
    /// daphne believes the leftmost address, so nothing is appended to a client's list.
    func forwardedLines(for address: ClientAddress) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(96)
        lines.append(contentsOf: "X-Forwarded-For: ".utf8)
        lines.append(contentsOf: address.bytes)
        lines.append(
            contentsOf: self.isTLS ? "\r\nX-Forwarded-Proto: https\r\n".utf8 : "\r\nX-Forwarded-Proto: http\r\n".utf8)
        if let port = self.port {
            lines.append(contentsOf: "X-Forwarded-Port: \(port)\r\n".utf8)
        }
        return lines
    }
}

/// A client's address as it is logged and forwarded.
struct ClientAddress {
    let bytes: [UInt8]

    static let unknown = ClientAddress(bytes: Array("unknown".utf8))

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// IPv4 and IPv6 as text without a port; a Unix-domain peer has no address and is the machine itself.
    init(_ address: SocketAddress?) {
        switch address {
        case .v4, .v6: self.bytes = Array((address?.ipAddress ?? "unknown").utf8)
        case .unixDomainSocket: self.bytes = Array("127.0.0.1".utf8)
        case nil: self = .unknown
        }
    }
}
