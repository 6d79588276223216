internal import NIOCore
internal import NIOHTTP1

/// Answers the requests of one admin connection, one after the other. Confined to its loop.
///
/// A connection has a deadline at any time: for the request to arrive, for the answer to be taken, for the next request.
final class AdminHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let sources: AdminSources
    private let limits: AdminLimits
    private var request: HTTPRequestHead?
    private var bodyBytes = 0
    private var answersUnderWay = 0
    private var isIdle = false
    private var deadline: Scheduled<Void>?

    init(sources: AdminSources, limits: AdminLimits) {
        self.sources = sources
        self.limits = limits
    }

    func channelActive(context: ChannelHandlerContext) {
        self.setDeadline(self.limits.request, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        self.deadline = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is AdminBytesArrived else { return context.fireUserInboundEventTriggered(event) }
        // The first bytes of a request set its deadline, the others must not move it.
        if self.isIdle {
            self.isIdle = false
            self.setDeadline(self.limits.request, context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.request = head
            self.bodyBytes = 0
        case .body(let bytes):
            self.bodyBytes += bytes.readableBytes
            if self.bodyBytes > self.limits.body { context.close(promise: nil) }
        case .end:
            guard let request = self.request else { return }
            self.request = nil
            // A client that sends requests in a row without reading the answers would fill our memory with them.
            guard context.channel.isWritable else { return context.close(promise: nil) }
            self.isIdle = false
            self.answersUnderWay += 1
            self.setDeadline(self.limits.answer, context)
            self.answer(request, context)
        }
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        switch AdminEndpoint.find(method: request.method.rawValue, target: request.uri) {
        case .live: self.send(.live, to: request, context)
        case .ready:
            self.send(
                .ready(reasonNotReady: self.sources.readiness(), warnings: self.sources.warnings()), to: request,
                context)
        case .refused(let answer): self.send(answer, to: request, context)
        case .metrics: self.gatherMetrics(for: request, context)
        }
    }

    private func gatherMetrics(for request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let promise = context.eventLoop.makePromise(of: AdminAnswer.self)
        let gather = self.sources.metrics
        // Gathering asks every loop and rendering takes a while: both happen off the loop.
        promise.completeWithTask { .metrics(try await gather()) }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        promise.futureResult.whenComplete { result in
            let (handler, context) = bound.value
            switch result {
            case .success(let answer): handler.send(answer, to: request, context)
            case .failure: handler.send(.metricsUnavailable, to: request, context)
            }
        }
    }

    private func send(_ answer: AdminAnswer, to request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let keepsAlive = request.isKeepAlive
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: answer.contentType)
        headers.add(name: "content-length", value: "\(answer.body.count)")
        headers.add(name: "cache-control", value: "no-store")
        headers.add(name: "x-content-type-options", value: "nosniff")
        if let allow = answer.allow { headers.add(name: "allow", value: allow) }
        if !keepsAlive {
            headers.add(name: "connection", value: "close")
        } else if request.version.minor == 0 {
            headers.add(name: "connection", value: "keep-alive")
        }
        let status = HTTPResponseStatus(statusCode: answer.status)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD {
            context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        }
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { result in
            let (handler, context) = bound.value
            guard case .success = result, keepsAlive else { return context.close(promise: nil) }
            handler.answerSent(context)
        }
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: sent)
    }

    private func answerSent(_ context: ChannelHandlerContext) {
        self.answersUnderWay -= 1
        // The next request may have come before this answer had left.
        guard self.answersUnderWay == 0 else { return }
        self.isIdle = true
        self.setDeadline(self.limits.idle, context)
    }

    private func setDeadline(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        let channel = context.channel
        self.deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}

/// Tells the handler behind the HTTP decoder that a request has begun to arrive.
struct AdminBytesArrived: Sendable {}

/// Stands before the HTTP decoder, which tells of a request only when its head is complete.
final class AdminArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireUserInboundEventTriggered(AdminBytesArrived())
        context.fireChannelRead(data)
    }
}
