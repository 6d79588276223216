package import NIOCore

/// The life of one relayed WebSocket: which received bytes go on, which Close frames are sent to whom, and when the two
/// TCP connections end (RFC 6455 sections 5.5.1 and 7). Pure: bytes and events come in, orders go out; time and
/// randomness are arguments, channels and timers belong to the shell.
///
/// Each side has an `Input` (what may still be found in what it sends) and an `Output` (what may still be sent to it).
/// A Close frame is sent to a side once, at a frame boundary of what that side gets, and nothing follows it.
///
/// While the relay is open only its `watch` wants a deadline, and most relays have none. From the first event that ends it
/// until both channels are gone there is always one, re-armed a bounded number of times: no peer can keep a closing relay
/// alive.
package struct RelayStateMachine: ~Copyable {
    enum Phase { case open, closing, finished }

    /// Scanned until a Close or a violation; after that nothing more can be found, and bytes are dropped unread.
    enum Input { case scanned, closeReceived, unreadable }

    enum Output: Equatable {
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

    enum Channel: Equatable {
        case open
        /// Nothing more is sent; what still comes is dropped.
        case finishing
        case closing(ChannelClosing)
        case closed
    }

    struct Peer {
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

    var phase = Phase.open
    var isStopped = false
    var client: Peer
    var upstream: Peer
    var cause: RelayEnd?
    let maskKey: UInt32
    /// Nil when nothing is watched. Nobody else holds it.
    var watch: RelayWatch?

    /// `maskKey` is random: it masks the one Close frame that may be sent upstream. With an `opening` that watches anything,
    /// `began` comes next.
    package init(limits: RelayLimits, deflate: Bool, maskKey: UInt32, opening: RelayOpening? = nil) {
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
        self.maskKey = maskKey
        guard let opening, !opening.isEmpty else { return }
        self.watch = RelayWatch(opening)
        if let renewal = opening.rules.renewal { self.client.scanner.catchTexts(renewal.pattern.lengths) }
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

    /// Bytes came from `side`. `now` is not looked at by a relay that watches nothing.
    package mutating func received(
        from side: RelaySide,
        _ buffer: consuming ByteBuffer,
        now: UInt64 = 0
    ) -> RelayEffects {
        guard self.phase == .open else { return self.receivedWithCare(from: side, buffer, now) }
        var outcome: ScanOutcome
        // Spelled out for both sides: through the subscript the compiler copies both peers.
        switch side {
        case .client:
            guard self.client.scanner.heldCount == 0 else { return self.receivedWithCare(from: side, buffer, now) }
            outcome = self.client.scanner.scan(buffer.readableBytesSpan)
            if outcome.stop == .caught { self.skipOrdinaryTexts(&outcome, in: buffer) }
        case .upstream:
            guard self.upstream.scanner.heldCount == 0 else { return self.receivedWithCare(from: side, buffer, now) }
            outcome = self.upstream.scanner.scan(buffer.readableBytesSpan)
        }
        guard outcome.stop == .none else {
            return self.forward(from: side, outcome, of: buffer, after: [], restOfFrame: 0, now)
        }
        if self.watch != nil {
            return self.receivedOnWatch(from: side, outcome, of: buffer, now)
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
        if self.enterClosing(.lost(side)) { orders.deadline = .arm(RelayTimings.closeAnswer) }
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

    /// The token, or its user, is not welcome any more. The client is cut off likewise.
    package mutating func tokenRevoked() -> RelayEffects {
        let close = WebSocketClose(WebSocketCloseCode.notAuthenticated, "token revoked")
        return self.stop(close, cause: .tokenRevoked, cutsClient: true)
    }

    /// The gateway ends the session: a drain (1001, 1012), or a policy (1008, 4003) that with `cutsClient` lets nothing
    /// more through to the backend.
    package mutating func stop(_ close: WebSocketClose, cutsClient: Bool = false) -> RelayEffects {
        let code = close.code ?? WebSocketCloseCode.noCode
        return self.stop(close, cause: .stopped(code: code), cutsClient: cutsClient)
    }

    /// For too long `side` has taken nothing of what waits for it. It is told, in case it wakes up; it is no fault of a
    /// client's when its backend is too slow.
    package mutating func slowConsumer(_ side: RelaySide) -> RelayEffects {
        let close =
            switch side {
            case .client: WebSocketClose(WebSocketCloseCode.policyViolation, "too slow")
            case .upstream: WebSocketClose(WebSocketCloseCode.tryAgainLater, "upstream too slow")
            }
        return self.stop(close, cause: .slow(side), cutsClient: false)
    }

    /// The armed deadline is over.
    package mutating func deadlinePassed(now: UInt64 = 0) -> RelayEffects {
        switch self.phase {
        case .open: return self.watchLooks(now)
        case .closing: break
        // Late: a timer may fire in the same turn of the loop that cancelled it.
        case .finished: return .none
        }
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

    subscript(side: RelaySide) -> Peer {
        // Not `_read`: release builds of Swift 6.3.1 then read the wrong side in `say`.
        get {
            switch side {
            case .client: self.client
            case .upstream: self.upstream
            }
        }
        set {
            switch side {
            case .client: self.client = newValue
            case .upstream: self.upstream = newValue
            }
        }
    }
}
