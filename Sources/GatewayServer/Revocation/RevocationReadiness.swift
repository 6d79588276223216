import Synchronization

/// What `/readyz` says about revocations.
final class RevocationReadiness: Sendable {
    struct State: Sendable, Equatable {
        /// Nothing was fetched yet: whom the feed names is still welcome here.
        var isFeedMissing = false
        var isFeedTooOld = false
        var isFileTooOld = false
    }

    private let state = Mutex(State())

    func set(_ state: State) { self.state.withLock { $0 = state } }

    var reasonNotReady: String? { self.state.withLock { $0.isFeedMissing } ? "revocations not fetched yet" : nil }

    /// The last list is in use; the balancer's other gateways may have no newer one.
    var warnings: [String] {
        let state = self.state.withLock { $0 }
        return (state.isFileTooOld ? ["revocations of the file too old"] : [])
            + (state.isFeedTooOld ? ["revocations of the feed too old"] : [])
    }
}
