package import NIOCore

/// The life of one relayed WebSocket: which received bytes go on, which Close frames are sent to whom, and when the two
/// TCP connections end (RFC 6455 sections 5.5.1 and 7). Pure: bytes and events come in, orders go out; time and
/// randomness are arguments, channels and timers belong to the shell.
///
/// Each side has an `Input` (what may still be found in what it sends) and an `Output` (what may still be sent to it).
/// A Close frame is sent to a side once, at a frame boundary of what that side gets, and nothing follows it.
///
/// While the relay is open nothing is armed. From the first event that ends it until both channels are gone there is
/// always one deadline, re-armed a bounded number of times: no peer can keep a closing relay alive.
package struct RelayStateMachine: Sendable {
    private enum Phase: Sendable, Equatable { case open, closing, finished }

    /// Scanned until a Close or a violation; after that nothing more can be found, and bytes are dropped unread.
    private enum Input: Sendable, Equatable { case scanned, closeReceived, unreadable }

    private enum Output: Sendable, Equatable {
        /// The other side's frames are forwarded.
        case flowing
        /// Only the rest of the frame that is half-way through, then this Close.
        case finishingFrame(WebSocketClose)
        case closeSent
        /// No Close can follow: the side is gone, or the frame it is getting will never be complete.
        case cut(ChannelClosing)

        var isFlowing: Bool {
            if case .flowing = self { true } else { false }
        }

        var isFinishingFrame: Bool {
            if case .finishingFrame = self { true } else { false }
        }
    }

    private enum Channel: Sendable, Equatable {
        case open
        case closing(ChannelClosing)
        case closed
    }

    private struct Peer: Sendable {
        var scanner: WebSocketFrameScanner
        var input = Input.scanned
        var output = Output.flowing
        var channel = Channel.open
        var received = WebSocketCloseCode.noClose
        var sent = WebSocketCloseCode.noClose
        /// Whether the shell knows that nothing of this side is forwarded any more.
        var isDrained = false

        var traffic: RelayTraffic {
            RelayTraffic(
                frames: self.scanner.frames,
                messages: self.scanner.messages,
                payloadBytes: self.scanner.payloadBytes
            )
        }
    }

    private var phase = Phase.open
    private var client: Peer
    private var upstream: Peer
    private var cause: RelayEnd?
    private var isStopped = false
    private let timings: RelayTimings
    private let maskKey: UInt32

    /// `maskKey` is random: it masks the one Close frame that may be sent upstream.
    package init(limits: RelayLimits, deflate: Bool, maskKey: UInt32, timings: RelayTimings = RelayTimings()) {
        self.client = Peer(
            scanner: WebSocketFrameScanner(
                .fromClient, deflate: deflate, maxFrame: limits.maxFrame, maxMessage: limits.maxMessage
            )
        )
        self.upstream = Peer(
            scanner: WebSocketFrameScanner(
                .fromServer, deflate: deflate, maxFrame: limits.maxFrame, maxMessage: limits.maxMessage
            )
        )
        self.timings = timings
        self.maskKey = maskKey
    }

    package var isOpen: Bool { self.phase == .open }

    /// Whether a ping or pong of our own may be written to `side` now, after all that was forwarded to it.
    package func acceptsControlFrame(_ side: RelaySide) -> Bool {
        self.phase == .open && self[side.other].scanner.isAtFrameBoundary
    }

    /// Whether a message of our own may be written to `side` now.
    package func acceptsMessage(_ side: RelaySide) -> Bool {
        self.phase == .open && self[side.other].scanner.isAtMessageBoundary
    }

    package var summary: RelaySummary {
        RelaySummary(
            cause: self.cause,
            receivedFromClient: self.client.received,
            receivedFromUpstream: self.upstream.received,
            sentToClient: self.client.sent,
            sentToUpstream: self.upstream.sent,
            fromClient: self.client.traffic,
            fromUpstream: self.upstream.traffic
        )
    }

    // MARK: Events

    /// Bytes came from `side`.
    package mutating func received(from side: RelaySide, _ buffer: consuming ByteBuffer) -> RelayEffects {
        guard self.phase == .open else { return self.receivedWithCare(from: side, buffer) }
        let outcome: ScanOutcome
        // Spelled out for both sides: through the subscript the compiler copies both peers.
        switch side {
        case .client:
            guard self.client.scanner.heldCount == 0 else { return self.receivedWithCare(from: side, buffer) }
            outcome = self.client.scanner.scan(buffer.readableBytesSpan)
        case .upstream:
            guard self.upstream.scanner.heldCount == 0 else { return self.receivedWithCare(from: side, buffer) }
            outcome = self.upstream.scanner.scan(buffer.readableBytesSpan)
        }
        guard outcome.stop == .none else {
            return self.forward(from: side, outcome, of: buffer, after: [], restOfFrame: 0)
        }
        if outcome.forwardable == buffer.readableBytes { return RelayEffects(toOther: buffer) }
        return RelayEffects(toOther: Self.prefix(outcome.forwardable, of: buffer))
    }

    /// The connection of `side` is gone: the peer ended it, it broke, or it was closed as ordered. A shell that is told
    /// of the end of input alone closes the channel and then reports this.
    package mutating func closed(by side: RelaySide) -> RelayEffects {
        // Late: a channel may report both its error and its end.
        guard self[side].channel != .closed else { return .none }
        let orders = RelayOrders()
        if self.enterClosing(.lost(side)) { orders.deadline = .arm(self.timings.closeAnswer) }
        self[side].channel = .closed
        self[side].output = .cut(.now)
        if self[side].input == .scanned { self[side].input = .unreadable }
        switch side {
        case .client: self.clientIsGone(orders)
        case .upstream: self.upstreamIsGone(orders)
        }
        return self.settled(nil, orders)
    }

    /// The token that opened the session is not valid any more. From here nothing the client sends reaches the backend,
    /// not even the rest of a frame.
    package mutating func tokenExpired() -> RelayEffects {
        let close = WebSocketClose(WebSocketCloseCode.notAuthenticated, "token expired")
        return self.stop(close, cause: .tokenExpired, cutsClient: true)
    }

    /// The gateway ends the session: a drain (1001, 1012), or a policy (1008, 4003) that with `cutsClient` lets nothing
    /// more through to the backend.
    package mutating func stop(_ close: WebSocketClose, cutsClient: Bool = false) -> RelayEffects {
        let code = close.code ?? WebSocketCloseCode.noCode
        return self.stop(close, cause: .stopped(code: code), cutsClient: cutsClient)
    }

    /// The armed deadline is over.
    package mutating func deadlinePassed() -> RelayEffects {
        // Late: a timer may fire in the same turn of the loop that cancelled it.
        guard self.phase == .closing else { return .none }
        let orders = RelayOrders()
        // The upstream did not answer the client's Close. The client still gets an answer, and a moment to read it.
        if self.client.output == .flowing, self.upstream.scanner.isAtFrameBoundary {
            self.send(self.closeForLostUpstream, to: .client, orders)
            self.order(.upstream, .now, orders)
            return self.settled(nil, orders)
        }
        self.order(.client, .now, orders)
        self.order(.upstream, .now, orders)
        return RelayEffects(orders: orders)
    }

    // MARK: Bytes

    private mutating func receivedWithCare(from side: RelaySide, _ buffer: ByteBuffer) -> RelayEffects {
        // Nothing counts after a Close (RFC 6455 section 5.5.1), and after a violation nothing can be read.
        guard self[side].input == .scanned else { return .none }
        let held = self[side].scanner.heldHeader
        let rest = self[side].scanner.restOfFrame
        let outcome = self[side].scanner.scan(buffer.readableBytesSpan)
        return self.forward(from: side, outcome, of: buffer, after: held, restOfFrame: rest)
    }

    /// `held` are header bytes of earlier reads that belong before `buffer`; `restOfFrame` is what was missing of the
    /// frame that `buffer` goes on with.
    private mutating func forward(
        from side: RelaySide,
        _ outcome: ScanOutcome,
        of buffer: ByteBuffer,
        after held: [UInt8],
        restOfFrame: UInt64
    ) -> RelayEffects {
        let orders = RelayOrders()
        var toOther: ByteBuffer?
        switch self[side.other].output {
        case .flowing:
            toOther = Self.prefix(outcome.forwardable, of: buffer)
            if toOther != nil, !held.isEmpty { orders.beforeToOther = ByteBuffer(bytes: held) }
        case .finishingFrame(let close):
            let count = Int(truncatingIfNeeded: min(restOfFrame, UInt64(outcome.forwardable)))
            toOther = Self.prefix(count, of: buffer)
            if UInt64(count) == restOfFrame { self.send(close, to: side.other, orders) }
        case .closeSent, .cut:
            break
        }
        switch outcome.stop {
        case .none: break
        case .close: self.closeFrameReceived(from: side, orders)
        case .violation(let violation): self.violated(by: side, violation, orders)
        }
        return self.settled(toOther, orders)
    }

    private static func prefix(_ count: Int, of buffer: ByteBuffer) -> ByteBuffer? {
        count > 0 ? buffer.getSlice(at: buffer.readerIndex, length: count) : nil
    }

    // MARK: What ends the open state

    private mutating func closeFrameReceived(from side: RelaySide, _ orders: RelayOrders) {
        guard let close = self[side].scanner.receivedClose else { return }
        self[side].input = .closeReceived
        self[side].received = close.reportedCode
        if self.enterClosing(.closed(by: side)) { orders.deadline = .arm(self.timings.closeAnswer) }
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

    private mutating func violated(by side: RelaySide, _ violation: FrameViolation, _ orders: RelayOrders) {
        self[side].input = .unreadable
        let wasOpen = self.enterClosing(.violated(by: side, violation))
        // An innocent client is given time for what is on its way to it; one that breaks the rules is not.
        switch side {
        case .client: orders.deadline = .arm(self.timings.frameEnd)
        case .upstream: if wasOpen { orders.deadline = .arm(self.timings.closeAnswer) }
        }
        self.say(WebSocketClose(violation.closeCode, violation.label), to: side, orders)
        let news =
            switch side {
            case .client: WebSocketClose(WebSocketCloseCode.goingAway, violation.label)
            case .upstream: WebSocketClose(WebSocketCloseCode.internalError, "upstream broke the protocol")
            }
        self.say(news, to: side.other, orders)
    }

    private mutating func stop(_ close: WebSocketClose, cause: RelayEnd, cutsClient: Bool) -> RelayEffects {
        // A client that said Close sends nothing more, and the wait for the answer is bounded. Where neither side gets
        // anything any more, both have been told.
        guard self.client.input != .closeReceived, self.isAnythingFlowing else { return .none }
        let orders = RelayOrders()
        self.enterClosing(cause)
        // Once: orders that repeat themselves do not keep a session.
        if !self.isStopped { orders.deadline = .arm(self.timings.frameEnd) }
        self.isStopped = true
        self.say(close, to: .client, orders)
        let code = close.code.map(WebSocketCloseCode.towardsUpstream)
        self.say(WebSocketClose(code: code, reason: close.reason), to: .upstream, orders)
        if cutsClient, self.upstream.output.isFinishingFrame {
            // The backend has a part of a frame, and nothing we may send completes it.
            self.upstream.output = .cut(.now)
        }
        return self.settled(nil, orders)
    }

    private var isAnythingFlowing: Bool {
        switch (self.client.output, self.upstream.output) {
        case (.flowing, _), (.finishingFrame, _), (_, .flowing), (_, .finishingFrame): true
        case (.closeSent, .closeSent), (.closeSent, .cut), (.cut, .closeSent), (.cut, .cut): false
        }
    }

    /// A client that leaves without a Close leaves the backend as it would without a gateway: TCP ends, and servers tell
    /// their application 1006. A Close of ours would claim a goodbye that nobody said.
    private mutating func clientIsGone(_ orders: RelayOrders) {
        switch self.upstream.output {
        case .flowing, .finishingFrame:
            self.upstream.output = .cut(.afterFlush)
        case .closeSent:
            if self.upstream.channel != .closed { orders.deadline = .arm(self.timings.linger) }
        case .cut:
            break
        }
    }

    /// An upstream that leaves without a Close is translated: browsers would show a bare end of TCP as 1006.
    private mutating func upstreamIsGone(_ orders: RelayOrders) {
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
    private var closeForLostUpstream: WebSocketClose {
        guard self.client.input == .closeReceived else {
            return WebSocketClose(WebSocketCloseCode.internalError, "upstream connection lost")
        }
        let code = self.client.received
        return code == WebSocketCloseCode.noCode ? .empty : WebSocketClose(code: code, reason: [])
    }

    // MARK: Steps

    /// Returns whether the relay was open until now.
    @discardableResult
    private mutating func enterClosing(_ cause: RelayEnd) -> Bool {
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

    private mutating func send(_ close: WebSocketClose, to side: RelaySide, _ orders: RelayOrders) {
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
        switch side {
        case .client: orders.toClient = closeFrame
        case .upstream: orders.toUpstream = closeFrame
        }
        self[side].output = .closeSent
        self[side].sent = code
    }

    private mutating func order(_ side: RelaySide, _ closing: ChannelClosing, _ orders: RelayOrders) {
        switch self[side].channel {
        case .closed, .closing(.now): return
        case .closing(.afterFlush): guard closing == .now else { return }
        case .open: break
        }
        self[side].channel = .closing(closing)
        switch side {
        case .client: orders.closeClient = closing
        case .upstream: orders.closeUpstream = closing
        }
    }

    /// Gives the orders that follow from where both sides are now.
    private mutating func settled(_ forwarded: ByteBuffer?, _ orders: RelayOrders) -> RelayEffects {
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
        return RelayEffects(toOther: forwarded, orders: orders.isEmpty ? nil : orders)
    }

    private mutating func settleClient(_ orders: RelayOrders) {
        guard self.client.channel == .open else { return }
        switch self.client.output {
        case .flowing, .finishingFrame:
            break
        case .closeSent:
            // Both Closes were exchanged: the server ends TCP first (RFC 6455 section 7.1.1), without waiting for the
            // client. In the other connection we are the client, and wait for the upstream's end, a little.
            guard self.client.input == .closeReceived else { return }
            self.order(.client, .afterFlush, orders)
            orders.deadline = .arm(self.timings.linger)
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

    private subscript(side: RelaySide) -> Peer {
        // Not `_read`: release builds of Swift 6.3.1 then read the wrong side in `say`.
        get {
            switch side {
            case .client: self.client
            case .upstream: self.upstream
            }
        }
        _modify {
            switch side {
            case .client: yield &self.client
            case .upstream: yield &self.upstream
            }
        }
    }
}
