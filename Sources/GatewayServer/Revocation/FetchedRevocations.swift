import GatewayTokens
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Turns the document of the feed into a list of revocations.
final class FetchedRevocations: DocumentUser {
    private let url: String
    private let logger: Logger
    /// Of the document taken last: one that is the same is no news.
    private let fingerprint = Mutex<Int?>(nil)
    private let isTooOld = Mutex(false)
    private let changed: @Sendable (RevocationList) async -> Void

    init(url: String, logger: Logger, changed: @escaping @Sendable (RevocationList) async -> Void) {
        self.url = url
        self.logger = logger
        self.changed = changed
    }

    func take(_ document: [UInt8]) async throws(UnusableDocument) {
        let fingerprint = document.hashValue
        if self.fingerprint.withLock({ $0 }) != fingerprint {
            let list = try await Self.parse(document)
            await self.changed(list)
            self.fingerprint.withLock { $0 = fingerprint }
        }
        self.isTooOld.withLock { $0 = false }
    }

    /// A long list takes its time, which is nobody else's here.
    private static func parse(_ document: [UInt8]) async throws(UnusableDocument) -> RevocationList {
        do {
            return try await NIOSingletons.posixBlockingThreadPool.runIfActive {
                try RevocationList(reading: document)
            }
        } catch {
            throw error as? UnusableDocument ?? UnusableDocument(message: "the gateway stops")
        }
    }

    func documentIsTooOld() { self.isTooOld.withLock { $0 = true } }

    /// The last list stays, however old: whoever it names was revoked. What it cannot name is what the log must tell.
    func fetchFailed(_ failure: FetchFailure) {
        var metadata: Logger.Metadata = [LogKey.fetchURL: "\(failure.url)", LogKey.problem: "\(failure.problem)"]
        if let age = failure.age { metadata[LogKey.fetchAge] = "\(age.components.seconds)" }
        if failure.age == nil {
            self.logger.error("revocations not fetched, nothing of this feed is revoked yet", metadata: metadata)
        } else if self.isTooOld.withLock({ $0 }) {
            self.logger.error("revocations too old, newer ones are not known", metadata: metadata)
        } else {
            self.logger.warning("revocations not fetched, the last ones stay", metadata: metadata)
        }
    }
}
