/// What a route wants of its relays beside the order of frames. Made once for a route; its relays share it.
package final class RelayRules: Sendable {
    package let ping: PingRule?
    package let idle: IdleRule?
    package let rate: RateRule?
    package let notice: NoticeRule?
    package let renewal: RenewalRule?
    /// What both sides are told when a session has reached its greatest age.
    package let ageClose: WebSocketClose

    package static let defaultAgeClose = WebSocketClose(WebSocketCloseCode.goingAway, "session too old")
    package static let none = RelayRules()

    package init(
        ping: PingRule? = nil,
        idle: IdleRule? = nil,
        rate: RateRule? = nil,
        notice: NoticeRule? = nil,
        renewal: RenewalRule? = nil,
        ageClose: WebSocketClose = RelayRules.defaultAgeClose
    ) {
        self.ping = ping
        self.idle = idle
        self.rate = rate
        self.notice = notice
        self.renewal = renewal
        self.ageClose = ageClose
    }

    var isEmpty: Bool {
        self.ping == nil && self.idle == nil && self.rate == nil && self.notice == nil && self.renewal == nil
    }
}

/// The gateway's own pings.
package struct PingRule: Sendable, Equatable {
    /// How long a side may be silent before it is pinged, in nanoseconds as all times here.
    let interval: UInt64
    /// How long it may then go on being silent.
    let timeout: UInt64
    let pingsClient: Bool
    let pingsUpstream: Bool

    package init(interval: Duration, timeout: Duration, client: Bool = true, upstream: Bool = true) {
        self.interval = max(interval.clampedNanoseconds, 1)
        self.timeout = max(timeout.clampedNanoseconds, 1)
        self.pingsClient = client
        self.pingsUpstream = upstream
    }

    func pings(_ side: RelaySide) -> Bool { side == .client ? self.pingsClient : self.pingsUpstream }
}

/// After how long without a message a session is over.
package struct IdleRule: Sendable, Equatable {
    let time: UInt64
    /// Whether the peers' own pings and pongs count; what belongs to the gateway's pings never does.
    let countsControlFrames: Bool

    package init(time: Duration, countsControlFrames: Bool = false) {
        self.time = max(time.clampedNanoseconds, 1)
        self.countsControlFrames = countsControlFrames
    }
}

/// How much a client may send. Every message counts, and every control frame; fragments of less than 1 KiB count like
/// messages, larger ones do not. Bytes are all bytes of the frames, headers included.
package struct RateRule: Sendable, Equatable {
    package enum Excess: Sendable { case close, delay }

    let messages: RateBound?
    let bytes: RateBound?
    let excess: Excess

    package init(messages: RateBound? = nil, bytes: RateBound? = nil, excess: Excess) {
        self.messages = messages
        self.bytes = bytes
        self.excess = excess
    }
}

/// The text message that tells the client that its token is about to expire. Relays share the rule; the one that sends it
/// makes the text.
package struct NoticeRule: Sendable, Equatable {
    package enum Piece: Sendable, Equatable {
        case text([UInt8])
        /// Whole seconds until the token ends.
        case seconds
        /// The id that the session can be renewed by.
        case session
    }

    let before: UInt64
    private let message: [Piece]

    package init(before: Duration, message: [Piece]) {
        self.before = before.clampedNanoseconds
        self.message = message
    }

    package func text(seconds: UInt64, session: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for piece in self.message {
            switch piece {
            case .text(let constant): text += constant
            case .seconds: text += String(seconds).utf8
            case .session: text += session
            }
        }
        return text
    }
}

/// Tokens that a client sends as a message.
package struct RenewalRule: Sendable, Equatable {
    let pattern: RenewalPattern
    let accepted: [UInt8]
    let refused: [UInt8]

    /// `accepted` and `refused` are the texts that answer.
    package init(pattern: RenewalPattern, accepted: [UInt8], refused: [UInt8]) {
        self.pattern = pattern
        self.accepted = accepted
        self.refused = refused
    }

    /// Each attempt may cost a signature check: these many at once, and one a second.
    static let attempts = RateBound(perSecond: 1, burst: 3)
}

extension Duration {
    /// At most 146 years, so that sums with a clock's reading cannot overflow.
    var clampedNanoseconds: UInt64 {
        let (seconds, attoseconds) = self.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 1 << 32 else { return 1 << 62 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}
