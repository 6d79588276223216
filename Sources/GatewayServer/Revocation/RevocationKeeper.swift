import GatewaySettings
import GatewayTokens
import Logging
import NIOCore
import NIOPosix

/// Keeps the list of revocations: what the file and the feed say, united. A new list goes to every worker at once.
///
/// Once said stays said: a file or feed that cannot be read changes nothing, however long that lasts, but the log, the metrics
/// and `/readyz` tell of it.
actor RevocationKeeper {
    private struct File: Sendable {
        let path: String
        var watch: RevocationFileWatch
        var list: RevocationList
    }

    private struct Feed {
        let url: URLSettings
        var token: Secret?
        let poller: DocumentPoller
    }

    private let fetcher: DocumentFetcher
    private let logger: Logger
    private let publish: @Sendable (RevocationList?) -> Void
    /// For whoever cannot wait.
    nonisolated let readiness = RevocationReadiness()
    private var settings: RevocationSettings?
    private var file: File?
    private var feed: Feed?
    /// Stays while a feed of another URL has not come yet.
    private var feedList: RevocationList?
    private var entries = 0
    private var fileReads: [String: Int] = [:]
    /// The last look at the file; the next one waits for it.
    private var looking: Task<Void, Never>?
    private var watching: Task<Void, Never>?
    private var hasStopped = false

    init(fetcher: DocumentFetcher, logger: Logger, publish: @escaping @Sendable (RevocationList?) -> Void) {
        self.fetcher = fetcher
        self.logger = logger
        self.publish = publish
    }

    // MARK: Settings

    /// Takes up what the settings name, and waits for the feed's first document, but not longer than `limit`. `file` was read
    /// with settings that name another file than before.
    func prepare(_ settings: RevocationSettings?, file: RevocationFile?, within limit: Duration) async {
        guard let settings, !self.hasStopped else { return }
        self.settings = settings
        if let path = settings.file?.value, let file {
            self.file = File(
                path: path, watch: RevocationFileWatch(file, at: .now, wallClock: .now()), list: file.list)
            self.publishList()
        }
        self.startWatching()
        guard let url = settings.url?.value else { return }
        await self.follow(url, settings)
        await self.feed?.poller.firstOutcome(within: limit)
    }

    private func follow(_ url: URLSettings, _ settings: RevocationSettings) async {
        let rules = DocumentPoller.Rules(
            request: FetchRequest(
                url: url, token: settings.token?.value, limit: RevocationList.maximumLength,
                timeout: max(.seconds(5), min(settings.refresh, .seconds(30)))),
            schedule: RefreshSchedule.Rules(refresh: settings.refresh, stale: settings.stale, cooldown: .zero)
        )
        if let feed = self.feed, feed.url == url {
            await feed.poller.change(rules)
            if feed.token != settings.token?.value { await feed.poller.hurry() }
            self.feed?.token = settings.token?.value
            return
        }
        let previous = self.feed
        let user = FetchedRevocations(url: url.shown, logger: self.logger) { [weak self] in await self?.feedChanged($0)
        }
        let poller = DocumentPoller(rules, fetcher: self.fetcher, user: user)
        self.feed = Feed(url: url, token: settings.token?.value, poller: poller)
        await previous?.poller.stop()
        await poller.start()
    }

    /// The settings are in use: what they do not name any more counts no more.
    func settle(_ settings: RevocationSettings?) async {
        guard !self.hasStopped else { return }
        self.settings = settings
        if settings == nil {
            self.watching?.cancel()
            self.watching = nil
        }
        var isLess = self.file != nil && settings?.file == nil
        if settings?.file == nil { self.file = nil }
        if settings?.url == nil {
            let feed = self.feed
            self.feed = nil
            await feed?.poller.stop()
            // Not before: a document may have been on its way.
            if self.feedList != nil { isLess = true }
            self.feedList = nil
        }
        if isLess { self.publishList() }
        await self.noteReadiness()
    }

    /// The operator says that there is news.
    func reread() async {
        await self.feed?.poller.hurry()
        self.file?.watch.forget()
        await self.look()
    }

    func stop() async {
        self.hasStopped = true
        self.watching?.cancel()
        await self.feed?.poller.stop()
        self.feed = nil
    }

    // MARK: News

    private func feedChanged(_ list: RevocationList) {
        self.feedList = list
        self.publishList()
    }

    private func publishList() {
        let list = (self.file?.list ?? .empty).union(self.feedList ?? .empty)
        guard self.entries > 0 || !list.isEmpty else { return }
        self.entries = list.count
        self.publish(list.isEmpty ? nil : list)
        self.logger.info("revocations taken into use", metadata: [LogKey.revocationEntries: "\(list.count)"])
    }

    // MARK: The file

    /// Without a file the rounds only keep what is told up to date.
    private func startWatching() {
        guard self.watching == nil else { return }
        self.watching = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: RevocationFileWatch.interval)
                guard !Task.isCancelled, let self else { return }
                await self.look()
                await self.noteReadiness()
            }
        }
    }

    /// One look after the other, so that an older list never takes the place of a newer one.
    private func look() async {
        let previous = self.looking
        let task = Task {
            await previous?.value
            await self.lookOnce()
        }
        self.looking = task
        await task.value
    }

    private func lookOnce() async {
        guard let file = self.file, !self.hasStopped else { return }
        let look = try? await NIOSingletons.posixBlockingThreadPool.runIfActive { Look(file) }
        // The settings may have named another one meanwhile.
        guard let look, self.file?.path == file.path else { return }
        switch look {
        case .unchanged: self.file?.watch.unchanged(at: .now)
        case .read(let file): self.fileWasRead(file)
        case .failed(let problem): self.fileFailed(problem)
        }
    }

    /// What a look at the file has shown. Blocks.
    private enum Look: Sendable {
        case unchanged
        case read(RevocationFile)
        case failed(UnusableDocument)

        init(_ file: File) {
            guard file.watch.shouldRead(FileSignature(path: file.path)) else {
                self = .unchanged
                return
            }
            switch RevocationFile.read(file.path, known: (file.list, file.watch.fingerprint)) {
            case .success(let file): self = .read(file)
            case .failure(let problem): self = .failed(problem)
            }
        }
    }

    private func fileWasRead(_ read: RevocationFile) {
        guard var file = self.file else { return }
        let isNew = file.watch.read(read, at: .now, wallClock: .now())
        if isNew {
            file.list = read.list
            self.fileReads["success", default: 0] += 1
        }
        self.file = file
        if isNew { self.publishList() }
    }

    private func fileFailed(_ problem: UnusableDocument) {
        guard let settings = self.settings, var file = self.file else { return }
        let isTold = file.watch.failed(problem, at: .now, every: settings.refresh)
        self.file = file
        guard isTold else { return }
        self.fileReads["unusable", default: 0] += 1
        let metadata: Logger.Metadata = [
            LogKey.revocationFile: "\(file.path)", LogKey.problem: "\(problem.message)",
            LogKey.fetchAge: "\((.now - file.watch.lastSuccess).components.seconds)",
        ]
        if file.watch.isTooOld(at: .now, stale: settings.stale) {
            self.logger.error("revocations too old, newer ones are not known", metadata: metadata)
        } else {
            self.logger.error("revocations not read, the last ones stay", metadata: metadata)
        }
    }

    // MARK: What is told

    private func noteReadiness() async {
        let status = await self.feed?.poller.status
        let isFeedMissing = status.map { $0.age == nil } ?? false
        let isFeedTooOld = status.map { $0.age != nil && $0.isMissing } ?? false
        let stale = self.settings?.stale ?? .zero
        let isFileTooOld = self.file?.watch.isTooOld(at: .now, stale: stale) ?? false
        self.readiness.set(
            RevocationReadiness.State(
                isFeedMissing: isFeedMissing, isFeedTooOld: isFeedTooOld, isFileTooOld: isFileTooOld))
    }

    func samples() async -> [MetricSample] {
        guard let settings = self.settings else { return [] }
        var samples = [MetricSample(.revocationEntries, .integer(Int64(self.entries)))]
        if let file = self.file {
            let age = .now - file.watch.lastSuccess
            let isTooOld = file.watch.isTooOld(at: .now, stale: settings.stale)
            samples += Self.samples("file", age: age, isTooOld: isTooOld, outcomes: self.fileReads)
        }
        if let status = await self.feed?.poller.status {
            samples += Self.samples(
                "url", age: status.age, isTooOld: status.isMissing, outcomes: status.outcomes)
        }
        return samples
    }

    private static func samples(
        _ source: String, age: Duration?, isTooOld: Bool, outcomes: [String: Int]
    ) -> [MetricSample] {
        var samples = [MetricSample(.revocationStale, [source], .integer(isTooOld ? 1 : 0))]
        if let age { samples.append(MetricSample(.revocationAge, [source], .integer(age.components.seconds))) }
        for (outcome, count) in outcomes.sorted(by: { $0.key < $1.key }) {
            samples.append(MetricSample(.revocationReads, [source, outcome], .integer(Int64(count))))
        }
        return samples
    }
}
