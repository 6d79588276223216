import GatewayMessage
import GatewayPolicy
import GatewayProtocol
import GatewayTokens
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
    /// Whether the machine looks at the time of what it receives.
    private var isTimed: Bool
    private var drainsClient = false
    private var drainsUpstream = false
    /// The client sends more than it may, and is read again later.
    private var delaysClient = false
    private var isRevoked = false
    /// What has been counted already.
    private var counted = (client: RelayTraffic(), upstream: RelayTraffic())

    init(
        client: ClientConnection,
        upstream: UpstreamConnection,
        terms: RelayTerms,
        deflate: Bool,
        worker: Worker
    ) {
        let opening = Self.opening(terms, worker)
        self.isTimed = opening != nil
        self.machine = RelayStateMachine(
            limits: terms.plan.limits, deflate: deflate, maskKey: worker.randomMask(), opening: opening)
        self.client = client
        self.upstream = upstream
        self.terms = terms
        self.worker = worker
    }

    private static func opening(_ terms: RelayTerms, _ worker: Worker) -> RelayOpening? {
        let now = worker.now.uptimeNanoseconds
        let random = UInt64(worker.randomMask()) << 32 | UInt64(worker.randomMask())
        var opening = RelayOpening(rules: terms.plan.rules, now: now, seed: random)
        opening.session = terms.session
        if let age = terms.plan.age(random: random) {
            opening.oldAge = now &+ UInt64(clamping: TimeAmount(age).nanoseconds)
        }
        // The token's end itself is the wall clock's business; the machine has to know it for the notice.
        if opening.rules.notice != nil, let identity = terms.identity {
            opening.expiry = Self.monotonic(identity, worker, now)
        }
        return opening.isEmpty ? nil : opening
    }

    /// When the token of `identity` ends, by the clock that does not jump.
    private static func monotonic(_ identity: VerifiedIdentity, _ worker: Worker, _ now: UInt64) -> UInt64 {
        let seconds = identity.expiresAt &+ identity.leeway &- worker.wallClock().seconds
        guard seconds > 0 else { return now }
        return now &+ UInt64(clamping: min(seconds, 1 << 32)) &* 1_000_000_000
    }

    private var now: UInt64 { self.isTimed ? self.worker.now.uptimeNanoseconds : 0 }

    /// Begins to move bytes. `early` is what either side sent before this was a relay: a client's frames behind its
    /// handshake, an upstream's behind its 101.
    func begin(early: (client: ByteBuffer, upstream: ByteBuffer), deflate: Bool) {
        if let identity = self.terms.identity { self.bind(to: identity) }
        self.terms.ticket?.opened(SocketHandle(self, eventLoop: self.worker.eventLoop))
        self.worker.observation.webSocketOpened(self.terms, deflate: deflate)
        // Either side may have filled up before this was a relay.
        self.writabilityChanged(of: .client, isWritable: self.client.isWritable)
        self.writabilityChanged(of: .upstream, isWritable: self.upstream.isWritable)
        if self.isTimed { self.follow(self.machine.began(now: self.now), other: .client) }
        // While upstream was asked nobody could have ended it.
        self.endIfRevoked()
        if early.upstream.readableBytes > 0 { self.received(early.upstream, from: .upstream) }
        if early.client.readableBytes > 0 { self.received(early.client, from: .client) }
        self.client.flush()
        self.upstream.flush()
    }

    /// `exp` plus the leeway is the first second in which the session is over, at the latest.
    private func bind(to identity: VerifiedIdentity) {
        let end = identity.expiresAt &+ identity.leeway
        let jitter = self.terms.plan.expiryJitter(random: UInt64(self.worker.randomMask()))
        self.worker.expiries.insert(self, at: max(end &- jitter, min(end, self.worker.wallClock().seconds &+ 1)))
    }

    /// A fresh token for the session: of the same user, with the values that went upstream with the handshake, and good for
    /// the route by the rules of today.
    func renew(_ identity: VerifiedIdentity) -> RenewalOutcome {
        guard let old = self.terms.identity, self.expirySecond != nil, !self.isRevoked else { return .gone }
        // Another worker may have judged the token before it heard of this.
        guard !self.worker.gatekeeper.isRevoked(identity) else { return .notTheSame }
        guard identity.isTheSameUser(as: old) else { return .notTheSame }
        // A route that is gone has no rules any more that could let somebody stay.
        guard let route = self.worker.snapshot.policy.route(like: self.terms.route),
            self.worker.gatekeeper.objection(to: identity, on: route, captures: self.terms.captures) == nil
        else { return .notTheSame }
        self.terms.identity = identity
        self.bind(to: identity)
        let now = self.now
        self.follow(self.machine.renewed(until: Self.monotonic(identity, self.worker, now), now: now), other: .client)
        return .renewed(until: identity.expiresAt)
    }

    /// The client sent a token as a message.
    private func renew(withToken token: [UInt8]) {
        let identity = self.worker.identity(ofToken: token, from: self.terms.guesser)
        let outcome = identity.map { self.renew($0) } ?? .notTheSame
        var isAccepted = false
        if case .renewed = outcome { isAccepted = true }
        self.worker.observation.renewed(self.terms, isAccepted: isAccepted)
        self.follow(self.machine.renewalAnswered(isAccepted), other: .client)
    }

    // MARK: Events

    func received(_ buffer: ByteBuffer, from side: RelaySide) {
        let effects = self.machine.received(from: side, buffer, now: self.now)
        if effects.orders == nil, let bytes = effects.toOther {
            self.write(bytes, to: side.other)
        } else {
            self.follow(effects, other: side.other)
        }
    }

    /// All that has come from `side` for now has been received.
    func readBurstEnded(_ side: RelaySide) {
        switch side {
        case .client: self.upstream.flushInTurn()
        case .upstream: self.client.flushInTurn()
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
        case .upstream: self.gateClient(isWritable: isWritable)
        }
        guard self.isTimed else { return }
        self.follow(
            self.machine.writabilityChanged(of: side, isWritable: isWritable, now: self.now), other: side.other)
    }

    private func gateClient(isWritable: Bool) {
        if self.drainsClient || isWritable && !self.delaysClient {
            self.client.resumeReading()
        } else {
            self.client.pauseReading()
        }
    }

    func closed(by side: RelaySide) {
        switch side {
        case .client: self.client.close()
        case .upstream: self.upstream.close()
        }
        self.follow(self.machine.closed(by: side), other: side.other)
    }

    /// For `slow_consumer` a side took nothing of what waits for it.
    func stalled(_ side: RelaySide) {
        self.follow(self.machine.slowConsumer(side), other: .client)
    }

    override func expired() {
        self.follow(self.machine.tokenExpired(), other: .client)
    }

    /// The gateway stops: the sockets of a worker do not all end, and reconnect, in the same moment.
    func drain(within window: TimeAmount) {
        self.isTimed = true
        let spread = Self.drainSpread(sockets: self.worker.clients.entries.count, window: window)
        let now = self.worker.now.uptimeNanoseconds
        let turn = now &+ UInt64(clamping: Int64.random(in: 0...spread.nanoseconds))
        self.follow(self.machine.drain(at: turn, with: self.terms.plan.drainClose, now: now), other: .client)
    }

    /// Two milliseconds for each socket, 500 reconnects a second, but never more than four fifths of the window.
    static func drainSpread(sockets: Int, window: TimeAmount) -> TimeAmount {
        min(.nanoseconds(max(0, window.nanoseconds) / 5 * 4), .milliseconds(2 * Int64(sockets)))
    }

    /// The gateway ends the session for a reason of its own. With `cutsClient` nothing more of the client's goes upstream.
    func stop(_ close: WebSocketClose, cutsClient: Bool = false) {
        self.follow(self.machine.stop(close, cutsClient: cutsClient), other: .client)
    }

    /// Its token, or its user, may not be welcome any more.
    func endIfRevoked() {
        guard !self.isRevoked, let identity = self.terms.identity, self.worker.gatekeeper.isRevoked(identity) else {
            return
        }
        self.isRevoked = true
        self.worker.shared.revokedSockets.happened()
        self.follow(self.machine.tokenRevoked(), other: .client)
    }

    override func deadlinePassed(now: NIODeadline) {
        self.follow(self.machine.deadlinePassed(now: now.uptimeNanoseconds), other: .client)
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
        case .arm(let duration): self.worker.wheel.arm(self, at: self.worker.now + TimeAmount(duration))
        case .cancel: self.worker.wheel.disarm(self)
        case nil: break
        }
        self.client.flush()
        self.upstream.flush()
        self.followReading(orders)
        if let trip = orders.roundTrip { self.worker.observation.roundTrip(trip) }
        self.followClosing(orders)
        if orders.isFinished { self.finish() }
        if let token = orders.renewalToken { self.renew(withToken: token) }
    }

    private func followReading(_ orders: RelayOrders) {
        if let reading = orders.clientReading {
            self.delaysClient = reading == .pause
            self.gateClient(isWritable: self.upstream.isWritable)
        }
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
        if orders.finishesClient { self.client.finishSending() }
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
        self.worker.wheel.cancel(self)
        self.worker.expiries.remove(self)
        if let ticket = self.terms.ticket { self.worker.shared.sockets.leave(ticket) }
        self.client.leaveRelay()
        self.upstream.leaveRelay()
        self.worker.observation.webSocketClosed(self.terms, self.machine.summary)
    }
}

/// What a session keeps of its admission.
final class RelayTerms {
    let route: RouteTerms
    let plan: RelayPlan
    /// Of the newest token.
    var identity: VerifiedIdentity?
    let upstream: UpstreamDefinition
    let record: RequestRecord
    /// The client's address as text.
    let client: [UInt8]
    /// Whose failed verifications are counted together; nil when no address is known.
    let guesser: IPAddress?
    /// The one upstream chose; empty when none.
    let subprotocol: String
    let id: ExchangeID
    /// The route's slots; they stay its own when a reload gives its index to another.
    let metrics: RouteMetrics
    /// By which the session can be renewed; empty when it has no name.
    let session: [UInt8]
    /// Empty when the handshake had none.
    let origin: [UInt8]
    /// For the route's claim rules.
    let captures: RouteCaptures
    /// Nil when nothing counts or names the socket.
    let ticket: SocketTicket?

    init(
        route: RouteTerms,
        plan: RelayPlan,
        identity: VerifiedIdentity?,
        upstream: UpstreamDefinition,
        record: RequestRecord,
        client: [UInt8],
        guesser: IPAddress?,
        subprotocol: String,
        id: ExchangeID,
        metrics: RouteMetrics,
        session: [UInt8],
        origin: [UInt8],
        captures: RouteCaptures,
        ticket: SocketTicket?
    ) {
        self.route = route
        self.plan = plan
        self.identity = identity
        self.upstream = upstream
        self.record = record
        self.client = client
        self.guesser = guesser
        self.subprotocol = subprotocol
        self.id = id
        self.metrics = metrics
        self.session = session
        self.origin = origin
        self.captures = captures
        self.ticket = ticket
    }
}
