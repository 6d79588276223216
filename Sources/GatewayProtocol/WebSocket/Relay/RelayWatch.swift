import NIOCore

/// What a relay watches beside the order of frames: whether its sides live, whether they idle or hurry, and whether the
/// session has had its time. Made only for relays that watch anything, and owned by one `RelayStateMachine`.
///
/// Times are nanoseconds of a monotonic clock. Deadlines move without being re-armed: what was armed comes, and the next one
/// is worked out then.
final class RelayWatch {
    static let never = UInt64.max

    let rules: RelayRules
    /// The time that the shell's deadline stands for.
    private var armedFor = RelayWatch.never
    private var client: SideWatch
    private var upstream: SideWatch
    private let seed: UInt64
    private var pingCount: UInt32 = 0
    private var isClientWritable = true
    private var isUpstreamWritable = true
    private var idleSince: UInt64

    private var messages = TokenBucket()
    private var bytes = TokenBucket()
    /// Until when the client is not read.
    private var pausedUntil: UInt64 = 0
    private(set) var isPaused = false

    private var expiry: UInt64
    private var isNoticed: Bool
    private let session: [UInt8]
    private let oldAge: UInt64
    private var drainAt = RelayWatch.never
    private var drainClose = WebSocketClose.empty
    private var renewals = TokenBucket()
    /// Frames for the client that wait until no message to it is under way.
    private var texts: [UInt8] = []
    private var isNoticeWaiting = false
    private var noticeSeconds: UInt64 = 0

    init(_ opening: RelayOpening) {
        self.rules = opening.rules
        self.client = SideWatch(now: opening.now)
        self.upstream = SideWatch(now: opening.now)
        self.seed = opening.seed
        self.idleSince = opening.now
        self.expiry = opening.expiry
        self.isNoticed = opening.rules.notice == nil
        self.session = opening.session
        self.oldAge = opening.oldAge
    }

    // MARK: Received bytes

    /// Whether something waits for a boundary in what `side` sends.
    func awaitsBoundary(of side: RelaySide) -> Bool {
        switch side {
        case .client: self.upstream.awaitsBoundary
        case .upstream: self.client.awaitsBoundary || self.hasTexts
        }
    }

    /// Bytes came from `side`. Returns for how long they are too much; 0 when they are not.
    func heard(_ side: RelaySide, _ counters: ScanCounters, bytes: Int, now: UInt64) -> UInt64 {
        let news =
            switch side {
            case .client: self.client.heard(counters, now: now)
            case .upstream: self.upstream.heard(counters, now: now)
            }
        if news.hasData || news.hasControlFrames && self.rules.idle?.countsControlFrames == true {
            self.idleSince = now
        }
        guard side == .client, let rate = self.rules.rate else { return 0 }
        var excess: UInt64 = 0
        if let bound = rate.messages {
            excess = self.messages.take(UInt64(news.frames), of: bound, now: now)
        }
        if let bound = rate.bytes {
            excess = max(excess, self.bytes.take(UInt64(truncatingIfNeeded: bytes), of: bound, now: now))
        }
        return excess
    }

    /// The client has sent too much and is not read until then.
    func pause(for excess: UInt64, now: UInt64) {
        if !self.isPaused { self.client.suspended() }
        self.isPaused = true
        self.pausedUntil = now &+ excess
    }

    /// Returns whether the client was paused until now.
    func endPause(now: UInt64?) -> Bool {
        guard self.isPaused, now.map({ $0 >= self.pausedUntil }) ?? true else { return false }
        self.isPaused = false
        guard let now, !self.isCongested else { return true }
        self.client.resumed(now: now)
        self.idleSince = now
        return true
    }

    // MARK: Congestion

    /// While one side takes nothing, neither is read to the end of what it has sent: silence proves nothing then.
    private var isCongested: Bool { !self.isClientWritable || !self.isUpstreamWritable }

    /// Returns whether that was new.
    func writabilityChanged(of side: RelaySide, isWritable: Bool, now: UInt64) -> Bool {
        let wasCongested = self.isCongested
        switch side {
        case .client:
            guard self.isClientWritable != isWritable else { return false }
            self.isClientWritable = isWritable
        case .upstream:
            guard self.isUpstreamWritable != isWritable else { return false }
            self.isUpstreamWritable = isWritable
        }
        if self.isCongested {
            self.client.suspended()
            self.upstream.suspended()
        } else if wasCongested {
            self.resumed(now: now)
        }
        return true
    }

    private func resumed(now: UInt64) {
        self.client.resumed(now: now)
        self.upstream.resumed(now: now)
        self.idleSince = now
    }

    private func isSuspended(_ side: RelaySide) -> Bool { self.isCongested || side == .client && self.isPaused }

    // MARK: Pings

    func isPingDue(_ side: RelaySide, now: UInt64) -> Bool {
        guard let rule = self.rules.ping, rule.pings(side), !self.isSuspended(side) else { return false }
        return self[side].wantsPing(rule, now: now)
    }

    func awaitBoundary(for side: RelaySide) { self[side].awaitBoundary() }

    func isPingWaiting(for side: RelaySide) -> Bool { self[side].awaitsBoundary }

    /// A ping is on its way to `side`.
    func pinged(_ side: RelaySide, now: UInt64) -> RelayPing {
        self.pingCount &+= 1
        self[side].pinged(number: self.pingCount, now: now)
        // It waited for a boundary and may wait on, behind what the side does not take.
        if self.isSuspended(side) { self[side].suspended() }
        return RelayPing(seed: self.seed, number: self.pingCount)
    }

    /// The ping that `side` has not answered.
    func outstandingPing(of side: RelaySide) -> RelayPing? {
        let watch = self[side]
        return watch.awaitsPong ? RelayPing(seed: self.seed, number: watch.pingNumber) : nil
    }

    func ponged(_ side: RelaySide, now: UInt64) -> UInt64? { self[side].ponged(now: now) }

    // MARK: Messages of the gateway's own

    var hasTexts: Bool { self.isNoticeWaiting || !self.texts.isEmpty }

    func add(text: [UInt8]) {
        var frame = ByteBuffer()
        WebSocketFrameWriter.writeText(text, into: &frame)
        self.texts += frame.readableBytesView
    }

    /// The frames that waited.
    func takeTexts() -> ByteBuffer {
        var frames = ByteBuffer(bytes: self.texts)
        if self.isNoticeWaiting, let notice = self.rules.notice {
            WebSocketFrameWriter.writeText(
                notice.text(seconds: self.noticeSeconds, session: self.session), into: &frames)
        }
        self.texts = []
        self.isNoticeWaiting = false
        return frames
    }

    /// Whether the notice has become due; it then waits among the texts.
    func becomesNoticeable(now: UInt64) -> Bool {
        guard !self.isNoticed, now >= self.noticeTime else { return false }
        self.isNoticed = true
        self.isNoticeWaiting = true
        // The nearest number: a wheel's turn may have passed, and a token may not even have as long as the notice is early.
        let left = self.expiry > now ? self.expiry &- now : 0
        self.noticeSeconds = (left &+ 500_000_000) / 1_000_000_000
        return true
    }

    private var noticeTime: UInt64 {
        guard self.expiry != Self.never, let notice = self.rules.notice else { return Self.never }
        return self.expiry > notice.before ? self.expiry &- notice.before : 0
    }

    // MARK: Renewal

    /// Whether another attempt may be made now.
    func admitsRenewal(now: UInt64) -> Bool {
        var renewals = self.renewals
        guard renewals.take(1, of: RenewalRule.attempts, now: now) == 0 else { return false }
        self.renewals = renewals
        return true
    }

    /// Whether an answer may be added to what waits for the client: who does not read gets none.
    var admitsAnswer: Bool { self.isClientWritable && self.texts.count < 4096 }

    func renewed(until expiry: UInt64) {
        self.expiry = expiry
        self.isNoticed = self.rules.notice == nil
        self.isNoticeWaiting = false
    }

    // MARK: The end

    func drain(at time: UInt64, _ close: WebSocketClose) {
        guard time < self.drainAt else { return }
        self.drainAt = time
        self.drainClose = close
    }

    /// What ends the session now, if anything does.
    func end(now: UInt64) -> WatchEnd? {
        if now >= self.expiry { return .expired }
        if now >= self.drainAt { return .drained(self.drainClose) }
        if now >= self.oldAge { return .tooOld }
        guard !self.isCongested else { return nil }
        if let ping = self.rules.ping {
            if !self.isPaused, self.client.isSilent(ping, now: now) { return .silent(.client) }
            if self.upstream.isSilent(ping, now: now) { return .silent(.upstream) }
        }
        if let idle = self.rules.idle, !self.isPaused, now >= self.idleSince &+ idle.time { return .idle }
        return nil
    }

    // MARK: The deadline

    private var nextDeadline: UInt64 {
        var next = min(self.expiry, self.drainAt, self.oldAge)
        if !self.isNoticed { next = min(next, self.noticeTime) }
        if self.isPaused { next = min(next, self.pausedUntil) }
        guard !self.isCongested else { return next }
        if let idle = self.rules.idle, !self.isPaused { next = min(next, self.idleSince &+ idle.time) }
        guard let ping = self.rules.ping else { return next }
        if ping.pingsClient, !self.isPaused { next = min(next, self.client.deadline(ping)) }
        if ping.pingsUpstream { next = min(next, self.upstream.deadline(ping)) }
        return next
    }

    /// The armed deadline has passed, or was replaced.
    func disarmed() { self.armedFor = Self.never }

    /// What the shell has to be told: only that something is due earlier than it will wake.
    func earlierDeadline(now: UInt64) -> Duration? {
        let next = self.nextDeadline
        guard next < self.armedFor else { return nil }
        self.armedFor = next
        return .nanoseconds(Int64(clamping: next > now ? next &- now : 0))
    }

    private subscript(side: RelaySide) -> SideWatch {
        get { side == .client ? self.client : self.upstream }
        set { if side == .client { self.client = newValue } else { self.upstream = newValue } }
    }
}

enum WatchEnd {
    case expired
    case drained(WebSocketClose)
    case tooOld
    case silent(RelaySide)
    case idle
}
