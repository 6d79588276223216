import NIOCore

/// What an open relay does beside forwarding, when its route asks for it.
extension RelayStateMachine {
    // MARK: Events

    /// The relay begins: gives the first deadline.
    package mutating func began(now: UInt64) -> RelayEffects {
        guard self.phase == .open else { return .none }
        return self.watchLooks(now)
    }

    /// What waits for `side` has filled its buffer, or does not any more. The other side is not read meanwhile, and nobody's
    /// silence means anything.
    package mutating func writabilityChanged(of side: RelaySide, isWritable: Bool, now: UInt64) -> RelayEffects {
        guard self.phase == .open, let watch = self.watch,
            watch.writabilityChanged(of: side, isWritable: isWritable, now: now)
        else { return .none }
        return self.rearmed(RelayOrders(), now)
    }

    /// The session goes on until `expiry`: with a token that came in a message, or by another way.
    package mutating func renewed(until expiry: UInt64, now: UInt64) -> RelayEffects {
        // Late: the token may be verified elsewhere while the relay closes.
        guard self.phase == .open, let watch = self.watch else { return .none }
        watch.renewed(until: expiry)
        return self.rearmed(RelayOrders(), now)
    }

    /// What became of a `renewalToken`.
    package mutating func renewalAnswered(_ isAccepted: Bool) -> RelayEffects {
        guard self.phase == .open, let watch = self.watch, let rule = watch.rules.renewal else { return .none }
        let orders = RelayOrders()
        watch.add(text: isAccepted ? rule.accepted : rule.refused)
        self.sendTexts(orders)
        return RelayEffects(orders: orders.isEmpty ? nil : orders)
    }

    /// The session is to end at `time`, one of many: with this Close, at the next frame boundary of each side. One that is
    /// closing already goes on as it is.
    package mutating func drain(at time: UInt64, with close: WebSocketClose, now: UInt64) -> RelayEffects {
        guard self.phase == .open else { return .none }
        guard time > now else { return self.stop(close) }
        let watch = self.watch ?? RelayWatch(RelayOpening(rules: .none, now: now, seed: 0))
        self.watch = watch
        watch.drain(at: time, close)
        return self.rearmed(RelayOrders(), now)
    }

    // MARK: The deadline

    mutating func watchLooks(_ now: UInt64) -> RelayEffects {
        guard let watch = self.watch else { return .none }
        watch.disarmed()
        if let end = watch.end(now: now) { return self.ended(end, watch.rules) }
        let orders = RelayOrders()
        if watch.endPause(now: now) { orders.clientReading = .resume }
        if watch.becomesNoticeable(now: now) { self.sendTexts(orders) }
        for side in [RelaySide.client, .upstream] where watch.isPingDue(side, now: now) {
            self.ping(side, orders, now)
        }
        return self.rearmed(orders, now)
    }

    private mutating func ended(_ end: WatchEnd, _ rules: RelayRules) -> RelayEffects {
        switch end {
        case .expired: self.tokenExpired()
        case .drained(let close): self.stop(close)
        case .tooOld: self.stop(rules.ageClose, cause: .tooOld, cutsClient: false)
        case .silent(let side): self.silent(side)
        case .idle:
            self.stop(WebSocketClose(WebSocketCloseCode.goingAway, "idle"), cause: .idle, cutsClient: false)
        }
    }

    private func rearmed(_ orders: RelayOrders, _ now: UInt64) -> RelayEffects {
        if let duration = self.watch?.earlierDeadline(now: now) { orders.deadline = .arm(duration) }
        return RelayEffects(orders: orders.isEmpty ? nil : orders)
    }

    // MARK: Received bytes

    /// A read without stops; one pass over the counters and, nearly always, the whole buffer goes on.
    mutating func receivedOnWatch(
        from side: RelaySide,
        _ outcome: ScanOutcome,
        of buffer: ByteBuffer,
        _ now: UInt64
    ) -> RelayEffects {
        guard let watch = self.watch, !watch.awaitsBoundary(of: side), !self.isCollecting(side) else {
            return self.forward(from: side, outcome, of: buffer, after: [], restOfFrame: 0, now)
        }
        let toOther =
            outcome.forwardable == buffer.readableBytes ? buffer : Self.prefix(outcome.forwardable, of: buffer)
        let excess = watch.heard(side, self.counters(side), bytes: buffer.readableBytes, now: now)
        guard excess > 0 else { return RelayEffects(toOther: toOther) }
        let orders = RelayOrders()
        self.exceeded(by: excess, orders, now)
        return self.settled(toOther, orders)
    }

    private func isCollecting(_ side: RelaySide) -> Bool {
        switch side {
        case .client: self.client.scanner.isCollecting
        case .upstream: self.upstream.scanner.isCollecting
        }
    }

    @inline(__always)
    private func counters(_ side: RelaySide) -> ScanCounters {
        switch side {
        case .client: self.client.scanner.counters
        case .upstream: self.upstream.scanner.counters
        }
    }

    /// What follows from a read of an open relay once it has been scanned to its end.
    mutating func afterRead(
        from side: RelaySide,
        _ last: ScanOutcome,
        of buffer: ByteBuffer,
        _ passage: inout RelayPassage,
        _ orders: RelayOrders,
        _ now: UInt64
    ) {
        guard let watch = self.watch else { return }
        let isReleased = side == .client && self.releaseIfOrdinary(&passage)
        if side == .upstream, watch.hasTexts { self.sendTexts(orders) }
        if watch.isPingWaiting(for: side.other) {
            if self[side].scanner.isAtFrameBoundary {
                self.ping(side.other, orders, now)
            } else if !isReleased, let boundary = last.boundary {
                passage.insert(self.pinged(side.other, watch, now), at: boundary)
            }
        }
        let excess = watch.heard(side, self.counters(side), bytes: buffer.readableBytes, now: now)
        if excess > 0 { self.exceeded(by: excess, orders, now) }
        if self.phase == .open, let duration = watch.earlierDeadline(now: now) { orders.deadline = .arm(duration) }
    }

    private mutating func exceeded(by excess: UInt64, _ orders: RelayOrders, _ now: UInt64) {
        guard let watch = self.watch, let rate = watch.rules.rate else { return }
        switch rate.excess {
        case .close:
            let close = WebSocketClose(WebSocketCloseCode.policyViolation, "rate limit")
            self.stop(close, cause: .rateExceeded, cutsClient: true, orders)
        case .delay:
            watch.pause(for: excess, now: now)
            orders.clientReading = .pause
            if let duration = watch.earlierDeadline(now: now) { orders.deadline = .arm(duration) }
        }
    }

    // MARK: Frames of the gateway's own

    /// Pings `side`, now or where the next frame of the other side ends.
    private mutating func ping(_ side: RelaySide, _ orders: RelayOrders, _ now: UInt64) {
        guard let watch = self.watch else { return }
        if self[side.other].scanner.isAtFrameBoundary {
            orders.append(self.pinged(side, watch, now), to: side)
        } else {
            watch.awaitBoundary(for: side)
        }
    }

    private mutating func pinged(_ side: RelaySide, _ watch: RelayWatch, _ now: UInt64) -> ByteBuffer {
        let ping = watch.pinged(side, now: now)
        self.catchPongs(of: side, true)
        var frame = ByteBuffer()
        WebSocketFrameWriter.writePing(ping.payload, maskKey: side == .upstream ? ping.maskKey : nil, into: &frame)
        return frame
    }

    private mutating func catchPongs(of side: RelaySide, _ isOn: Bool) {
        switch side {
        case .client: self.client.scanner.catchPongs(isOn)
        case .upstream: self.upstream.scanner.catchPongs(isOn)
        }
    }

    /// Sends what waits for the client, now or where the message to it that is under way ends.
    private mutating func sendTexts(_ orders: RelayOrders) {
        guard let watch = self.watch else { return }
        if self.upstream.scanner.isAtMessageBoundary {
            orders.append(watch.takeTexts(), to: .client)
        } else {
            self.upstream.scanner.stopBeforeMessage()
        }
    }

    /// The read goes on with a new message.
    mutating func insertTexts(into passage: inout RelayPassage) {
        guard self.phase == .open, let watch = self.watch, watch.hasTexts else { return }
        passage.insert(watch.takeTexts())
    }

    // MARK: Caught frames

    /// Goes on with the scan behind messages of the client that are no renewals, as long as the buffer has all of them.
    mutating func skipOrdinaryTexts(_ outcome: inout ScanOutcome, in buffer: ByteBuffer) {
        guard let pattern = self.watch?.rules.renewal?.pattern else { return }
        let bytes = buffer.readableBytesSpan
        while outcome.stop == .caught, !self.client.scanner.hasCollected, let next = outcome.boundary {
            let frame = CaughtFrame(bytes, outcome.forwardable..<next)
            guard frame.isText, pattern.match(bytes, frame) == .different else { return }
            outcome = self.client.scanner.scan(bytes, from: next)
        }
    }

    /// Passes a caught frame on, or keeps it.
    mutating func take(
        _ range: Range<Int>,
        of buffer: ByteBuffer,
        from side: RelaySide,
        _ passage: inout RelayPassage,
        _ orders: RelayOrders,
        _ now: UInt64
    ) {
        if let collected = self.takeCollected(from: side) {
            let whole = 0..<collected.readableBytes
            if !self.isKept(collected, whole, from: side, orders, now) { passage.insert(collected) }
            passage.skip(to: range.upperBound)
        } else if self.isKept(buffer, range, from: side, orders, now) {
            passage.skip(to: range.upperBound)
        } else {
            passage.pass(to: range.upperBound)
        }
    }

    private mutating func takeCollected(from side: RelaySide) -> ByteBuffer? {
        switch side {
        case .client: self.client.scanner.takeCollected().map { ByteBuffer(bytes: $0) }
        case .upstream: self.upstream.scanner.takeCollected().map { ByteBuffer(bytes: $0) }
        }
    }

    /// Whether a frame is for the gateway, which then does what it asks for.
    private mutating func isKept(
        _ buffer: ByteBuffer,
        _ range: Range<Int>,
        from side: RelaySide,
        _ orders: RelayOrders,
        _ now: UInt64
    ) -> Bool {
        guard let watch = self.watch else { return false }
        let bytes = buffer.readableBytesSpan
        let frame = CaughtFrame(bytes, range)
        if let ping = watch.outstandingPing(of: side), frame.answers(ping, in: bytes) {
            self.ponged(side, watch, orders, now)
            return true
        }
        guard frame.isText, let rule = watch.rules.renewal,
            case .token(let token) = rule.pattern.match(bytes, frame)
        else { return false }
        // A session that ends needs no token, and its backend has no use for one.
        guard self.phase == .open else { return true }
        if orders.renewalToken == nil, watch.admitsRenewal(now: now) {
            orders.renewalToken = token
        } else if watch.admitsAnswer {
            watch.add(text: rule.refused)
            self.sendTexts(orders)
        }
        return true
    }

    private mutating func ponged(_ side: RelaySide, _ watch: RelayWatch, _ orders: RelayOrders, _ now: UInt64) {
        self.catchPongs(of: side, false)
        if let time = watch.ponged(side, now: now) {
            orders.roundTrip = RelayRoundTrip(side: side, nanoseconds: time)
        }
    }

    /// Lets go of a message that is not whole yet and already differs from a renewal. Returns whether there was one. Only the
    /// first bytes are looked at, lest each of thousands of small reads looks at all of them again.
    private mutating func releaseIfOrdinary(_ passage: inout RelayPassage) -> Bool {
        guard let pattern = self.watch?.rules.renewal?.pattern, self.client.scanner.isCollecting,
            let part = self.client.scanner.collectedPart, part.count <= Self.mostJudgedBytes
        else { return false }
        let bytes = part.span.bytes
        let frame = CaughtFrame(bytes, 0..<part.count)
        guard frame.isText, pattern.match(bytes, frame) == .different else { return false }
        passage.insert(ByteBuffer(bytes: self.client.scanner.release()))
        return true
    }

    private static let mostJudgedBytes = 512
}
