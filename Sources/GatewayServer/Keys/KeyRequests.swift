import GatewayPolicy
import Synchronization

/// Brings keys that tokens have asked for in vain from the workers to whoever fetches keys.
final class KeyRequests: Sendable {
    private let receiver = Mutex<(@Sendable ([RemoteKeys]) -> Void)?>(nil)

    func deliver(to receiver: @escaping @Sendable ([RemoteKeys]) -> Void) { self.receiver.withLock { $0 = receiver } }

    /// Called on loops: the receiver must not wait.
    func report(_ keys: [RemoteKeys]) {
        let receiver = self.receiver.withLock { $0 }
        receiver?(keys)
    }
}
