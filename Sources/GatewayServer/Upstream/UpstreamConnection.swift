import GatewayMessage
import GatewayProtocol
import GatewaySettings
import NIOCore

/// One connection to an upstream: HTTP/1.1 responses in, request bytes out. It serves one exchange at a time, rests in its
/// pool between two, or becomes one half of a relay.
final class UpstreamConnection: FlushQueueEntry, ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let pool: UpstreamPool
    private let worker: Worker
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private var relay: Relay?
    /// Nil in a relay, which has no use for it.
    private var reading: ResponseReading?
    private var framing = BodyFraming.none
    private var requestMethod = RequestMethod.get
    private var inbound = ByteBuffer()
    private var gate = ReadGate()
    /// Small chunks composed for one write.
    private var outbound = ByteBuffer()
    /// Bytes that the channel was given since the last flush.
    private var unflushed = 0
    private var writeWatch: WriteWatch?
    /// As the channel said last.
    private var acceptsWrites = false
    /// The connection broke, rather than being ended by its server.
    private var hasFailed = false
    private var hasReceived = false
    private var inputIsClosed = false
    private(set) var isReused = false
    /// Whether the response under way allows another one after it.
    private var keepsAlive = false
    var idleSince = NIODeadline.uptimeNanoseconds(0)

    init(pool: UpstreamPool, worker: Worker) {
        self.pool = pool
        self.worker = worker
        self.reading = ResponseReading(worker.snapshot.responseLimits)
    }

    var isWritable: Bool { self.acceptsWrites && self.context != nil }
    var isOpen: Bool { self.context != nil && !self.inputIsClosed }

    // MARK: Serving an exchange

    /// Takes up an exchange; `head` is the whole request head as it goes on the wire.
    func begin(_ exchange: Exchange, method: RequestMethod, head: ByteBuffer) {
        self.exchange = exchange
        self.requestMethod = method
        self.hasReceived = false
        self.write(head)
    }

    func write(_ buffer: ByteBuffer) {
        self.writeOutbound()
        guard let context = self.context else { return }
        context.write(self.wrapOutboundOut(buffer), promise: nil)
        self.unflushed &+= buffer.readableBytes
    }

    /// The whole request has been handed over: from now on the response is waited for.
    func requestEnded() {
        guard self.exchange != nil, !self.isReadingBody else { return }
        self.worker.wheel.arm(self, at: self.worker.now + self.pool.definition.responseTimeout)
    }

    /// Small pieces are collected until the read burst that brings them is over.
    func writeChunk(_ piece: ByteBuffer) {
        if piece.readableBytes <= Self.copiedChunk {
            HTTPWriter.writeChunk(piece, into: &self.outbound)
            if self.outbound.readableBytes > Self.collectedChunks { self.writeOutbound() }
        } else {
            HTTPWriter.writeChunkHeader(piece.readableBytes, into: &self.outbound)
            self.write(piece)
            HTTPWriter.writeChunkEnd(into: &self.outbound)
        }
    }

    func writeLastChunk() {
        HTTPWriter.writeLastChunk(into: &self.outbound)
    }

    private static let copiedChunk = 16 << 10
    private static let collectedChunks = 32 << 10

    private func writeOutbound() {
        guard self.outbound.readableBytes > 0 else { return }
        let buffer = self.outbound
        self.outbound = ByteBuffer()
        self.write(buffer)
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

    func pauseReading() { self.gate.pause() }

    func resumeReading() {
        if self.gate.resume() { self.context?.read() }
    }

    /// Ends the exchange from the client's side: this connection is in the middle of something and can serve nobody else.
    func abandon() {
        self.exchange = nil
        self.close()
    }

    /// Takes leave of its exchange and serves a relay from now on. Returns what upstream sent behind its 101.
    func switchToRelay(_ relay: Relay) -> ByteBuffer {
        self.exchange = nil
        self.reading = nil
        self.relay = relay
        self.writeWatch?.stop()
        self.writeWatch = nil
        self.worker.wheel.cancel(self)
        if let channel = self.context?.channel { relay.terms.plan.prepare(channel, of: .upstream) }
        defer { self.inbound = ByteBuffer() }
        return self.inbound
    }

    func leaveRelay() { self.relay = nil }

    func close() {
        if self.awaitsTurn { self.flush() }
        self.worker.wheel.cancel(self)
        self.context?.close(promise: nil)
    }

    /// Closes once everything written has gone out.
    func closeAfterFlush() {
        guard let context = self.context else { return }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).whenComplete { _ in bound.value.close(promise: nil) }
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.acceptsWrites = context.channel.isWritable
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if self.gate.admit() { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = self.unwrapInboundIn(data)
        if let relay = self.relay {
            relay.received(buffer, from: .upstream)
            return
        }
        guard self.exchange != nil else {
            // Bytes nobody asked for: whatever they are, no request may be matched with them.
            self.worker.observation.upstreamFailed(self.pool.definition, .malformed("unexpected_bytes"))
            self.close()
            return
        }
        self.hasReceived = true
        if self.inbound.readableBytes > 0 {
            self.inbound.writeImmutableBuffer(buffer)
        } else {
            self.inbound = buffer
        }
        self.process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if let relay = self.relay {
            relay.readBurstEnded(.upstream)
        } else {
            self.exchange?.flushInTurn()
        }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        self.acceptsWrites = isWritable
        if isWritable { self.writeWatch?.stop() } else { self.watchWrites(context) }
        if let relay = self.relay {
            relay.writabilityChanged(of: .upstream, isWritable: isWritable)
        } else {
            self.exchange?.upstreamWritabilityChanged(isWritable)
        }
    }

    private func watchWrites(_ context: ChannelHandlerContext) {
        let watch =
            self.writeWatch
            ?? WriteWatch(context.channel, worker: self.worker, limit: self.patience) {
                [unowned self] in self.writeStalled()
            }
        self.writeWatch = watch
        watch.start()
    }

    /// How long the server may take nothing.
    private var patience: TimeAmount { self.relay?.terms.plan.slowConsumer ?? self.worker.snapshot.timeouts.writeStall }

    private func writeStalled() {
        if let relay = self.relay {
            relay.stalled(.upstream)
        } else if let exchange = self.exchange {
            self.fail(exchange, .timedOut)
        } else {
            self.close()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { self.inputClosed() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A server's own end of the stream is told before; a connection that just goes away is broken.
        if !self.inputIsClosed { self.hasFailed = true }
        self.inputClosed()
        self.context = nil
        self.worker.wheel.cancel(self)
        self.writeWatch?.stop()
        self.writeWatch = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.hasFailed = true
        context.close(promise: nil)
    }

    override func deadlinePassed(now: NIODeadline) {
        guard let exchange = self.exchange else {
            self.pool.forget(self)
            self.close()
            return
        }
        self.exchange = nil
        self.worker.observation.upstreamFailed(self.pool.definition, .timedOut)
        self.close()
        exchange.upstreamFailed(.timedOut, beforeAnyResponseByte: false)
        exchange.flush()
    }

    // MARK: Responses

    private func process() {
        while let exchange = self.exchange, let reading = self.reading,
            self.inbound.readableBytes > 0 || reading.decoder?.isAtEnd == true
        {
            let goesOn: Bool
            do throws(HTTPViolation) {
                goesOn =
                    try reading.decoder == nil ? self.takeHead(exchange, reading) : self.takeBody(exchange, reading)
            } catch {
                self.fail(exchange, .malformed(error.label))
                return
            }
            if !goesOn { return }
        }
    }

    /// Returns whether there may be more to take.
    private func takeHead(_ exchange: Exchange, _ reading: ResponseReading) throws(HTTPViolation) -> Bool {
        guard try reading.parser.parse(self.inbound, requestMethod: self.requestMethod) == .complete else {
            return false
        }
        let block = self.inbound
        let status = reading.parser.head.status
        self.inbound.moveReaderIndex(forwardBy: reading.parser.head.blockLength)
        if status == 101, exchange.isHandshake {
            if !exchange.switchingProtocols(reading.parser.head, block: block, over: self) {
                self.fail(exchange, .malformed("bad_handshake_answer"))
            }
            return false
        }
        if status >= 200 {
            self.framing = reading.parser.head.framing
            reading.decoder = HTTPBodyDecoder(framing: self.framing)
            self.keepsAlive = reading.parser.head.keepsAlive && !self.mayBeFollowedByAnUnwantedBody(reading.parser.head)
            self.armIdleTimeout()
        }
        let makesSense = exchange.responseHead(reading.parser.head, block: block)
        reading.parser.reset()
        guard makesSense else {
            self.fail(exchange, .malformed("unexpected_status"))
            return false
        }
        return self.exchange === exchange
    }

    /// Returns whether there may be more to take.
    private func takeBody(_ exchange: Exchange, _ reading: ResponseReading) throws(HTTPViolation) -> Bool {
        switch try reading.decoder?.next(&self.inbound) {
        case .data(let piece):
            self.armIdleTimeout()
            exchange.responseBody(piece)
            return self.exchange === exchange
        case .needsMore, nil:
            return false
        case .end:
            self.finish(exchange)
            return false
        }
    }

    private func finish(_ exchange: Exchange) {
        // Bytes behind the response belong to nobody: they must never be taken for the next one's answer.
        let isClean = self.keepsAlive && !self.inputIsClosed && self.inbound.readableBytes == 0
        self.exchange = nil
        self.reading?.decoder = nil
        self.inbound = ByteBuffer()
        self.worker.wheel.disarm(self)
        self.resumeReading()
        if exchange.responseEnded(), isClean {
            self.isReused = true
            self.pool.release(self)
        } else {
            self.close()
        }
        exchange.continueClient()
    }

    private func fail(_ exchange: Exchange, _ failure: UpstreamFailure) {
        self.exchange = nil
        self.close()
        self.worker.observation.upstreamFailed(self.pool.definition, failure)
        exchange.upstreamFailed(failure, beforeAnyResponseByte: !self.hasReceived)
        exchange.flush()
    }

    /// Upstream will send nothing more; perhaps both directions are gone.
    private func inputClosed() {
        guard !self.inputIsClosed else { return }
        self.inputIsClosed = true
        if let relay = self.relay {
            relay.closed(by: .upstream)
            return
        }
        guard let exchange = self.exchange else {
            self.pool.forget(self)
            self.close()
            return
        }
        if self.bodyEndsWithConnection, !self.hasFailed {
            self.finish(exchange)
        } else {
            self.fail(exchange, .vanished)
        }
    }

    /// A server that sends a body with its answer to HEAD sends it late, sometimes: as the next exchange's answer.
    private func mayBeFollowedByAnUnwantedBody(_ head: ResponseHead) -> Bool {
        guard self.requestMethod == .head else { return false }
        return head.first(.contentLength) != nil || head.first(.transferEncoding) != nil
    }

    private var isReadingBody: Bool { self.reading?.decoder != nil }
    private var bodyEndsWithConnection: Bool { self.isReadingBody && self.framing == .untilClose }

    // MARK: Deadlines

    private func armIdleTimeout() {
        guard let timeout = self.pool.definition.idleTimeout else {
            self.worker.wheel.disarm(self)
            return
        }
        self.worker.wheel.arm(self, at: self.worker.now + timeout)
    }
}

/// Why an upstream could not serve a request.
enum UpstreamFailure {
    case unreachable
    case connectTimedOut
    /// The connection ended before the response did.
    case vanished
    case timedOut
    /// What it sent is not HTTP/1.1.
    case malformed(StaticString)

    /// 504 when time ran out, 502 otherwise (RFC 9110 sections 15.6.3 and 15.6.5).
    var status: Int {
        switch self {
        case .timedOut, .connectTimedOut: 504
        case .unreachable, .vanished, .malformed: 502
        }
    }

    /// The word for logs and metrics.
    var label: StaticString {
        switch self {
        case .unreachable: "unreachable"
        case .connectTimedOut: "connect_timeout"
        case .vanished: "vanished"
        case .timedOut: "timeout"
        case .malformed(let rule): rule
        }
    }
}
