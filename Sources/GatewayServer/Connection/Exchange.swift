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
    let client: ClientConnection
    let worker: Worker
    var machine = ExchangeStateMachine()
    private var upstream: UpstreamConnection?
    private var dialling: UpstreamConnection?
    var pool: UpstreamPool?
    /// Distinguishes this request from earlier ones for a dial that ends late.
    var ticket: UInt64 = 0

    var method = RequestMethod.get
    var route: RouteTerms?
    var identity: VerifiedIdentity?
    var requestIsChunked = false
    /// The head as it goes upstream, kept until the response's head arrives: a retry sends it again.
    var outgoing = ByteBuffer()
    var handshake: Handshake?
    var record = RequestRecord()
    /// Lines of this one request, storage that is reused. The first is `X-Request-Id`.
    var ownLines: [UInt8] = []
    /// Of `ownLines`: what the request is called upstream, in answers and in the log.
    var requestIDEnd = 0
    /// Lines that `cors` adds to the response.
    var corsLines: [UInt8] = []
    /// How the client likes its answers, where admission had to find out.
    var format: AnswerFormat?
    /// Whether the last request came from a trusted proxy, which speaks for many clients.
    var wasVetted = false
    /// Whether this request is one of those that `max_in_flight` counts.
    private var isCounted = false

    /// What a WebSocket handshake needs to remember until upstream answers.
    struct Handshake {
        var offer: WebSocketOffer
        var hasOrigin: Bool
        /// Empty when there is none.
        var origin: [UInt8] = []
        /// From here on set once it is admitted.
        var plan: RelayPlan?
        var guesser: IPAddress?
        var session: [UInt8] = []
        var captures = RouteCaptures.none
        var ticket: SocketTicket?
    }

    private static let keptOutgoing = 8 << 10

    init(client: ClientConnection, worker: Worker) {
        self.client = client
        self.worker = worker
    }

    var isHandshake: Bool { self.handshake != nil }
    var isIdle: Bool { self.machine.isIdle }
    var isResponding: Bool { self.machine.isResponding }
    var acceptsRequestBody: Bool { self.machine.acceptsRequestBody }
    var isLastOfConnection: Bool { self.record.number >= self.worker.snapshot.keepAliveRequests }

    /// Begins what `admit` decided. `bodyFollows`: the client has announced a request body.
    func start(_ decision: Decision, bodyFollows: Bool) {
        let mayRetry = self.method.isIdempotent && !self.isHandshake
        self.machine.begin(bodyFollows: bodyFollows, mayRetry: mayRetry)
        switch decision {
        case .forward:
            guard self.pool?.definition.enter() ?? false else {
                self.answer(.upstreamBusy)
                return
            }
            self.isCounted = true
            if self.isHandshake {
                self.acquire(.new)
            } else {
                self.acquire(mayRetry && !bodyFollows ? .pooled : .recent)
            }
        case .answer(let answer):
            // What is malformed may be the beginning of something that is meant for a server behind us.
            if answer.status == 400 || answer.endsConnection { self.client.keepsAlive = false }
            self.answer(answer)
        case .acceptThenClose(let close, let label):
            self.acceptThenClose(close, label: label)
        case .renew(let socket, let identity, let headerLines):
            self.awaitRenewal(socket, identity, headerLines: headerLines)
        }
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

    /// Who gives up closes it: a server that does not answer must not collect descriptors of clients that are gone.
    func dials(_ connection: UpstreamConnection) { self.dialling = connection }

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
        self.dialling = nil
        self.upstreamFailed(timedOut ? .connectTimedOut : .unreachable, beforeAnyResponseByte: true)
        self.flush()
    }

    private func connected(_ connection: UpstreamConnection) {
        self.dialling = nil
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

    func abandonUpstream() {
        self.dialling?.close()
        self.dialling = nil
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

    func flushUpstreamInTurn() { self.upstream?.flushInTurn() }

    /// After an event of upstream's: what it made the client's connection write, and what the client's next request made
    /// another upstream connection write.
    func flush() {
        self.client.flush()
        self.flushUpstream()
    }

    func flushInTurn() {
        self.client.flushInTurn()
        self.flushUpstreamInTurn()
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

    func drop() {
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
            self.writeHead(head, block: block)
            return true
        }
    }

    private func writeHead(_ head: ResponseHead, block: ByteBuffer) {
        guard let edits = self.route?.responseEdits else {
            self.client.writeHead(head, block: block, extraLines: self.corsLines)
            return
        }
        var head = head
        edits.apply(to: &head, bytes: block.readableBytesSpan)
        let lines = self.corsLines.isEmpty ? edits.lines : edits.lines + self.corsLines
        self.client.writeHead(head, block: block, extraLines: lines)
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
        self.flushInTurn()
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
            let plan = handshake.plan,
            case .accepted(let subprotocol, let deflate) = WebSocketHandshake.checkResponse(
                head, block: block.readableBytesSpan, offer: handshake.offer)
        else { return false }
        self.record.status = 101
        self.machine.leave()
        // The relay has it now.
        self.handshake?.ticket = nil
        self.uncount()
        self.upstream = nil
        let terms = RelayTerms(
            route: route,
            plan: plan,
            identity: self.identity,
            upstream: pool.definition,
            record: self.record,
            client: self.record.client,
            guesser: handshake.guesser,
            subprotocol: Self.loggable(subprotocol, block),
            id: self.client.exchangeID(self.record.number),
            metrics: self.worker.observation.metrics(of: route),
            session: handshake.session,
            origin: handshake.origin,
            captures: handshake.captures,
            ticket: handshake.ticket
        )
        let relay = Relay(
            client: self.client,
            upstream: upstream,
            terms: terms,
            deflate: deflate,
            worker: self.worker
        )
        self.outgoing = ByteBuffer()
        self.client.writeInterimHead(
            head, block: block,
            extraLines: WebSocketHandshake.protocolLine(for: handshake.offer, chosen: subprotocol))
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

    func acceptThenClose(_ close: WebSocketClose, label: StaticString) {
        guard let handshake = self.handshake else { return }
        self.record.status = 101
        self.record.refusal = label
        self.machine.leave()
        self.client.acceptThenClose(handshake.offer, close)
        self.logFinished()
    }

    // MARK: The end

    func logFinished() {
        self.uncount()
        // One large head must not stay with an idle connection.
        if self.outgoing.capacity > Self.keptOutgoing { self.outgoing = ByteBuffer() }
        self.worker.observation.requestEnded(
            &self.record,
            route: self.route,
            upstream: self.pool?.definition,
            userID: self.identity?.userID,
            client: self.client
        )
    }

    private func uncount() {
        if self.isCounted { self.pool?.definition.leave() }
        self.isCounted = false
        if let ticket = self.handshake?.ticket {
            self.handshake?.ticket = nil
            self.worker.shared.sockets.leave(ticket)
        }
    }
}
