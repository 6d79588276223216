import GatewayMessage
import GatewayPolicy
import GatewayProtocol
import GatewaySettings
import NIOCore

/// One request on its way to an upstream and its response on the way back.
///
/// It speaks of heads, body pieces, ends and aborts; how these look on a client's connection is `ClientConnection`'s
/// business, how they look upstream is `UpstreamConnection`'s. An HTTP/1.1 connection has one exchange at a time and uses
/// the same object for all of them.
final class Exchange {
    /// The cycle ends when the connection does: it then gives its exchange up.
    private let client: ClientConnection
    private let worker: Worker
    private var machine = ExchangeStateMachine()
    private var upstream: UpstreamConnection?
    private var pool: UpstreamPool?
    /// Distinguishes this request from earlier ones for a dial that ends late.
    private var ticket: UInt64 = 0

    private var method = RequestMethod.get
    private var route: RouteTerms?
    private var identity: VerifiedIdentity?
    private var requestIsChunked = false
    /// The head as it goes upstream, kept until the response's head arrives: a retry sends it again.
    private var outgoing = ByteBuffer()
    private var handshake: Handshake?
    private var record = RequestRecord()

    /// What a WebSocket handshake needs to remember until upstream answers.
    private struct Handshake {
        var offer: WebSocketOffer
        var hasOrigin: Bool
    }

    init(client: ClientConnection, worker: Worker) {
        self.client = client
        self.worker = worker
    }

    var isHandshake: Bool { self.handshake != nil }
    var isIdle: Bool { self.machine.isIdle }
    var isResponding: Bool { self.machine.isResponding }
    var acceptsRequestBody: Bool { self.machine.acceptsRequestBody }

    // MARK: Admission

    enum Decision {
        case forward
        case answer(GatewayAnswer)
        case acceptThenClose(WebSocketClose, label: StaticString)
    }

    enum HandshakeProblem {
        case malformed(StaticString)
        case unsupportedVersion
    }

    /// Judges the request and composes what goes upstream. Touches no connection: the block is still borrowed.
    func admit(_ head: inout RequestHead, block: RawSpan) -> Decision {
        self.ticket &+= 1
        self.method = head.method
        self.route = nil
        self.identity = nil
        self.handshake = nil
        self.pool = nil
        let wallClock = self.worker.wallClock()
        self.record.begin(
            head, block: block, now: self.worker.now, wallClock: wallClock,
            keepsText: self.worker.observation.logsAccess)
        let hasOrigin = head.upgrade == .webSocket && head.first(.origin) != nil
        if head.upgrade == .webSocket {
            switch WebSocketHandshake.check(head, block: block) {
            case .valid(let offer): self.handshake = Handshake(offer: offer, hasOrigin: hasOrigin)
            case .malformed(let label): return .answer(.handshake(.malformed(label)))
            case .unsupportedVersion: return .answer(.handshake(.unsupportedVersion))
            }
            if self.worker.isDraining { return .answer(.draining) }
        }
        let verdict = self.worker.gatekeeper.judge(&head, bytes: block, isWebSocket: self.isHandshake, now: wallClock)
        switch verdict {
        case .refuse(let refusal):
            self.route = refusal.route
            switch delivery(of: refusal, hasOrigin: hasOrigin, isWebSocket: self.isHandshake) {
            case .acceptThenClose(let code, let reason):
                return .acceptThenClose(WebSocketClose(code, reason), label: refusal.reason.metricLabel)
            case .http:
                var wire = self.worker.snapshot.policy.answer(to: refusal)
                wire.headerLines += self.worker.snapshot.policy.readingLines(for: refusal, head: head, bytes: block)
                return .answer(GatewayAnswer(wire: wire, label: refusal.reason.metricLabel))
            }

        case .forward(let admission):
            self.route = admission.route
            self.identity = admission.identity
            self.pool = self.worker.pool(admission.route.upstream)
            self.compose(&head, block: block, injected: admission.injected)
            return .forward
        }
    }

    private func compose(_ head: inout RequestHead, block: RawSpan, injected: [UInt8]) {
        self.requestIsChunked = head.framing == .chunked
        var extensions: [UInt8] = []
        if var handshake = self.handshake {
            let compression = self.route?.webSocket?.compression ?? false
            extensions = WebSocketHandshake.filterExtensions(
                &head, block: block, offer: &handshake.offer, compression: compression)
            self.handshake = handshake
        }
        self.outgoing.clear(minimumCapacity: head.blockLength + injected.count + 512)
        HTTPWriter.writeRequestHead(
            head,
            block: block,
            connection: self.handshake == nil ? .persistent : .webSocket,
            defaultHost: self.pool?.definition.defaultHost ?? [],
            forwarded: self.client.forwardedLines,
            forwardsHost: true,
            identity: injected,
            extra: extensions,
            into: &self.outgoing
        )
    }

    /// Begins what `admit` decided. `bodyFollows`: the client has announced a request body.
    func start(_ decision: Decision, bodyFollows: Bool) {
        let mayRetry = self.method.isIdempotent && !self.isHandshake
        self.machine.begin(bodyFollows: bodyFollows, mayRetry: mayRetry)
        switch decision {
        case .forward:
            if self.isHandshake {
                self.acquire(.new)
            } else {
                self.acquire(mayRetry && !bodyFollows ? .pooled : .recent)
            }
        case .answer(let answer):
            // What is malformed may be the beginning of something that is meant for a server behind us.
            if answer.status == 400 { self.client.keepsAlive = false }
            self.answer(answer)
        case .acceptThenClose(let close, let label):
            self.acceptThenClose(close, label: label)
        }
    }

    /// The bytes are no request, or too many: there is nothing to judge.
    func refuseUnreadable(_ answer: GatewayAnswer) {
        if self.machine.isIdle {
            self.ticket &+= 1
            self.route = nil
            self.identity = nil
            self.pool = nil
            self.handshake = nil
            self.method = .get
            self.record.beginUnreadable(now: self.worker.now, wallClock: self.worker.wallClock())
            self.machine.begin(bodyFollows: false, mayRetry: false)
        }
        self.abandonUpstream()
        if self.machine.isDraining {
            // The answer is out, and what follows it cannot be read.
            self.machine.leave()
            self.client.exchangeEnded()
            return
        }
        guard !self.machine.hasResponded else {
            self.record.refusal = answer.label
            self.drop()
            self.client.abort()
            return
        }
        self.machine.requestBroken()
        self.answer(answer)
    }

    // MARK: Upstream connections

    private func acquire(_ freshness: UpstreamPool.Freshness) {
        guard let pool = self.pool else { return }
        if let connection = pool.takeIdle(freshness) {
            self.connected(connection)
        } else {
            pool.dial(for: self, ticket: self.ticket)
        }
    }

    func isWaiting(ticket: UInt64) -> Bool { ticket == self.ticket && self.machine.isConnecting }

    func dialled(_ connection: UpstreamConnection, ticket: UInt64) {
        guard self.isWaiting(ticket: ticket), connection.isOpen else {
            connection.close()
            if self.isWaiting(ticket: ticket) { self.dialFailed(ticket: ticket, timedOut: false) }
            return
        }
        self.connected(connection)
        self.flush()
    }

    func dialFailed(ticket: UInt64, timedOut: Bool) {
        guard self.isWaiting(ticket: ticket) else { return }
        self.upstreamFailed(timedOut ? .connectTimedOut : .unreachable, beforeAnyResponseByte: true)
        self.flush()
    }

    private func connected(_ connection: UpstreamConnection) {
        switch self.machine.connected(reused: connection.isReused) {
        case .releaseConnection:
            connection.close()
        case .sendHead(let requestEnded):
            self.upstream = connection
            connection.begin(self, method: self.method, head: self.outgoing)
            if !self.client.isWritable { connection.pauseReading() }
            if requestEnded { connection.requestEnded() } else { self.client.requestBodyIsWanted() }
        }
    }

    private func abandonUpstream() {
        self.upstream?.abandon()
        self.upstream = nil
    }

    // MARK: From the client

    func requestBody(_ piece: ByteBuffer) {
        self.record.requestBytes &+= piece.readableBytes
        guard case .forward = self.machine.requestBodyReceived(), let upstream = self.upstream else { return }
        if self.requestIsChunked {
            upstream.writeChunk(piece)
        } else {
            upstream.write(piece)
        }
        if !upstream.isWritable { self.client.pauseReading() }
    }

    func requestEnded() {
        switch self.machine.requestEnded() {
        case .endUpstreamRequest:
            if self.requestIsChunked { self.upstream?.writeLastChunk() }
            self.upstream?.requestEnded()
        case .finish:
            // The response went out, and was logged, before its request was complete.
            break
        }
    }

    func flushUpstream() { self.upstream?.flush() }

    /// After an event of upstream's: what it made the client's connection write, and what the client's next request made
    /// another upstream connection write.
    func flush() {
        self.client.flush()
        self.flushUpstream()
    }

    func clientWritabilityChanged(_ isWritable: Bool) {
        if isWritable { self.upstream?.resumeReading() } else { self.upstream?.pauseReading() }
    }

    /// The client's connection is gone.
    func clientVanished() {
        guard !self.machine.isIdle, !self.machine.isDraining else {
            self.machine.leave()
            return
        }
        if self.record.refusal.utf8CodeUnitCount == 0 { self.record.refusal = "client_vanished" }
        self.drop()
    }

    private func drop() {
        self.machine.leave()
        self.abandonUpstream()
        self.logFinished()
    }

    // MARK: From upstream

    /// Returns false when a response head makes no sense here.
    func responseHead(_ head: ResponseHead, block: ByteBuffer) -> Bool {
        switch self.machine.responseHeadReceived(status: head.status) {
        case .refuse:
            return false
        case .dropInterim:
            return true
        case .forwardInterim:
            self.client.writeInterimHead(head, block: block)
            return true
        case .forward:
            if let close = self.closeForRefusedHandshake(status: head.status) {
                self.abandonUpstream()
                self.acceptThenClose(close, label: "backend")
                return true
            }
            self.record.status = head.status
            self.client.writeHead(head, block: block, method: self.method)
            return true
        }
    }

    private func closeForRefusedHandshake(status: Int) -> WebSocketClose? {
        guard let handshake = self.handshake, let route = self.route else { return nil }
        let delivery = deliveryOfBackendRefusal(
            status: status, on: route, hasOrigin: handshake.hasOrigin, wasVerified: self.identity != nil)
        guard case .acceptThenClose(let code, let reason) = delivery else { return nil }
        return WebSocketClose(code, reason)
    }

    func responseBody(_ piece: ByteBuffer) {
        self.record.responseBytes &+= piece.readableBytes
        self.client.writeBody(piece)
    }

    /// Returns whether the upstream connection may serve another exchange.
    func responseEnded() -> Bool {
        self.upstream = nil
        self.client.writeEnd()
        self.logFinished()
        switch self.machine.responseEnded() {
        case .finish(let upstreamIsReusable): return upstreamIsReusable
        case .drainRequest: return false
        }
    }

    /// After `responseEnded`: the client's next request may already be waiting.
    func continueClient() {
        self.client.exchangeEnded()
        self.flush()
    }

    func upstreamFailed(_ failure: UpstreamFailure, beforeAnyResponseByte: Bool) {
        self.upstream = nil
        switch self.machine.upstreamFailed(beforeAnyResponseByte: beforeAnyResponseByte) {
        case .retry:
            self.acquire(.new)
        case .answer:
            self.answer(.upstream(failure))
        case .abortClient:
            self.record.refusal = failure.label
            self.logFinished()
            self.client.abort()
        case .doNothing:
            break
        }
    }

    func upstreamWritabilityChanged(_ isWritable: Bool) {
        if isWritable { self.client.resumeReading() } else { self.client.pauseReading() }
    }

    // MARK: WebSockets

    /// Upstream answered a handshake with 101. Returns false when the answer is not one (RFC 6455 section 4.1).
    func switchingProtocols(_ head: ResponseHead, block: ByteBuffer, over upstream: UpstreamConnection) -> Bool {
        guard let handshake = self.handshake, self.machine.awaitsResponseHead, let route = self.route,
            let pool = self.pool,
            let settings = route.webSocket,
            case .accepted(let subprotocol, let deflate) = WebSocketHandshake.checkResponse(
                head, block: block.readableBytesSpan, offer: handshake.offer)
        else { return false }
        self.record.status = 101
        self.machine.leave()
        self.upstream = nil
        let terms = RelayTerms(
            route: route,
            identity: self.identity,
            upstream: pool.definition,
            record: self.record,
            address: self.client.address,
            subprotocol: Self.loggable(subprotocol, block),
            id: self.client.exchangeID(self.record.number),
            metrics: self.worker.observation.metrics(of: route)
        )
        let relay = Relay(
            client: self.client,
            upstream: upstream,
            terms: terms,
            limits: RelayLimits(maxFrame: settings.maxFrame, maxMessage: settings.maxMessage),
            deflate: deflate,
            worker: self.worker
        )
        self.outgoing = ByteBuffer()
        self.client.writeInterimHead(head, block: block)
        relay.begin(
            early: (client: self.client.switchToRelay(relay), upstream: upstream.switchToRelay(relay)), deflate: deflate
        )
        self.client.afterSwitch()
        return true
    }

    /// A sub-protocol's name, unless it may be a token: some clients carry theirs here, and some backends echo it.
    private static func loggable(_ subprotocol: ByteRange?, _ block: ByteBuffer) -> String {
        guard let subprotocol else { return "" }
        let name = block.readableBytesSpan.bytes(subprotocol)
        return WebSocketHandshake.looksLikeToken(name) ? "[token]" : String(decoding: name, as: UTF8.self)
    }

    private func acceptThenClose(_ close: WebSocketClose, label: StaticString) {
        guard let handshake = self.handshake else { return }
        self.record.status = 101
        self.record.refusal = label
        self.machine.leave()
        self.client.acceptThenClose(handshake.offer, close)
        self.logFinished()
    }

    // MARK: The gateway's own answers

    /// Answers in the upstream's place; only before a response head has been forwarded.
    private func answer(_ answer: GatewayAnswer) {
        self.record.status = answer.status
        self.record.refusal = answer.label
        self.record.responseBytes = self.method == .head ? 0 : answer.wire.body.count
        self.machine.answeredByGateway()
        self.client.write(answer.wire, method: self.method)
        self.logFinished()
        self.client.exchangeEnded()
    }

    private func logFinished() {
        self.worker.observation.requestEnded(
            self.record,
            route: self.route,
            upstream: self.pool?.definition,
            userID: self.identity?.userID,
            client: self.client
        )
    }
}
