import GatewayPolicy
import GatewayTokens
import Logging
import Synchronization

/// Turns the document at a JWK_URL into the keys that gatekeepers look for.
final class FetchedKeys: DocumentUser {
    private struct State {
        var maximumKeys: Int
        var skipped: [SkippedKey] = []
    }

    let keys: RemoteKeys
    private let logger: Logger
    private let state: Mutex<State>

    init(_ keys: RemoteKeys, maximumKeys: Int, logger: Logger) {
        self.keys = keys
        self.logger = logger
        self.state = Mutex(State(maximumKeys: maximumKeys))
    }

    func change(maximumKeys: Int) { self.state.withLock { $0.maximumKeys = maximumKeys } }

    func take(_ document: [UInt8]) async throws(UnusableDocument) {
        let maximumKeys = self.state.withLock { $0.maximumKeys }
        let loaded: LoadedKeys
        do throws(KeyProblem) {
            loaded = try LoadedKeys.published(
                document, algorithms: self.keys.source.algorithms, maximumKeys: maximumKeys)
        } catch {
            // What the document says is shown in part: a message never quotes a key.
            throw UnusableDocument(message: error.message)
        }
        let before = self.keys.generation
        self.keys.replace(with: loaded.keys)
        if self.keys.generation != before {
            self.logger.info(
                "keys taken into use",
                metadata: [LogKey.fetchURL: "\(self.url)", LogKey.keyCount: "\(loaded.keys.count)"])
        }
        self.tell(loaded.skipped)
    }

    /// Once, not with every fetch.
    private func tell(_ skipped: [SkippedKey]) {
        let isNew = self.state.withLock { state in
            defer { state.skipped = skipped }
            return state.skipped != skipped
        }
        guard isNew else { return }
        for key in skipped {
            self.logger.notice(
                "key left out", metadata: [LogKey.fetchURL: "\(self.url)", LogKey.problem: "\(key.message)"])
        }
    }

    func documentIsTooOld() {
        self.keys.replace(with: nil)
        self.logger.error(
            "keys too old, tokens get 503 until there are new ones", metadata: [LogKey.fetchURL: "\(self.url)"])
    }

    func fetchFailed(_ failure: FetchFailure) {
        var metadata: Logger.Metadata = [LogKey.fetchURL: "\(failure.url)", LogKey.problem: "\(failure.problem)"]
        if let age = failure.age { metadata[LogKey.fetchAge] = "\(age.components.seconds)" }
        if failure.isMissing {
            self.logger.error("keys not fetched, tokens get 503", metadata: metadata)
        } else {
            self.logger.warning("keys not fetched, the last ones stay", metadata: metadata)
        }
    }

    private var url: String { self.keys.source.url.shown }
}
