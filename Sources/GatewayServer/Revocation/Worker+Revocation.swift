import GatewayPolicy
import GatewayTokens
import NIOCore

extension Worker {
    /// From now on requests of whom `list` names are refused, and their open sockets end. Nil names nobody.
    func revoke(_ list: RevocationList?) {
        self.gatekeeper.revocations = list
        if list != nil { self.endRevokedSockets(self.clients.entries[...]) }
    }

    /// A part of them in each turn of the loop: somebody may hold very many.
    private func endRevokedSockets(_ clients: ContiguousArray<ClientConnection>.SubSequence) {
        for client in clients.prefix(Self.socketsPerTurn) {
            if case .relaying(let relay) = client.phase { relay.endIfRevoked() }
        }
        let rest = clients.dropFirst(Self.socketsPerTurn)
        guard !rest.isEmpty else { return }
        self.eventLoop.assumeIsolated().execute { self.endRevokedSockets(rest) }
    }

    private static let socketsPerTurn = 2048
}
