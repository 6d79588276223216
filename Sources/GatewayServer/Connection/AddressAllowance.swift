import GatewayPolicy
import GatewaySettings
import NIOCore

/// What `limits.address` leaves one connection. Without such limits it holds nothing.
struct AddressAllowance {
    private var entry: AddressLedger.Entry?
    /// The connection came too soon after others: its first request is answered with this, and no other follows.
    private(set) var secondsToWait: Int?

    /// Counts the connection. Those of trusted proxies are not counted, for all of their clients share them.
    mutating func connect(_ peer: Peer, worker: Worker) {
        guard let address = peer.address, worker.snapshot.limitsAddresses else { return }
        let now = worker.ledgerTime
        let entry = worker.shared.addresses.enter(address, now: now)
        self.entry = entry
        guard let rate = worker.snapshot.addressLimits.connectionsPerSecond,
            !worker.snapshot.policy.isTrustedProxy(peer)
        else { return }
        self.secondsToWait = entry.connections.take(rate, now: now)
    }

    /// Counts a request. Nil when it may go on.
    mutating func secondsToWait(_ vetted: VettedSender?, _ peer: Peer, worker: Worker) -> Int? {
        if let seconds = self.secondsToWait { return seconds }
        guard let rate = worker.snapshot.addressLimits.requestsPerSecond else { return nil }
        let now = worker.ledgerTime
        if let vetted {
            guard let address = vetted.address else { return nil }
            return worker.shared.addresses.entry(of: address, now: now).requests.take(rate, now: now)
        }
        // A reload may have brought the limit after the connection.
        if self.entry == nil, let address = peer.address {
            self.entry = worker.shared.addresses.enter(address, now: now)
        }
        return self.entry?.requests.take(rate, now: now)
    }

    mutating func leave(_ worker: Worker) {
        if let entry = self.entry { worker.shared.addresses.leave(entry) }
        self.entry = nil
        self.secondsToWait = nil
    }
}
