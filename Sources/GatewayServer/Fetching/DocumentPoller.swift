import GatewaySettings

/// Whoever uses a document that is fetched again and again.
protocol DocumentUser: Sendable {
    /// Takes a document, which may be the same as before, or throws why it cannot be used; then the one before goes on.
    func take(_ document: [UInt8]) async throws(UnusableDocument)
    /// The last document could not be fetched again for so long that it must not be believed any more.
    func documentIsTooOld()
    func fetchFailed(_ failure: FetchFailure)
}

/// Why a document cannot be used, for the log.
struct UnusableDocument: Error, Sendable, Equatable {
    var message: String
}

/// What is told of a fetch that failed.
struct FetchFailure: Sendable {
    var url: String
    var problem: String
    /// Of the last document; nil when there was none.
    var age: Duration?
    /// Whether that one is too old.
    var isMissing: Bool
}

/// Fetches one document as its schedule says and hands it to its user. It begins with `start` and ends with `stop`.
actor DocumentPoller {
    struct Rules: Sendable {
        var request: FetchRequest
        var schedule: RefreshSchedule.Rules
    }

    /// For metrics.
    struct Status: Sendable {
        var age: Duration?
        var isMissing: Bool
        /// How many fetches ended how.
        var outcomes: [String: Int]
    }

    private let fetcher: DocumentFetcher
    private let user: any DocumentUser
    private var rules: Rules
    private var schedule: RefreshSchedule
    private var etag: String?
    private var outcomes: [String: Int] = [:]
    private var fetching: Task<Void, Never>?
    private var timer: Task<Void, Never>?
    private var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    private var waits = 0
    private var hasStopped = false

    init(_ rules: Rules, fetcher: DocumentFetcher, user: any DocumentUser) {
        self.fetcher = fetcher
        self.user = user
        self.rules = rules
        self.schedule = RefreshSchedule(rules.schedule, now: .now)
    }

    var status: Status {
        Status(age: self.age, isMissing: self.schedule.isMissing, outcomes: self.outcomes)
    }

    private var age: Duration? { self.schedule.lastSuccess.map { .now - $0 } }

    // MARK: Events

    func start() { self.proceed() }

    func change(_ rules: Rules) {
        self.rules = rules
        self.schedule.change(rules.schedule, at: .now)
        self.proceed()
    }

    func wanted() {
        self.schedule.wanted(at: .now)
        self.proceed()
    }

    func hurry() {
        self.schedule.hurry(at: .now)
        self.proceed()
    }

    /// Returns when a fetch has ended, however it did, or after `limit`.
    func firstOutcome(within limit: Duration) async {
        guard self.outcomes.isEmpty, !self.hasStopped else { return }
        self.waits += 1
        let number = self.waits
        let timer = Task {
            try? await Task.sleep(for: limit)
            self.endWait(number)
        }
        await withCheckedContinuation { self.waiting[number] = $0 }
        timer.cancel()
    }

    /// Returns when nothing is under way any more.
    func stop() async {
        self.hasStopped = true
        self.timer?.cancel()
        self.fetching?.cancel()
        await self.fetching?.value
        self.endWaits()
    }

    // MARK: Following the schedule

    private func proceed() {
        self.timer?.cancel()
        self.timer = nil
        while !self.hasStopped {
            switch self.schedule.next(at: .now) {
            case .fetch: self.fetching = Task { await self.fetch() }
            case .expire:
                self.etag = nil
                self.user.documentIsTooOld()
            case .wait(let instant):
                self.timer = Task {
                    try? await Task.sleep(until: instant, clock: .continuous)
                    if !Task.isCancelled { self.proceed() }
                }
                return
            case .rest: return
            }
        }
    }

    private func fetch() async {
        var request = self.rules.request
        request.etag = self.etag
        let result = await self.fetcher.fetch(request)
        guard !self.hasStopped else { return }
        switch result {
        case .success(.notModified):
            // Forgotten while it was under way: the document has to come whole.
            if self.etag == nil { self.failed(FetchProblem.status(304)) } else { self.succeeded("not_modified") }
        case .success(.document(let document, let etag)):
            do throws(UnusableDocument) {
                try await self.user.take(document)
                self.etag = etag
                self.succeeded("success")
            } catch {
                self.failed("unusable", error.message)
            }
        case .failure(let problem): self.failed(problem)
        }
        self.endWaits()
        self.proceed()
    }

    private func succeeded(_ outcome: String) {
        self.outcomes[outcome, default: 0] += 1
        self.schedule.succeeded(at: .now, random: .random(in: 0..<1))
    }

    private func failed(_ problem: FetchProblem) { self.failed(problem.label, problem.message) }

    private func failed(_ outcome: String, _ problem: String) {
        self.outcomes[outcome, default: 0] += 1
        self.schedule.failed(at: .now, random: .random(in: 0..<1))
        self.user.fetchFailed(
            FetchFailure(
                url: self.rules.request.url.shown, problem: problem, age: self.age, isMissing: self.schedule.isMissing))
    }

    private func endWaits() {
        for number in self.waiting.keys { self.endWait(number) }
    }

    private func endWait(_ number: Int) { self.waiting.removeValue(forKey: number)?.resume() }
}
