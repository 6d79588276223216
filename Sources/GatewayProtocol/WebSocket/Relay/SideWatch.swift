/// What is watched of one side: when it was last heard, and the ping of ours that it has not answered.
///
/// A side is pinged after a silence, never twice at a time. It is given up when it goes on being silent; one that sends
/// anything lives, for its pong may wait behind a large message of its own.
struct SideWatch {
    private enum Ping {
        case none
        /// To be sent where the next frame of the other side ends.
        case awaitsBoundary
        case sent
    }

    private var heardAt: UInt64
    /// When the ping was sent, or the wait for its pong began anew.
    private var pingedAt: UInt64 = 0
    private(set) var pingNumber: UInt32 = 0
    private var ping = Ping.none
    /// Whether nothing held the ping or its pong up on our side.
    private var isTimed = false
    /// As they were last looked at.
    private var counters = ScanCounters()

    init(now: UInt64) { self.heardAt = now }

    var awaitsBoundary: Bool { self.ping == .awaitsBoundary }
    var awaitsPong: Bool { self.ping == .sent }

    /// What a read brought.
    struct News {
        /// Frames, without fragments that are large.
        var frames: UInt32
        var hasControlFrames: Bool
        var hasData: Bool
    }

    /// Bytes came, and the scanner has taken them.
    mutating func heard(_ counters: ScanCounters, now: UInt64) -> News {
        self.heardAt = now
        let frames = counters.frames &- self.counters.frames
        let dataFrames = counters.dataFrames &- self.counters.dataFrames
        let large = counters.largeFragments &- self.counters.largeFragments
        let hasData = dataFrames > 0 || self.counters.isInData
        self.counters = counters
        return News(frames: frames &- large, hasControlFrames: frames != dataFrames, hasData: hasData)
    }

    /// The next deadline that this side wants.
    func deadline(_ rule: PingRule) -> UInt64 {
        switch self.ping {
        case .none: self.heardAt &+ rule.interval
        case .awaitsBoundary: RelayWatch.never
        case .sent: max(self.heardAt, self.pingedAt) &+ rule.timeout
        }
    }

    func isSilent(_ rule: PingRule, now: UInt64) -> Bool {
        self.ping == .sent && now >= self.deadline(rule)
    }

    func wantsPing(_ rule: PingRule, now: UInt64) -> Bool {
        self.ping == .none && now >= self.deadline(rule)
    }

    mutating func awaitBoundary() { self.ping = .awaitsBoundary }

    mutating func pinged(number: UInt32, now: UInt64) {
        self.ping = .sent
        self.pingNumber = number
        self.pingedAt = now
        self.isTimed = true
    }

    /// The pong to our ping came, and goes no further. Returns how long it took, where that can be told.
    mutating func ponged(now: UInt64) -> UInt64? {
        self.ping = .none
        // It is not news of the side's own.
        self.counters.frames &+= 1
        return self.isTimed && now >= self.pingedAt ? now &- self.pingedAt : nil
    }

    /// What this side sends, or what it is sent, is held up.
    mutating func suspended() { self.isTimed = false }

    /// Waits begin anew: what came meanwhile has not been read.
    mutating func resumed(now: UInt64) {
        self.heardAt = now
        self.pingedAt = now
    }
}
