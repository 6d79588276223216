import GatewaySettings
import NIOCore
import NIOSSL
import Synchronization

/// What connections need to know of the listener that accepted them.
final class ListenerContext: Sendable {
    /// As in the settings: a reload finds the listener's certificate by it.
    let address: AddressSettings
    /// The certificate it began with, for snapshots that have none for its address; nil speaks plain HTTP.
    let tls: NIOSSLContext?

    /// 0 for a Unix-domain socket; known once the listener is bound.
    private let port = Atomic<Int>(0)

    init(address: AddressSettings, tls: NIOSSLContext?) {
        self.address = address
        self.tls = tls
    }

    func listens(on port: Int?) { self.port.store(port ?? 0, ordering: .relaxed) }

    /// The `X-Forwarded-*` lines that are the same for all requests of a connection. They overwrite whatever the client sent:
    /// daphne believes the leftmost address, so nothing is appended to a client's list.
    func forwardedLines(for address: ClientAddress) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(96)
        lines.append(contentsOf: "X-Forwarded-For: ".utf8)
        lines.append(contentsOf: address.bytes)
        lines.append(
            contentsOf: self.tls != nil
                ? "\r\nX-Forwarded-Proto: https\r\n".utf8 : "\r\nX-Forwarded-Proto: http\r\n".utf8)
        let port = self.port.load(ordering: .relaxed)
        if port != 0 {
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
