import NIOCore

extension RelayStateMachine {
    // MARK: What ends the open state

    mutating func closeFrameReceived(from side: RelaySide, _ orders: RelayOrders) {
        guard let close = self[side].scanner.receivedClose else { return }
        self[side].input = .closeReceived
        self[side].received = close.reportedCode
        if self.enterClosing(.closed(by: side)) { orders.deadline = .arm(RelayTimings.closeAnswer) }
        // The offender is told what it did; the other side is not to pay for it.
        defer { if let violation = close.violation { self.say(violation.close, to: side, orders) } }
        guard self[side.other].output == .flowing else { return }
        switch close.violation {
        case nil:
            self.send(ByteBuffer(bytes: close.frame), saying: close.reportedCode, to: side.other, orders)
        case .closeReasonNotUTF8:
            self.send(WebSocketClose(code: close.code, reason: []), to: side.other, orders)
        default:
            // Only an upstream gets here: uvicorn sends whatever code its application chose.
            let replacement = WebSocketClose(WebSocketCloseCode.internalError, "invalid close code from upstream")
            self.send(replacement, to: side.other, orders)
        }
    }

    mutating func violated(by side: RelaySide, _ violation: FrameViolation, _ orders: RelayOrders) {
        self[side].input = .unreadable
        let wasOpen = self.enterClosing(.violated(by: side, violation))
        // An innocent client is given time for what is on its way to it; one that breaks the rules is not.
        switch side {
        case .client: orders.deadline = .arm(RelayTimings.frameEnd)
        case .upstream: if wasOpen { orders.deadline = .arm(RelayTimings.closeAnswer) }
        }
        self.say(violation.close, to: side, orders)
        let news =
            switch side {
            case .client: WebSocketClose(WebSocketCloseCode.goingAway, violation.label)
            case .upstream: WebSocketClose(WebSocketCloseCode.internalError, "upstream broke the protocol")
            }
        self.say(news, to: side.other, orders)
    }

    mutating func stop(_ close: WebSocketClose, cause: RelayEnd, cutsClient: Bool) -> RelayEffects {
        let orders = RelayOrders()
        guard self.stop(close, cause: cause, cutsClient: cutsClient, orders) else { return .none }
        return self.settled(nil, orders)
    }

    /// Returns whether there was anything to stop.
    @discardableResult
    mutating func stop(_ close: WebSocketClose, cause: RelayEnd, cutsClient: Bool, _ orders: RelayOrders) -> Bool {
        // A client that said Close sends nothing more, and the wait for the answer is bounded. Where neither side gets
        // anything any more, both have been told.
        guard self.client.input != .closeReceived, self.isAnythingFlowing else { return false }
        self.enterClosing(cause)
        // Once: orders that repeat themselves do not keep a session.
        if !self.isStopped { orders.deadline = .arm(RelayTimings.frameEnd) }
        self.isStopped = true
        self.say(close, to: .client, orders)
        let code = close.code.map(WebSocketCloseCode.towardsUpstream)
        self.say(WebSocketClose(code: code, reason: close.reason), to: .upstream, orders)
        if cutsClient, self.upstream.output.isFinishingFrame {
            // The backend has a part of a frame, and nothing we may send completes it.
            self.upstream.output = .cut(.now)
        }
        return true
    }

    private var isAnythingFlowing: Bool {
        switch (self.client.output, self.upstream.output) {
        case (.flowing, _), (.finishingFrame, _), (_, .flowing), (_, .finishingFrame): true
        case (.closeSent, .closeSent), (.closeSent, .cut), (.cut, .closeSent), (.cut, .cut): false
        }
    }

    /// A side did not answer a ping. The other is told as if its connection had been lost; itself, in case only its
    /// answers are, that and the end of TCP.
    mutating func silent(_ side: RelaySide) -> RelayEffects {
        let orders = RelayOrders()
        self.enterClosing(.silent(side))
        orders.deadline = .arm(side == .client ? RelayTimings.frameEnd : RelayTimings.closeAnswer)
        if self[side.other].scanner.isAtFrameBoundary {
            let code = WebSocketCloseCode.internalError
            self.send(
                WebSocketClose(side == .client ? code : WebSocketCloseCode.towardsUpstream(code), "ping timeout"),
                to: side, orders)
        } else {
            self[side].output = .cut(.now)
        }
        switch side {
        case .client: self.clientIsGone(orders)
        case .upstream: self.upstreamIsGone(orders)
        }
        self.order(side, self[side].output == .closeSent ? .afterFlush : .now, orders)
        return self.settled(nil, orders)
    }

    /// A client that leaves without a Close leaves the backend as it would without a gateway: TCP ends, and servers tell
    /// their application 1006. A Close of ours would claim a goodbye that nobody said.
    mutating func clientIsGone(_ orders: RelayOrders) {
        switch self.upstream.output {
        case .flowing, .finishingFrame:
            self.upstream.output = .cut(.afterFlush)
        case .closeSent:
            if self.upstream.channel != .closed { orders.deadline = .arm(RelayTimings.linger) }
        case .cut:
            break
        }
    }

    /// An upstream that leaves without a Close is translated: browsers would show a bare end of TCP as 1006.
    mutating func upstreamIsGone(_ orders: RelayOrders) {
        switch self.client.output {
        case .flowing:
            if self.upstream.scanner.isAtFrameBoundary {
                self.send(self.closeForLostUpstream, to: .client, orders)
            } else {
                self.client.output = .cut(.afterFlush)
            }
        case .finishingFrame:
            self.client.output = .cut(.afterFlush)
        case .closeSent, .cut:
            break
        }
    }

    /// Many servers answer a Close by dropping the connection: a client that asked to close is told that it is closed.
    var closeForLostUpstream: WebSocketClose {
        guard self.client.input == .closeReceived else {
            return WebSocketClose(WebSocketCloseCode.internalError, "upstream connection lost")
        }
        let code = self.client.received
        return code == WebSocketCloseCode.noCode ? .empty : WebSocketClose(code: code, reason: [])
    }

    // MARK: Steps

    /// Returns whether the relay was open until now.
    @discardableResult
    mutating func enterClosing(_ cause: RelayEnd) -> Bool {
        guard self.phase == .open else { return false }
        self.phase = .closing
        self.cause = cause
        return true
    }

    /// Sends a Close as soon as a frame may begin; a side that got one keeps the one it got.
    private mutating func say(_ close: WebSocketClose, to side: RelaySide, _ orders: RelayOrders) {
        guard self[side].output.isFlowing else { return }
        if self[side.other].scanner.isAtFrameBoundary {
            self.send(close, to: side, orders)
        } else {
            self[side].output = .finishingFrame(close)
        }
    }

    mutating func send(_ close: WebSocketClose, to side: RelaySide, _ orders: RelayOrders) {
        var frame = ByteBuffer()
        WebSocketFrameWriter.writeClose(close, maskKey: side == .upstream ? self.maskKey : nil, into: &frame)
        self.send(frame, saying: close.code ?? WebSocketCloseCode.noCode, to: side, orders)
    }

    private mutating func send(
        _ closeFrame: ByteBuffer,
        saying code: UInt16,
        to side: RelaySide,
        _ orders: RelayOrders
    ) {
        orders.append(closeFrame, to: side)
        self[side].output = .closeSent
        self[side].sent = code
    }

    mutating func order(_ side: RelaySide, _ closing: ChannelClosing, _ orders: RelayOrders) {
        switch self[side].channel {
        case .closed, .closing(.now): return
        case .closing(.afterFlush): guard closing == .now else { return }
        case .open, .finishing: break
        }
        self[side].channel = .closing(closing)
        switch side {
        case .client: orders.closeClient = closing
        case .upstream: orders.closeUpstream = closing
        }
    }

    /// Gives the orders that follow from where both sides are now.
    mutating func settled(_ forwarded: ByteBuffer?, _ orders: RelayOrders) -> RelayEffects {
        self.settleClient(orders)
        if self.upstream.channel == .open, case .cut(let closing) = self.upstream.output,
            !self.client.output.isFinishingFrame
        {
            self.order(.upstream, closing, orders)
        }
        orders.drainsClient = self.startsDraining(.client)
        orders.drainsUpstream = self.startsDraining(.upstream)
        if self.client.channel == .closed, self.upstream.channel == .closed, self.phase == .closing {
            self.phase = .finished
            orders.deadline = .cancel
            orders.isFinished = true
        }
        // A closing relay waits for what a paused client has sent: a Close, or the end.
        if self.phase != .open, self.watch?.endPause(now: nil) == true { orders.clientReading = .resume }
        return RelayEffects(toOther: forwarded, orders: orders.isEmpty ? nil : orders)
    }

    private mutating func settleClient(_ orders: RelayOrders) {
        guard self.client.channel == .open else { return }
        switch self.client.output {
        case .flowing, .finishingFrame:
            break
        case .closeSent where self.client.input == .unreadable:
            // Its answer cannot be found among what it sends: it sees at once that this is the end (RFC 6455 section 7.1.7).
            self.client.channel = .finishing
            orders.finishesClient = true
        case .closeSent:
            // Both Closes were exchanged: the server ends TCP first (RFC 6455 section 7.1.1), without waiting for the
            // client. In the other connection we are the client, and wait for the upstream's end, a little.
            guard self.client.input == .closeReceived else { return }
            self.order(.client, .afterFlush, orders)
            orders.deadline = .arm(RelayTimings.linger)
        case .cut(let closing):
            self.order(.client, closing, orders)
        }
    }

    private mutating func startsDraining(_ side: RelaySide) -> Bool {
        guard !self[side].isDrained, self[side].channel != .closed else { return false }
        switch self[side.other].output {
        case .flowing, .finishingFrame: return false
        case .closeSent, .cut: break
        }
        self[side].isDrained = true
        return true
    }
}
