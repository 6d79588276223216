import GatewayMessage
import GatewaySettings

/// Which client addresses may use a route.
struct AddressRules: Sendable {
    let allow: [PeerRange]?
    let deny: [PeerRange]

    /// Nil when the route is everybody's.
    init?(allow: [PeerRange]?, deny: [PeerRange]) {
        guard allow != nil || !deny.isEmpty else { return nil }
        self.allow = allow
        self.deny = deny
    }

    func admits(_ client: IPAddress?) -> Bool {
        if self.deny.contains(peer: client) { return false }
        return self.allow?.contains(peer: client) ?? true
    }
}
