import GatewayProtocol
import NIOCore

/// A relay that watches, its clock, and the one timer that a shell has for it.
final class WatchBench {
    var machine: RelayStateMachine
    /// Milliseconds since the relay began.
    private(set) var now = 0
    /// When the timer fires.
    private(set) var wakesAt: Int?
    /// Payload of the last ping that each side got.
    private(set) var lastPing: [RelaySide: [UInt8]] = [:]
    /// Text messages of the gateway's own that the client got.
    private(set) var texts: [String] = []
    private var clientBytes: [UInt8] = []
    private(set) var isPaused = false
    private(set) var isFinished = false

    static let start: UInt64 = 5_000_000_000
    static let renewal = RenewalPattern(members: [("type", "renew")], tokenMember: "token")
    static let rules = RelayRules(
        ping: PingRule(interval: .seconds(30), timeout: .seconds(10)),
        idle: IdleRule(time: .seconds(100)),
        rate: RateRule(messages: RateBound(perSecond: 1, burst: 5), excess: .delay),
        notice: NoticeRule(before: .seconds(60), message: [.text(Array("soon".utf8))]),
        renewal: WatchBench.renewal.map {
            RenewalRule(pattern: $0, accepted: Array("ok".utf8), refused: Array("no".utf8))
        }
    )

    init(
        _ rules: RelayRules = WatchBench.rules,
        expiry: Int? = nil,
        oldAge: Int? = nil,
        deflate: Bool = false,
        limits: RelayLimits = RelayLimits(maxFrame: 1 << 20, maxMessage: 1 << 20)
    ) {
        var opening = RelayOpening(rules: rules, now: Self.start, seed: 0)
        if let expiry { opening.expiry = Self.time(expiry) }
        opening.session = Array("abc".utf8)
        if let oldAge { opening.oldAge = Self.time(oldAge) }
        self.machine = RelayStateMachine(limits: limits, deflate: deflate, maskKey: 0x37FA_213D, opening: opening)
        self.note(self.machine.began(now: Self.start))
    }

    static func time(_ milliseconds: Int) -> UInt64 { Self.start + UInt64(milliseconds) * 1_000_000 }

    var time: UInt64 { Self.time(self.now) }

    // MARK: Time

    /// Lets time pass up to `end`, waking the machine whenever it asked for it. Returns what it ordered, and when.
    @discardableResult
    func pass(to end: Int) -> [String] {
        var lines: [String] = []
        while let wakesAt = self.wakesAt, wakesAt <= end {
            self.now = max(self.now, wakesAt)
            self.wakesAt = nil
            let effects = self.machine.deadlinePassed(now: self.time)
            self.note(effects)
            let words = RelayBench.describe(effects)
            if words != "-" { lines.append("\(self.now / 1000) s: \(words)") }
        }
        self.now = max(self.now, end)
        return lines
    }

    /// Lets time pass without the machine.
    func sleep(to end: Int) {
        if let wakesAt = self.wakesAt, wakesAt <= end { self.wakesAt = nil }
        self.now = max(self.now, end)
    }

    /// What was injected for the client since this was last asked.
    func takeClientBytes() -> [UInt8] {
        defer { self.clientBytes = [] }
        return self.clientBytes
    }

    // MARK: Events

    @discardableResult
    func send(_ bytes: [UInt8], from side: RelaySide) -> RelayEffects {
        self.did(self.machine.received(from: side, ByteBuffer(bytes: bytes), now: self.time))
    }

    @discardableResult
    func did(_ effects: RelayEffects) -> RelayEffects {
        self.note(effects)
        return effects
    }

    func pong(from side: RelaySide) -> RelayEffects {
        self.send(WebSocketWire.frame(10, self.lastPing[side] ?? [], masked: side == .client), from: side)
    }

    private func note(_ effects: RelayEffects) {
        guard let orders = effects.orders else { return }
        switch orders.deadline {
        case .arm(let duration): self.wakesAt = self.now + Int((duration / .milliseconds(1)).rounded(.up))
        case .cancel: self.wakesAt = nil
        case nil: break
        }
        switch orders.clientReading {
        case .pause: self.isPaused = true
        case .resume: self.isPaused = false
        case nil: break
        }
        if orders.isFinished { self.isFinished = true }
        if let bytes = orders.toClient { self.clientBytes += bytes.readableBytesView }
        for buffer in [orders.toClient, orders.toUpstream, orders.beforeToOther] { self.look(at: buffer) }
    }

    private func look(at buffer: ByteBuffer?) {
        for frame in buffer.map({ WebSocketWire.frames(Array($0.readableBytesView)) ?? [] }) ?? [] {
            if frame.opcode == 9 { self.lastPing[frame.isMasked ? .upstream : .client] = frame.payload }
            if frame.opcode == 1, !frame.isMasked { self.texts.append(String(decoding: frame.payload, as: UTF8.self)) }
        }
    }
}
