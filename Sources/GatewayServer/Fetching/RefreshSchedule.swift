/// When a document is fetched again: pure, time and randomness are arguments.
///
/// One fetch is under way at most. After a success the next one follows a little before `refresh` has passed, after a failure
/// sooner and then less and less soon. What was fetched last is believed until it is `stale` old.
struct RefreshSchedule {
    typealias Instant = ContinuousClock.Instant

    struct Rules: Sendable, Equatable {
        var refresh: Duration
        var stale: Duration
        /// Between two fetches that somebody's want sets off.
        var cooldown: Duration
    }

    enum Step: Equatable {
        case fetch
        /// What was fetched last is too old now. Said once.
        case expire
        case wait(until: Instant)
        /// Until the fetch under way has ended.
        case rest
    }

    var rules: Rules
    private(set) var lastSuccess: Instant?
    /// Whether there is nothing that may be believed.
    private(set) var isMissing = true
    private var isFetching = false
    private var due: Instant
    private var failures = 0
    private var lastWant: Instant?

    init(_ rules: Rules, now: Instant) {
        self.rules = rules
        self.due = now
    }

    /// What to do now; to be asked again after each `fetch` and `expire`, and whenever something has happened.
    mutating func next(at now: Instant) -> Step {
        if let end = self.end, end <= now {
            self.isMissing = true
            return .expire
        }
        if self.isFetching { return self.end.map { .wait(until: $0) } ?? .rest }
        if self.due <= now {
            self.isFetching = true
            return .fetch
        }
        return .wait(until: self.end.map { min($0, self.due) } ?? self.due)
    }

    /// When what is there is too old; nil when nothing is.
    private var end: Instant? { self.isMissing ? nil : self.lastSuccess.map { $0 + self.rules.stale } }

    /// `random` is in 0..<1.
    mutating func succeeded(at now: Instant, random: Double) {
        self.isFetching = false
        self.lastSuccess = now
        self.isMissing = false
        self.failures = 0
        // Sooner, never later: what is believed no longer than `refresh` must not end before. Gateways that started together
        // do not ask together.
        self.due = now + self.rules.refresh * (0.85 + 0.1 * random)
    }

    mutating func failed(at now: Instant, random: Double) {
        self.isFetching = false
        self.failures = min(self.failures + 1, 16)
        let pause = min(Self.firstPause * (1 << (self.failures - 1)), self.longestPause)
        self.due = now + pause * (0.8 + 0.2 * random)
    }

    private static let firstPause = Duration.seconds(1)

    /// While nothing is there nobody gets in, so it is asked for more often.
    private var longestPause: Duration { min(self.rules.refresh, self.isMissing ? .seconds(10) : .seconds(60)) }

    /// Somebody needs what may be newer. Too soon after the last such want it waits for its turn.
    mutating func wanted(at now: Instant) {
        // It may come with the fetch under way; if not, somebody will need it again.
        guard !self.isFetching else { return }
        let turn = self.lastWant.map { max(now, $0 + self.rules.cooldown) } ?? now
        guard turn < self.due else { return }
        self.due = turn
        self.lastWant = turn
    }

    /// The operator wants it at once.
    mutating func hurry(at now: Instant) { self.due = min(self.due, now) }

    /// A shorter `refresh` counts from now on.
    mutating func change(_ rules: Rules, at now: Instant) {
        guard rules != self.rules else { return }
        self.rules = rules
        self.due = min(self.due, now + rules.refresh)
    }
}
