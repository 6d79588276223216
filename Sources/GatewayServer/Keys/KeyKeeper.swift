import GatewayPolicy
import GatewaySettings
import Logging
import Synchronization

/// Fetches the keys behind every JWK_URL that the policy names, one poller for each.
///
/// The keys themselves lie in their `RemoteKeys`, which a reload hands on: what was fetched once stays whatever comes of a
/// settings file.
actor KeyKeeper {
    private struct Entry {
        let keys: FetchedKeys
        let poller: DocumentPoller
    }

    private let fetcher: DocumentFetcher
    private let logger: Logger
    private var entries: [RemoteKeys.Source: Entry] = [:]
    private var issuers: [(name: String, keys: RemoteKeys)] = []
    /// Those of `issuers`, for whoever cannot wait.
    nonisolated let readiness = KeyReadiness()
    private var hasStopped = false

    init(fetcher: DocumentFetcher, logger: Logger) {
        self.fetcher = fetcher
        self.logger = logger
    }

    /// Begins to fetch what a policy needs beyond the one in use, and waits for it, but not longer than `limit`.
    func prepare(_ policy: Policy, _ settings: JWKSSettings, within limit: Duration) async {
        guard !self.hasStopped else { return }
        for keys in policy.remoteKeys {
            let rules = Self.rules(keys.source, settings)
            if let entry = self.entries[keys.source], entry.keys.keys === keys {
                entry.keys.change(maximumKeys: settings.maxKeys)
                await entry.poller.change(rules)
            } else {
                let fetched = FetchedKeys(keys, maximumKeys: settings.maxKeys, logger: self.logger)
                let poller = DocumentPoller(rules, fetcher: self.fetcher, user: fetched)
                let replaced = self.entries.updateValue(Entry(keys: fetched, poller: poller), forKey: keys.source)
                await replaced?.poller.stop()
                await poller.start()
            }
        }
        let pollers = policy.remoteKeys.compactMap { self.entries[$0.source]?.poller }
        await withTaskGroup(of: Void.self) { tasks in
            for poller in pollers { tasks.addTask { await poller.firstOutcome(within: limit) } }
        }
    }

    private static func rules(_ source: RemoteKeys.Source, _ settings: JWKSSettings) -> DocumentPoller.Rules {
        DocumentPoller.Rules(
            request: FetchRequest(url: source.url, limit: settings.maxSize, timeout: settings.timeout),
            schedule: RefreshSchedule.Rules(
                refresh: settings.refresh, stale: settings.stale, cooldown: settings.cooldown)
        )
    }

    /// The policy is in use: what only others needed is fetched no more.
    func settle(_ policy: Policy) async {
        self.issuers = policy.remoteIssuers
        self.readiness.set(self.issuers)
        let needed = Set(policy.remoteKeys.map(\.source))
        for (source, entry) in self.entries where !needed.contains(source) {
            self.entries[source] = nil
            await entry.poller.stop()
        }
    }

    /// Tokens have named keys that are not among these.
    func wanted(_ keys: [RemoteKeys]) async {
        for keys in keys { await self.entries[keys.source]?.poller.wanted() }
    }

    func stop() async {
        self.hasStopped = true
        for entry in self.entries.values { await entry.poller.stop() }
        self.entries = [:]
    }

    func samples() async -> [MetricSample] {
        var samples: [MetricSample] = []
        for (name, keys) in self.issuers {
            samples.append(MetricSample(.jwksKeys, [name], .integer(Int64(keys.current?.count ?? 0))))
            guard let status = await self.entries[keys.source]?.poller.status else { continue }
            if let age = status.age { samples.append(MetricSample(.jwksAge, [name], .integer(age.components.seconds))) }
            for (outcome, count) in status.outcomes.sorted(by: { $0.key < $1.key }) {
                samples.append(MetricSample(.jwksFetches, [name, outcome], .integer(Int64(count))))
            }
        }
        return samples
    }
}

/// Which issuers have no keys.
final class KeyReadiness: Sendable {
    private let issuers = Mutex<[(name: String, keys: RemoteKeys)]>([])

    func set(_ issuers: [(name: String, keys: RemoteKeys)]) { self.issuers.withLock { $0 = issuers } }

    var missing: [String] { self.issuers.withLock { $0.filter { $0.keys.current == nil }.map(\.name) } }
}
