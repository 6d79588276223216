import GatewayPolicy
import GatewayProtocol
import NIOCore

/// One relayed WebSocket: it moves bytes between two channels of the same loop and does what `RelayStateMachine` orders.
///
/// As an `ExpiringEntry` it is bound to the token that opened it: at the token's last second it ends with 4001.
final class Relay: ExpiringEntry {
    private var machine: RelayStateMachine
    private let client: ClientConnection
    private let upstream: UpstreamConnection
    private let worker: Worker
    /// What is kept of the policy that admitted the session; the snapshot itself is not pinned.
    let terms: RelayTerms
    private var drainsClient = false
    private var drainsUpstream = false
    private var timer: RelayTimer?
    /// The gateway is stopping, and what the timer counts is this socket's turn.
    private var awaitsDrain = false
    /// What has been counted already.
    private var counted = (client: RelayTraffic(), upstream: RelayTraffic())

    init(
        client: ClientConnection,
        upstream: UpstreamConnection,
        terms: RelayTerms,
        limits: RelayLimits,
        deflate: Bool,
        worker: Worker
    ) {
        self.machine = RelayStateMachine(limits: limits, deflate: deflate, maskKey: worker.randomMask())
        self.client = client
        self.upstream = upstream
        self.terms = terms
        self.worker = worker
    }

    /// Binds the session to its token; `exp` plus the leeway is the first second in which it is over.
    /// `early` is what either side sent before it was one: a client's frames behind its handshake, an upstream's behind
    /// its 101.
    func begin(early: (client: ByteBuffer, upstream: ByteBuffer), deflate: Bool) {
        if let identity = self.terms.identity {
            self.worker.expiries.insert(self, at: identity.expiresAt &+ identity.leeway)
        }
        self.worker.observation.webSocketOpened(self.terms, deflate: deflate)
        // Either side may have filled up before this was a relay.
        self.writabilityChanged(of: .client, isWritable: self.client.isWritable)
        self.writabilityChanged(of: .upstream, isWritable: self.upstream.isWritable)
        if early.upstream.readableBytes > 0 { self.received(early.upstream, from: .upstream) }
        if early.client.readableBytes > 0 { self.received(early.client, from: .client) }
        self.client.flush()
        self.upstream.flush()
    }

    // MARK: Events

    func received(_ buffer: ByteBuffer, from side: RelaySide) {
        let effects = self.machine.received(from: side, buffer)
        if effects.orders == nil, let bytes = effects.toOther {
            self.write(bytes, to: side.other)
        } else {
            self.follow(effects, other: side.other)
        }
    }

    /// The read burst of the other side is over.
    func flush(_ side: RelaySide) {
        switch side {
        case .client: self.client.flush()
        case .upstream: self.upstream.flush()
        }
        self.countTraffic()
    }

    /// As it passes, not at the end: a socket may live for days.
    private func countTraffic() {
        let summary = self.machine.summary
        self.count(.toUpstream, summary.fromClient, since: &self.counted.client)
        self.count(.toClient, summary.fromUpstream, since: &self.counted.upstream)
    }

    private func count(_ direction: RelayDirection, _ traffic: RelayTraffic, since counted: inout RelayTraffic) {
        guard traffic.payloadBytes != counted.payloadBytes || traffic.messages != counted.messages else { return }
        self.terms.metrics.webSocketRelayed(
            direction,
            messages: Int(clamping: traffic.messages &- counted.messages),
            bytes: Int(clamping: traffic.payloadBytes &- counted.payloadBytes)
        )
        counted = traffic
    }

    func writabilityChanged(of side: RelaySide, isWritable: Bool) {
        switch side {
        case .client:
            if isWritable || self.drainsUpstream { self.upstream.resumeReading() } else { self.upstream.pauseReading() }
        case .upstream:
            if isWritable || self.drainsClient { self.client.resumeReading() } else { self.client.pauseReading() }
        }
    }

    func closed(by side: RelaySide) {
        switch side {
        case .client: self.client.close()
        case .upstream: self.upstream.close()
        }
        self.follow(self.machine.closed(by: side), other: side.other)
    }

    /// For `write_stall` a side took nothing of what waits for it.
    func stalled(_ side: RelaySide) {
        switch side {
        case .client: self.stop(WebSocketClose(WebSocketCloseCode.policyViolation, "too slow"))
        case .upstream: self.stop(WebSocketClose(WebSocketCloseCode.internalError, "upstream too slow"))
        }
    }

    override func expired() {
        self.follow(self.machine.tokenExpired(), other: .client)
    }

    /// The gateway stops: the sockets of a worker do not all end, and reconnect, in the same moment. One that is closing
    /// already goes on as it is.
    func drain(within window: TimeAmount) {
        guard self.timer == nil else { return }
        let spread = Self.drainSpread(sockets: self.worker.clients.entries.count, window: window)
        self.awaitsDrain = true
        self.armDeadline(after: .nanoseconds(Int64.random(in: 0...spread.nanoseconds)))
    }

    /// Two milliseconds for each socket, 500 reconnects a second, but never more than four fifths of the window.
    static func drainSpread(sockets: Int, window: TimeAmount) -> TimeAmount {
        min(.nanoseconds(max(0, window.nanoseconds) / 5 * 4), .milliseconds(2 * Int64(sockets)))
    }

    /// The gateway ends the session for a reason of its own.
    func stop(_ close: WebSocketClose) {
        self.follow(self.machine.stop(close), other: .client)
    }

    func deadlinePassed() {
        if self.awaitsDrain {
            self.awaitsDrain = false
            self.stop(WebSocketClose(WebSocketCloseCode.serviceRestart, "service restart"))
            return
        }
        self.follow(self.machine.deadlinePassed(), other: .client)
    }

    // MARK: Orders

    private func write(_ bytes: ByteBuffer, to side: RelaySide) {
        switch side {
        case .client: self.client.write(bytes)
        case .upstream: self.upstream.write(bytes)
        }
    }

    /// In the order that `RelayEffects` prescribes.
    private func follow(_ effects: RelayEffects, other: RelaySide) {
        if let before = effects.orders?.beforeToOther { self.write(before, to: other) }
        if let bytes = effects.toOther { self.write(bytes, to: other) }
        guard let orders = effects.orders else { return }
        if let bytes = orders.toClient { self.client.write(bytes) }
        if let bytes = orders.toUpstream { self.upstream.write(bytes) }
        // Before the flushes: one that fails closes its channel at once, and what follows from that is newer.
        switch orders.deadline {
        case .arm(let duration):
            self.awaitsDrain = false
            self.armDeadline(after: duration)
        case .cancel: self.cancelDeadline()
        case nil: break
        }
        self.client.flush()
        self.upstream.flush()
        self.followReading(orders)
        self.followClosing(orders)
        if orders.isFinished { self.finish() }
    }

    /// A timer of its own, made when the relay begins to close: either connection may be gone before the other one is.
    private func armDeadline(after duration: Duration) {
        let timer = self.timer ?? RelayTimer(self)
        self.timer = timer
        self.worker.wheel.arm(timer, at: self.worker.now + TimeAmount(duration))
    }

    private func cancelDeadline() {
        if let timer = self.timer { self.worker.wheel.cancel(timer) }
    }

    private func followReading(_ orders: RelayOrders) {
        if orders.drainsClient {
            self.drainsClient = true
            self.client.resumeReading()
        }
        if orders.drainsUpstream {
            self.drainsUpstream = true
            self.upstream.resumeReading()
        }
    }

    private func followClosing(_ orders: RelayOrders) {
        switch orders.closeClient {
        case .afterFlush: self.client.closeAfterFlush()
        case .now: self.client.close()
        case nil: break
        }
        switch orders.closeUpstream {
        case .afterFlush: self.upstream.closeAfterFlush()
        case .now: self.upstream.close()
        case nil: break
        }
    }

    /// Both channels are gone: the references that form the circle are given up.
    private func finish() {
        self.countTraffic()
        self.cancelDeadline()
        self.timer = nil
        self.worker.expiries.remove(self)
        self.client.leaveRelay()
        self.upstream.leaveRelay()
        self.worker.observation.webSocketClosed(self.terms, self.machine.summary)
    }
}

/// The one timer of a relay that is closing or about to.
private final class RelayTimer: WheelTimer {
    private weak var relay: Relay?

    init(_ relay: Relay) { self.relay = relay }

    override func deadlinePassed(now: NIODeadline) { self.relay?.deadlinePassed() }
}

/// What a session keeps of its admission.
final class RelayTerms {
    let route: RouteTerms
    let identity: VerifiedIdentity?
    let upstream: UpstreamDefinition
    let record: RequestRecord
    /// The client's address as text.
    let client: [UInt8]
    /// The one upstream chose; empty when none.
    let subprotocol: String
    let id: ExchangeID
    /// The route's slots; they stay its own when a reload gives its index to another.
    let metrics: RouteMetrics

    init(
        route: RouteTerms,
        identity: VerifiedIdentity?,
        upstream: UpstreamDefinition,
        record: RequestRecord,
        client: [UInt8],
        subprotocol: String,
        id: ExchangeID,
        metrics: RouteMetrics
    ) {
        self.route = route
        self.identity = identity
        self.upstream = upstream
        self.record = record
        self.client = client
        self.subprotocol = subprotocol
        self.id = id
        self.metrics = metrics
    }
}
