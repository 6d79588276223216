package import GatewayMessage

/// Peers as a settings file lists them.
package enum PeerRange: Sendable, Hashable {
    case addresses(IPAddressRange)
    /// Everybody who reaches a Unix-domain socket.
    case unix
}

extension [PeerRange] {
    /// Whether a peer is among them; nil is a peer without an address, which came over a Unix-domain socket.
    package func contains(peer address: IPAddress?) -> Bool {
        for range in self {
            switch range {
            case .addresses(let addresses): if let address, addresses.contains(address) { return true }
            case .unix: if address == nil { return true }
            }
        }
        return false
    }
}
