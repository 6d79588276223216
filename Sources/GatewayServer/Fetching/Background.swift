import GatewayPolicy
import GatewaySettings
import Logging

/// What the gateway does beside the traffic: it fetches keys and keeps the list of revocations.
struct Background: Sendable {
    private let fetcher: DocumentFetcher
    private let keys: KeyKeeper
    private let revocations: RevocationKeeper
    private let revokedSockets: @Sendable () -> Int

    /// How long a start or a reload waits for what it needs first. Then the gateway serves what it can.
    private static let patience = Duration.seconds(5)

    init(workers: WorkerSet, logger: Logger) {
        let fetcher = DocumentFetcher(group: workers.group)
        let keys = KeyKeeper(fetcher: fetcher, logger: logger)
        self.fetcher = fetcher
        self.keys = keys
        self.revocations = RevocationKeeper(fetcher: fetcher, logger: logger) { list in
            workers.execute { $0.revoke(list) }
        }
        self.revokedSockets = { workers.shared.revokedSockets.current }
        workers.shared.keyRequests.deliver { unknown in Task { await keys.wanted(unknown) } }
    }

    /// Before a snapshot is taken into use: fetches what it needs and the one in use does not.
    func prepare(_ snapshot: Snapshot) async {
        let tokens = snapshot.settings.tokens
        async let keys: Void = self.keys.prepare(snapshot.policy, tokens.jwks, within: Self.patience)
        async let revocations: Void = self.revocations.prepare(
            tokens.revocation, file: snapshot.takeRevocationFile(), within: Self.patience)
        _ = await (keys, revocations)
    }

    /// The snapshot is in use: gives up what only the one before needed.
    func settle(_ snapshot: Snapshot) async {
        await self.keys.settle(snapshot.policy)
        await self.revocations.settle(snapshot.settings.tokens.revocation)
    }

    /// The operator says that files have changed.
    func reread() async {
        self.fetcher.forgetCertificates()
        await self.revocations.reread()
    }

    /// Before the loops stop.
    func stop() async {
        await self.keys.stop()
        await self.revocations.stop()
    }

    var reasonNotReady: String? {
        let missing = self.keys.readiness.missing
        guard missing.isEmpty else { return "no keys for \(missing.joined(separator: ", "))" }
        return self.revocations.readiness.reasonNotReady
    }

    var warnings: [String] { self.revocations.readiness.warnings }

    func samples() async -> [MetricSample] {
        let revocations = await self.revocations.samples()
        guard !revocations.isEmpty else { return await self.keys.samples() }
        return await self.keys.samples() + revocations
            + [MetricSample(.revokedSockets, .integer(Int64(self.revokedSockets())))]
    }
}
