import GatewayMessage
import GatewayPolicy
import GatewayProtocol
import GatewaySettings
import Glibc
import NIOCore
import NIOSSL

/// One client's connection: HTTP/1.1 requests in, responses out, until it closes or becomes one half of a relay.
///
/// It only translates: bytes into heads and body pieces for its exchange, the exchange's heads and pieces into bytes
/// (`ClientConnection+Writing`). It alone decides whether the connection is kept.
final class ClientConnection: TableEntry, ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Between two requests, reading a head, or in the middle of an exchange.
        case http
        case relaying(Relay)
        /// Accepted only to be closed with a code; waits for the client's close frame.
        indirect case refusingSocket(WebSocketFrameScanner)
        /// Everything is written; input is read and dropped so that the client sees the answer, not a reset.
        case lingering
        case closed
    }

    /// What the connection's own deadline stands for: all but a stalled write, which `WriteWatch` looks after.
    enum DeadlineKind { case none, head, keepAlive, bodyIdle, halfClosed, linger }

    /// How long a request whose client has closed its sending side is still worked on. A closed connection looks the same as
    /// a half-closed one until something is written to it, and nobody may be there to read a long-running answer.
    static let halfClosedTime = TimeAmount.seconds(5)

    /// How long a connection that the gateway ends waits for the client to see why.
    static let lingerTime = TimeAmount.seconds(2)

    /// Bytes of answers to pipelined requests that may wait for the end of a read burst.
    private static let unflushedAnswers = 64 << 10

    let worker: Worker
    let listener: ListenerContext
    private(set) var context: ChannelHandlerContext?
    var phase = Phase.http
    var deadlineKind = DeadlineKind.none
    /// Made for the first request, given up when the connection becomes a relay or ends.
    private var ownReading: RequestReading?
    var inbound = ByteBuffer()
    /// Composed and not yet given to the channel: a response's head waits here for the body that comes with it.
    var outbound = ByteBuffer()
    /// Bytes that the channel was given since the last flush.
    var unflushed = 0
    var gate = ReadGate()
    var inputIsClosed = false
    var writeWatch: WriteWatch?
    /// As the channel said last: asking it takes several calls and is done for every request.
    private var acceptsWrites = false
    /// The connection ends when everything is written: until then the watch goes on below the low-water mark too.
    var awaitsFlush = false
    /// With TLS a close takes a while, in which nothing more may be taken in.
    var isClosing = false
    /// Guards against recursion through answers that are given while a request is being read.
    private var isProcessing = false
    /// Made for the first request, given up when the connection becomes a relay or ends.
    private(set) var ownExchange: Exchange?
    private(set) var hasReceived = false
    /// Whether the channel had to read into larger buffers than its first.
    private var outgrewBuffer = false
    private var ownRequestIDLine: RequestIDLine?
    /// Whether a PROXY protocol header comes first, which says who the client is.
    private let announcesSource: Bool
    /// Whose connection it is, as far as the connection tells.
    private(set) var address = ClientAddress.unknown
    private(set) var peer = Peer(address: nil, isSecure: false, port: 0)
    private let number: UInt64
    private(set) var forwarded = ForwardedOpening()
    private var allowance = AddressAllowance()

    // Of the current exchange.
    var keepsAlive = true
    private(set) var minorVersion: UInt8 = 1
    var responseIsChunked = false
    private var owesContinue = false

    init(worker: Worker, listener: ListenerContext, announcesSource: Bool = false) {
        self.worker = worker
        self.listener = listener
        self.announcesSource = announcesSource
        self.number = worker.observation.nextConnectionNumber()
    }

    /// Made for the first request, given up when the connection becomes a relay: an idle socket has no use for it.
    var exchange: Exchange {
        if let exchange = self.ownExchange { return exchange }
        let exchange = Exchange(client: self, worker: self.worker)
        self.ownExchange = exchange
        return exchange
    }

    private var reading: RequestReading {
        if let reading = self.ownReading { return reading }
        let reading = RequestReading(self.worker.snapshot.requestLimits)
        self.ownReading = reading
        return reading
    }

    /// Whether a request's body has not ended.
    var isReadingBody: Bool { self.ownReading?.decoder != nil }

    /// No body is read any more.
    func endBody() { self.ownReading?.decoder = nil }

    /// Made for the first request, like the exchange.
    var requestIDLine: RequestIDLine {
        if let line = self.ownRequestIDLine { return line }
        let line = RequestIDLine(self.number)
        self.ownRequestIDLine = line
        return line
    }

    func exchangeID(_ exchange: UInt32) -> ExchangeID { ExchangeID(connection: self.number, exchange: exchange) }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.acceptsWrites = context.channel.isWritable
        self.worker.clientConnected(self)
        self.arm(.head, after: self.worker.snapshot.timeouts.head)
        // Nothing can be asked of the connection before its source is announced.
        if !self.announcesSource { self.identify(ClientAddress(context.channel.remoteAddress)) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.vanish() }

    func read(context: ChannelHandlerContext) {
        if self.gate.admit() { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isClosing else { return }
        self.hasReceived = true
        let buffer = self.unwrapInboundIn(data)
        switch self.phase {
        case .relaying(let relay):
            relay.received(buffer, from: .client)
        case .http:
            if buffer.readableBytes >= ReceiveBuffers.firstHTTP { self.outgrewBuffer = true }
            if self.inbound.readableBytes > 0 {
                self.inbound.writeImmutableBuffer(buffer)
            } else {
                self.inbound = buffer
            }
            self.process()
        case .refusingSocket(var scanner):
            let outcome = scanner.scan(buffer.readableBytesSpan)
            self.phase = .refusingSocket(scanner)
            // The client's own Close, or nonsense: in both cases it has nothing more to say.
            if outcome.stop != .none { self.close() }
        case .lingering, .closed:
            break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch self.phase {
        case .relaying(let relay):
            relay.readBurstEnded(.client)
        case .http:
            self.ownExchange?.flushUpstreamInTurn()
            self.flushInTurn()
        case .refusingSocket, .lingering, .closed:
            break
        }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        self.acceptsWrites = isWritable
        if !isWritable { self.watchWrites() } else if !self.awaitsFlush { self.writeWatch?.stop() }
        switch self.phase {
        case .relaying(let relay):
            relay.writabilityChanged(of: .client, isWritable: isWritable)
        case .http:
            self.ownExchange?.clientWritabilityChanged(isWritable)
            if isWritable {
                self.process()
                self.ownExchange?.flushUpstream()
                self.flush()
            }
        case .refusingSocket, .lingering, .closed:
            break
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { self.inputClosed() }
        if let source = event as? AnnouncedSource {
            self.identify(source.address.map { ClientAddress($0) } ?? ClientAddress(context.channel.remoteAddress))
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.vanish()
        context.fireChannelInactive()
    }

    /// Not all errors end what the client can read: one that ends TLS with a bare FIN may still wait for its answer.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.close() }

    /// Called again when a proxy has announced its client.
    private func identify(_ address: ClientAddress) {
        self.address = address
        self.peer = self.listener.peer(address.ip)
        self.forwarded = ForwardedOpening()
        self.allowance.leave(self.worker)
        self.allowance.connect(self.peer, worker: self.worker)
        // A connection too many is told so once it asks for something, which it had better do soon.
        if self.allowance.secondsToWait != nil { self.arm(.head, after: Self.lingerTime) }
    }

    /// After how many seconds the client may ask again, when it has asked too often. `vetted` is whom a trusted proxy named.
    func secondsToWait(_ vetted: VettedSender?) -> Int? {
        self.allowance.secondsToWait(vetted, self.peer, worker: self.worker)
    }

    /// Whether the connection itself was one too many.
    var isTooMany: Bool { self.allowance.secondsToWait != nil }

    /// What is said upstream about where the requests of this connection come from.
    func refreshForwarded() { self.forwarded.update(self.worker.snapshot.policy, self.peer) }

    /// The client will send nothing more. Requests that are complete are still answered.
    private func inputClosed() {
        self.inputIsClosed = true
        switch self.phase {
        case .relaying(let relay):
            relay.closed(by: .client)
        case .http where self.exchange.isIdle:
            // Nothing is under way, or only a part of a head.
            self.endConnection()
        case .http where self.isReadingBody && self.exchange.acceptsRequestBody:
            // All that came has been taken, and the body is not complete.
            self.close()
        case .http:
            if !self.isReadingBody { self.arm(.halfClosed, after: Self.halfClosedTime) }
        case .refusingSocket:
            self.close()
        case .lingering:
            // Once the answer has gone out; that it has, closes.
            break
        case .closed:
            break
        }
    }

    private func vanish() {
        guard self.context != nil else { return }
        self.context = nil
        self.worker.wheel.cancel(self)
        self.allowance.leave(self.worker)
        self.writeWatch?.stop()
        self.writeWatch = nil
        let phase = self.phase
        self.phase = .closed
        switch phase {
        case .relaying(let relay): relay.closed(by: .client)
        case .http: self.ownExchange?.clientVanished()
        case .refusingSocket, .lingering, .closed: break
        }
        self.ownExchange = nil
        self.ownReading = nil
        self.inbound = ByteBuffer()
        self.outbound = ByteBuffer()
        self.worker.clientDisconnected(self)
    }

    // MARK: Requests

    /// Takes as much out of `inbound` as can be taken now.
    private func process() {
        guard !self.isProcessing else { return }
        self.isProcessing = true
        while case .http = self.phase, !self.isClosing, self.processOne() {}
        self.isProcessing = false
    }

    /// Returns whether there may be more to take.
    private func processOne() -> Bool {
        do throws(HTTPViolation) {
            if self.isReadingBody { return try self.takeBody() }
            guard self.exchange.isIdle else {
                // A pipelined request waits here; what comes behind it waits in the kernel.
                if self.inbound.readableBytes > 0 { self.gate.pause() }
                return false
            }
            // Own answers wait in `outbound`, where back pressure does not see them.
            if self.outbound.readableBytes > Self.unflushedAnswers { self.flush() }
            guard self.isWritable else {
                self.gate.pause()
                return false
            }
            return try self.takeHead()
        } catch {
            self.refuse(.violation(error))
            return false
        }
    }

    private func takeHead() throws(HTTPViolation) -> Bool {
        guard self.inbound.readableBytes > 0 else {
            self.inbound = ByteBuffer()
            self.resumeReading()
            return false
        }
        let reading = self.reading
        guard try reading.parser.parse(self.inbound) == .complete else {
            self.resumeReading()
            if self.inputIsClosed {
                self.endConnection()
            } else if self.deadlineKind != .head {
                self.arm(.head, after: self.worker.snapshot.timeouts.head)
            }
            return false
        }
        self.disarm()
        let block = self.inbound
        let decision = self.exchange.admit(&reading.parser.head, block: block.readableBytesSpan)
        self.minorVersion = reading.parser.head.minorVersion
        self.keepsAlive = reading.parser.head.keepsAlive && !self.worker.isDraining && !self.exchange.isLastOfConnection
        let framing = reading.parser.head.framing
        let bodyFollows = framing != .none
        reading.decoder = bodyFollows ? HTTPBodyDecoder(framing: framing) : nil
        self.owesContinue = reading.parser.head.expectsContinue && bodyFollows
        self.inbound.moveReaderIndex(forwardBy: reading.parser.head.blockLength)
        reading.parser.reset()
        if case .length(let length) = framing, let limit = self.worker.snapshot.bodyLimit, length > limit {
            self.keepsAlive = false
            self.exchange.start(.answer(.bodyTooLarge), bodyFollows: true)
        } else {
            self.exchange.start(decision, bodyFollows: bodyFollows)
        }
        return true
    }

    private func takeBody() throws(HTTPViolation) -> Bool {
        guard self.exchange.acceptsRequestBody else {
            self.gate.pause()
            return false
        }
        let reading = self.reading
        switch try reading.decoder?.next(&self.inbound) {
        case .data(let piece):
            if let limit = self.worker.snapshot.bodyLimit, let decoder = reading.decoder, decoder.consumed > limit {
                self.refuse(.bodyTooLarge)
                return false
            }
            self.exchange.requestBody(piece)
            return true
        case .end:
            reading.decoder = nil
            self.disarm()
            self.exchange.requestEnded()
            if self.exchange.isIdle {
                self.exchangeEnded()
            } else if self.inputIsClosed {
                self.arm(.halfClosed, after: Self.halfClosedTime)
            }
            return true
        case .needsMore, nil:
            guard !self.inputIsClosed else {
                self.close()
                return false
            }
            self.arm(.bodyIdle, after: self.worker.snapshot.timeouts.bodyIdle)
            return false
        }
    }

    /// The exchange can take the request body now.
    func requestBodyIsWanted() {
        if self.owesContinue {
            self.owesContinue = false
            if self.inbound.readableBytes == 0 { self.writeContinue() }
        }
        self.resumeReading()
        // Called while the request's head is being taken: what follows it is taken, and flushed, by who takes it.
        guard !self.isProcessing else { return }
        self.process()
        // Not `exchange`: the connection may have ended, and would begin another one.
        self.ownExchange?.flushUpstream()
    }

    /// The response is complete (the request may not be).
    func exchangeEnded() {
        guard case .http = self.phase else { return }
        // A client that was refused instead of told to continue may or may not send its body (RFC 9110 section 10.1.1).
        let nothingFollows = self.inputIsClosed && !self.isReadingBody && self.inbound.readableBytes == 0
        if self.owesContinue || !self.keepsAlive || nothingFollows || self.worker.isDraining {
            self.endConnection()
            return
        }
        self.resumeReading()
        if !self.isReadingBody, self.inbound.readableBytes == 0 {
            self.inbound = ByteBuffer()
            self.arm(.keepAlive, after: self.worker.snapshot.timeouts.keepAlive)
        } else {
            self.process()
        }
    }

    /// Answers what cannot be read any further, and ends the connection.
    private func refuse(_ answer: GatewayAnswer) {
        self.inbound = ByteBuffer()
        self.endBody()
        self.keepsAlive = false
        self.exchange.refuseUnreadable(answer)
        self.flush()
    }

    // MARK: Reading

    var isWritable: Bool { self.acceptsWrites && self.context != nil }

    func pauseReading() { self.gate.pause() }

    func resumeReading() {
        if self.gate.resume() { self.context?.read() }
    }

    // MARK: Writing

    func write(_ buffer: ByteBuffer) {
        guard let context = self.context else { return }
        context.write(self.wrapOutboundOut(buffer), promise: nil)
        self.unflushed &+= buffer.readableBytes
    }

    /// Flushes once the loop has gone through what the kernel has for it.
    func flushInTurn() {
        self.worker.flushes.add(self, bytes: self.unflushed &+ self.outbound.readableBytes)
    }

    override func flush() {
        self.writeOutbound()
        guard self.unflushed > 0, let context = self.context else { return }
        self.unflushed = 0
        context.flush()
    }

    // MARK: Relaying

    /// From now on bytes are the relay's. Returns what the client sent behind its handshake.
    func switchToRelay(_ relay: Relay) -> ByteBuffer {
        let early = self.inbound
        self.phase = .relaying(relay)
        self.writeWatch?.stop()
        self.writeWatch = nil
        self.inbound = ByteBuffer()
        self.outbound = ByteBuffer()
        if let channel = self.context?.channel {
            relay.terms.plan.prepare(channel, of: .client)
            if self.outgrewBuffer, let options = channel.syncOptions { try? ReceiveBuffers.shrink(options) }
        }
        self.ownReading = nil
        self.forwarded = ForwardedOpening()
        self.ownExchange = nil
        self.ownRequestIDLine = nil
        self.disarm()
        return early
    }

    /// The client may have half-closed before it was a relay, and will not say so again.
    func afterSwitch() {
        self.resumeReading()
        guard self.inputIsClosed, case .relaying(let relay) = self.phase else { return }
        relay.closed(by: .client)
    }

    func leaveRelay() {
        if case .relaying = self.phase { self.phase = .closed }
    }

    // MARK: Deadlines

    override func deadlinePassed(now: NIODeadline) {
        let kind = self.deadlineKind
        self.deadlineKind = .none
        switch kind {
        case .keepAlive:
            // The client may still be reading the last response.
            self.endConnection()
        case .bodyIdle where self.gate.isPaused:
            // It is upstream that does not take more; its own timeout watches that.
            self.arm(.bodyIdle, after: self.worker.snapshot.timeouts.bodyIdle)
        case .head where self.inbound.readableBytes > 0, .bodyIdle:
            self.refuse(.requestTimeout)
        case .halfClosed where self.exchange.isResponding:
            // Bytes are flowing: if the client were gone, writing them would have failed.
            self.arm(.halfClosed, after: Self.halfClosedTime)
        case .halfClosed:
            self.refuse(.tooLateForHalfClosed)
        case .head, .linger:
            self.close()
        case .none:
            break
        }
    }
}
