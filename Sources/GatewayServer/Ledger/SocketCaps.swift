import GatewayMessage
import GatewayPolicy
import GatewaySettings

extension Snapshot {
    /// What the socket of an admission is counted by; empty when nothing is limited.
    func socketCaps(_ admission: Admission, _ client: IPAddress?, _ plan: RelayPlan) -> [SocketLedger.Cap] {
        let limits = plan.settings.limits
        let route = admission.route.label
        var caps: [SocketLedger.Cap] = []
        // The narrow ones first: a user who has too many is told so, and displaces only their own.
        if let limit = limits.perUser, let identity = admission.identity {
            let key = SocketLedger.Key.user(
                Array(identity.userID.utf8), issuer: identity.issuer.map { Array($0.utf8) }, route: route)
            caps.append(SocketLedger.Cap(key: key, limit: limit))
        }
        if let limit = limits.perAddress, let client {
            caps.append(SocketLedger.Cap(key: .address(client.subscriber, route: route), limit: limit))
        }
        if let limit = limits.perRoute { caps.append(SocketLedger.Cap(key: .route(route), limit: limit)) }
        if let limit = self.settings.limits.webSockets {
            caps.append(SocketLedger.Cap(key: .everybody, limit: limit))
        }
        return caps
    }
}

extension IPAddress {
    /// What one subscriber is known by: the address of IPv4, the /64 of IPv6.
    var subscriber: IPAddress { self.isV4 ? self : IPAddress(high: self.high, low: 0) }
}
