import Testing

@testable import GatewayServer

@Suite struct RefreshScheduleTests {
    fileprivate static let start = ContinuousClock.now
    private static let rules = RefreshSchedule.Rules(
        refresh: .seconds(300), stale: .seconds(3600), cooldown: .seconds(30))

    private static func at(_ seconds: Double) -> ContinuousClock.Instant { self.start + .seconds(seconds) }

    /// One that fetched a document at second 0 and will again at 285.
    private static func fresh(_ rules: RefreshSchedule.Rules = rules) -> Turned {
        let schedule = Turned(rules)
        _ = schedule.next(at: self.start)
        schedule.succeeded(at: self.start, random: 1)
        return schedule
    }

    private static func isClose(_ step: RefreshSchedule.Step, _ seconds: Double) -> Bool {
        guard case .wait(let instant) = step else { return false }
        let difference = instant - self.at(seconds)
        return difference < .milliseconds(1) && difference > .milliseconds(-1)
    }

    @Test func document_isFetchedAtOnce_andOnlyOnceAtATime() {
        let schedule = Turned(Self.rules)
        #expect(schedule.isMissing && schedule.next(at: Self.start) == .fetch)
        #expect(schedule.next(at: Self.start) == .rest && schedule.next(at: Self.at(1000)) == .rest)
        schedule.hurry(at: Self.at(1))
        schedule.wanted(at: Self.at(1))
        #expect(schedule.next(at: Self.at(1)) == .rest)
    }

    @Test(arguments: [(0.0, 255.0), (0.5, 270.0), (1.0, 285.0)])
    func refresh_comesALittleSooner_neverLater(random: Double, seconds: Double) {
        let schedule = Turned(Self.rules)
        _ = schedule.next(at: Self.start)
        schedule.succeeded(at: Self.start, random: random)
        #expect(!schedule.isMissing && schedule.lastSuccess == Self.start)
        #expect(Self.isClose(schedule.next(at: Self.at(1)), seconds))
        #expect(schedule.next(at: Self.at(seconds)) == .fetch)
    }

    @Test func failures_areTriedAgain_lessAndLessSoon() {
        let schedule = Self.fresh()
        var now = 285.0
        for pause in [1.0, 2, 4, 8, 16, 32, 60, 60, 60] {
            #expect(schedule.next(at: Self.at(now)) == .fetch)
            schedule.failed(at: Self.at(now), random: 1)
            #expect(Self.isClose(schedule.next(at: Self.at(now)), now + pause))
            now += pause
        }
        _ = schedule.next(at: Self.at(now))
        schedule.succeeded(at: Self.at(now), random: 1)
        #expect(Self.isClose(schedule.next(at: Self.at(now)), now + 285))
        now += 285
        _ = schedule.next(at: Self.at(now))
        schedule.failed(at: Self.at(now), random: 0)
        #expect(Self.isClose(schedule.next(at: Self.at(now)), now + 0.8))
    }

    @Test func pauses_areShort_whileThereIsNothing() {
        let schedule = Turned(Self.rules)
        var now = 0.0
        for pause in [1.0, 2, 4, 8, 10, 10] {
            #expect(schedule.next(at: Self.at(now)) == .fetch)
            schedule.failed(at: Self.at(now), random: 1)
            #expect(schedule.isMissing && Self.isClose(schedule.next(at: Self.at(now)), now + pause))
            now += pause
        }
    }

    @Test func pauses_areNotLonger_thanRefresh() {
        let schedule = Self.fresh(.init(refresh: .seconds(3), stale: .seconds(3600), cooldown: .zero))
        var now = 10.0
        for pause in [1.0, 2, 3, 3] {
            #expect(schedule.next(at: Self.at(now)) == .fetch)
            schedule.failed(at: Self.at(now), random: 1)
            #expect(Self.isClose(schedule.next(at: Self.at(now)), now + pause))
            now += pause
        }
    }

    @Test func document_expiresOnce_whenItIsStale() {
        let schedule = Self.fresh()
        #expect(schedule.next(at: Self.at(3599)) == .fetch)
        // Also while a fetch is under way, which is waited for no longer than that.
        #expect(Self.isClose(schedule.next(at: Self.at(3599)), 3600))
        #expect(schedule.next(at: Self.at(3600)) == .expire && schedule.isMissing)
        #expect(schedule.next(at: Self.at(3600)) == .rest)
        schedule.failed(at: Self.at(3601), random: 1)
        #expect(Self.isClose(schedule.next(at: Self.at(3601)), 3602))
        #expect(schedule.next(at: Self.at(9999)) == .fetch)
        schedule.succeeded(at: Self.at(9999), random: 1)
        #expect(!schedule.isMissing && Self.isClose(schedule.next(at: Self.at(9999)), 9999 + 285))
    }

    @Test func document_neverExpires_whileFetchesSucceed() {
        // Whoever believes no longer than he refreshes still has no gap.
        let schedule = Self.fresh(.init(refresh: .seconds(10), stale: .seconds(10), cooldown: .zero))
        var now = 0.0
        for _ in 0..<50 {
            guard case .wait(let instant) = schedule.next(at: Self.at(now)) else {
                Issue.record("does not wait")
                return
            }
            now = Double((instant - Self.start) / .seconds(1))
            #expect(schedule.next(at: instant) == .fetch)
            schedule.succeeded(at: instant, random: 1)
        }
    }

    @Test func want_isFollowedAtOnce_andThenAfterTheCooldown() {
        let schedule = Self.fresh()
        schedule.wanted(at: Self.at(10))
        #expect(schedule.next(at: Self.at(10)) == .fetch)
        schedule.succeeded(at: Self.at(11), random: 1)
        // However many come, one waits.
        for second in 12..<40 { schedule.wanted(at: Self.at(Double(second))) }
        #expect(Self.isClose(schedule.next(at: Self.at(39)), 40))
        #expect(schedule.next(at: Self.at(40)) == .fetch)
        schedule.succeeded(at: Self.at(40), random: 1)
        schedule.wanted(at: Self.at(41))
        #expect(Self.isClose(schedule.next(at: Self.at(41)), 70))
        #expect(schedule.next(at: Self.at(70)) == .fetch)
        schedule.failed(at: Self.at(70), random: 1)
        // A failure is tried again by its own pauses.
        schedule.wanted(at: Self.at(70))
        #expect(Self.isClose(schedule.next(at: Self.at(70)), 71))
    }

    @Test func want_isForgotten_whenTheFetchUnderWayMayBringIt() {
        let schedule = Turned(Self.rules)
        _ = schedule.next(at: Self.start)
        schedule.wanted(at: Self.at(1))
        schedule.succeeded(at: Self.at(2), random: 1)
        #expect(Self.isClose(schedule.next(at: Self.at(2)), 287))
    }

    @Test func hurry_isFollowedAtOnce() {
        let schedule = Self.fresh()
        schedule.hurry(at: Self.at(5))
        #expect(schedule.next(at: Self.at(5)) == .fetch)
    }

    @Test func rules_countFromTheirChangeOn() {
        let schedule = Self.fresh()
        schedule.change(.init(refresh: .seconds(20), stale: .seconds(100), cooldown: .zero), at: Self.at(5))
        #expect(Self.isClose(schedule.next(at: Self.at(5)), 25))
        #expect(schedule.next(at: Self.at(100)) == .expire)
    }

    /// Anything in any order: what is told must stay possible.
    @Test(arguments: 0..<50) func schedule_keepsItsPromises_whateverHappens(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ count: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % count
        }
        let schedule = Turned(Self.rules)
        var (now, isFetching) = (Self.start, false)
        for _ in 0..<400 {
            switch random(6) {
            case 0: now += .seconds(Double(random(400)))
            case 1: schedule.wanted(at: now)
            case 2: schedule.hurry(at: now)
            case 3 where isFetching: (isFetching, _) = (false, schedule.succeeded(at: now, random: 0.5))
            case 4 where isFetching: (isFetching, _) = (false, schedule.failed(at: now, random: 0.5))
            default: break
            }
            switch schedule.next(at: now) {
            case .fetch:
                #expect(!isFetching)
                isFetching = true
            case .expire: #expect(schedule.isMissing && now - (schedule.lastSuccess ?? now) >= .seconds(3600))
            case .wait(let instant): #expect(instant > now && instant <= now + .seconds(3600))
            case .rest: #expect(isFetching)
            }
            if let last = schedule.lastSuccess, !schedule.isMissing { #expect(now - last < .seconds(3600)) }
        }
    }
}

/// A schedule that expectations may ask.
private final class Turned {
    private var schedule: RefreshSchedule

    init(_ rules: RefreshSchedule.Rules) {
        self.schedule = RefreshSchedule(rules, now: RefreshScheduleTests.start)
    }

    var isMissing: Bool { self.schedule.isMissing }
    var lastSuccess: ContinuousClock.Instant? { self.schedule.lastSuccess }

    func next(at now: ContinuousClock.Instant) -> RefreshSchedule.Step { self.schedule.next(at: now) }
    func succeeded(at now: ContinuousClock.Instant, random: Double) {
        self.schedule.succeeded(at: now, random: random)
    }
    func failed(at now: ContinuousClock.Instant, random: Double) { self.schedule.failed(at: now, random: random) }
    func wanted(at now: ContinuousClock.Instant) { self.schedule.wanted(at: now) }
    func hurry(at now: ContinuousClock.Instant) { self.schedule.hurry(at: now) }
    func change(_ rules: RefreshSchedule.Rules, at now: ContinuousClock.Instant) {
        self.schedule.change(rules, at: now)
    }
}
