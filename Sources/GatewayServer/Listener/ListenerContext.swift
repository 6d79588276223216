import GatewayMessage
import GatewayPolicy
import GatewaySettings
import Glibc
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

    /// As the policy is told of whoever connects here.
    func peer(_ address: IPAddress?) -> Peer {
        Peer(address: address, isSecure: self.tls != nil, port: self.port.load(ordering: .relaxed))
    }
}

/// A client's address as it is judged, logged and forwarded.
struct ClientAddress {
    /// Nil for whoever came over a Unix-domain socket.
    let ip: IPAddress?
    /// Without a port.
    let text: [UInt8]

    static let unknown = ClientAddress(IPAddress?.none)

    /// A peer without an address is the machine itself.
    init(_ ip: IPAddress?) {
        self.ip = ip
        self.text = ip?.text ?? Array("127.0.0.1".utf8)
    }

    init(_ address: SocketAddress?) { self.init(address.flatMap { IPAddress($0) }) }
}

extension IPAddress {
    /// Nil for the address of a Unix-domain socket.
    init?(_ address: SocketAddress) {
        let ip = address.withSockAddr { pointer, size -> IPAddress? in
            // The structures of netinet/in.h: family and port come first, then IPv6 has its flow information.
            let bytes = UnsafeRawBufferPointer(start: pointer, count: size)
            switch Int32(pointer.pointee.sa_family) {
            case AF_INET where size >= 8:
                return IPAddress(v4: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            case AF_INET6 where size >= 24:
                let high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                let low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
                return IPAddress(high: high, low: low)
            default: return nil
            }
        }
        guard let ip else { return nil }
        self = ip
    }
}
