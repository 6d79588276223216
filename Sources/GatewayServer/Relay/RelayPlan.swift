import GatewayPolicy
import GatewayProtocol
import GatewaySettings
import Glibc
import NIOCore

/// What a route's `websocket:` block means for its relays, made once per policy and shared by them.
final class RelayPlan: Sendable {
    let settings: WebSocketSettings
    let limits: RelayLimits
    let slowConsumer: TimeAmount
    let drainClose: WebSocketClose
    /// Milliseconds after which a peer that acknowledges nothing is gone: as with keepalive two minutes, so that it makes no
    /// difference whether something was under way. The kernel counts from there too when a window stays closed, and that
    /// is for `slowConsumer` to judge.
    private let userTimeout: SocketOptionValue
    /// What may lie in the kernel beside what is under way: enough that a client which reads is never waited for.
    private static let unsentBytes: SocketOptionValue = 128 << 10
    let rules: RelayRules

    init(_ settings: WebSocketSettings) {
        self.settings = settings
        self.limits = RelayLimits(maxFrame: settings.maxFrame, maxMessage: settings.maxMessage)
        self.slowConsumer = TimeAmount(settings.slowConsumer)
        self.userTimeout = SocketOptionValue(clamping: max(120_000, self.slowConsumer.nanoseconds / 1_000_000))
        self.drainClose = WebSocketClose(settings.drain.code, text: settings.drain.reason)
        self.rules = Self.rules(settings)
    }

    /// Whether relays need an id: to be renewed by, or to tell their clients.
    var needsSession: Bool { self.settings.renewal.http || self.namesSession }

    private var namesSession: Bool { self.settings.expiryNotice?.message.contains(.session) ?? false }

    /// By how much a session of at most `maxAge` ends sooner, one of many.
    func age(random: UInt64) -> Duration? {
        guard let maxAge = self.settings.maxAge else { return nil }
        let hundredths = Int(random % 10_001) * self.settings.maxAgeJitter
        return maxAge - maxAge / 1_000_000 * hundredths
    }

    /// Seconds by which a session ends before its token does.
    func expiryJitter(random: UInt64) -> Int64 {
        let most = self.settings.expiryJitter.components.seconds
        return most > 0 ? Int64(random % UInt64(most + 1)) : 0
    }

    /// Bounds what may wait for the peer of `channel`, and how long.
    func prepare(_ channel: any Channel, of side: RelaySide) {
        guard let options = channel.syncOptions else { return }
        let mark = ChannelOptions.Types.WriteBufferWaterMark(low: self.settings.buffer / 2, high: self.settings.buffer)
        try? options.setOption(.writeBufferWaterMark, value: mark)
        switch channel.remoteAddress {
        case .v4, .v6: self.prepareTCP(options, of: side)
        case .unixDomainSocket, nil: break
        }
    }

    private func prepareTCP(_ options: any NIOSynchronousChannelOptions, of side: RelaySide) {
        try? options.setOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: self.userTimeout)
        // The kernel would take megabytes for a client that reads nothing; the other side is not a stranger's.
        if side == .client {
            try? options.setOption(.tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: Self.unsentBytes)
        }
    }

    private static func rules(_ settings: WebSocketSettings) -> RelayRules {
        RelayRules(
            ping: settings.ping.map { PingRule(interval: $0, timeout: settings.pongTimeout) },
            idle: settings.idle.map { IdleRule(time: $0, countsControlFrames: settings.idleCountsPings) },
            rate: Self.rate(settings.limits),
            notice: settings.expiryNotice.map(NoticeRule.init),
            renewal: settings.renewal.inBand.flatMap(Self.renewal),
            ageClose: WebSocketClose(settings.drain.code, "session too old")
        )
    }

    private static func rate(_ limits: WebSocketLimitSettings) -> RateRule? {
        guard limits.messagesPerSecond != nil || limits.bytesPerSecond != nil else { return nil }
        return RateRule(
            messages: limits.messagesPerSecond.map(RateBound.init),
            bytes: limits.bytesPerSecond.map(RateBound.init),
            excess: limits.exceed == .close ? .close : .delay
        )
    }

    private static func renewal(_ settings: InBandRenewalSettings) -> RenewalRule? {
        let members = settings.match.map { (name: $0.name, value: $0.value) }
        guard let pattern = RenewalPattern(members: members, tokenMember: settings.token) else { return nil }
        return RenewalRule(
            pattern: pattern,
            accepted: Array(#"{"type":"token.renewed"}"#.utf8),
            refused: Array(#"{"type":"token.refused"}"#.utf8)
        )
    }
}

extension RateBound {
    fileprivate init(_ rate: RateSettings) { self.init(perSecond: rate.perSecond, burst: rate.burst) }
}

extension NoticeRule {
    fileprivate init(_ settings: ExpiryNoticeSettings) {
        self.init(
            before: settings.before,
            message: settings.message.map { piece in
                switch piece {
                case .text(let constant): .text(Array(constant.utf8))
                case .seconds: .seconds
                case .session: .session
                }
            })
    }
}
