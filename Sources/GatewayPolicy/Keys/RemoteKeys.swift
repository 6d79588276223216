package import GatewaySettings
package import GatewayTokens
internal import Synchronization

/// The keys behind one JWK_URL, as they were fetched last. Whoever fetches puts them here; every worker's gatekeeper looks
/// whether there are others than it has. It outlives the policies that name its URL.
package final class RemoteKeys: Sendable {
    /// What makes two blocks of settings share their keys.
    package struct Source: Sendable, Hashable {
        package var url: URLSettings
        /// What keys are bound to: see `LoadedKeys.published`.
        package var algorithms: [SigningAlgorithm]

        package init(url: URLSettings, algorithms: [SigningAlgorithm]) {
            self.url = url
            self.algorithms = algorithms
        }
    }

    package let source: Source
    /// Nil: not fetched yet, or too long ago.
    private let keys = Mutex<[VerificationKey]?>(nil)
    private let changes = Atomic<UInt64>(0)

    package init(_ source: Source) { self.source = source }

    /// Counts the changes; 0 until the first.
    package var generation: UInt64 { self.changes.load(ordering: .acquiring) }

    package var current: [VerificationKey]? { self.keys.withLock { $0 } }

    /// Nil when the keys are too old to be believed. The same keys again change nothing.
    package func replace(with keys: [VerificationKey]?) {
        self.keys.withLock { current in
            guard current?.map(\.identity) != keys?.map(\.identity) else { return }
            current = keys
            self.changes.add(1, ordering: .releasing)
        }
    }

    /// The set for one block of rules; its generation is that of the keys or older.
    func keySet(previous: [PreviousKey]) -> KeySet {
        let generation = self.generation
        guard let keys = self.current else { return .unavailable }
        return KeySet(keys, previous: previous, generation: generation)
    }
}

extension VerificationKey {
    /// What tells a key from another in a set.
    fileprivate var identity: KeyIdentity { KeyIdentity(fingerprint: self.fingerprint, keyID: self.keyID) }
}

private struct KeyIdentity: Equatable {
    let fingerprint: UInt64
    let keyID: String?
}
