import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Collects each request, asks the site, writes the answer.
final class DemoRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    static let bodyLimit = 64 * 1024

    private let service: DemoService
    /// Puts the handler that recognises WebSocket handshakes in front of this one. It removes itself after the first
    /// request that is none, so every request needs a fresh one.
    private let watchForHandshake: (DemoRequestHandler) -> Void
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(service: DemoService, watchForHandshake: @escaping (DemoRequestHandler) -> Void) {
        self.service = service
        self.watchForHandshake = watchForHandshake
    }

    func expectHandshake() {
        watchForHandshake(self)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var piece):
            guard let head else { return }
            guard body.readableBytes + piece.readableBytes <= Self.bodyLimit else {
                self.head = nil
                let tooLarge = DemoResponse.detail("Request body exceeded the limit.", status: .payloadTooLarge)
                return write(tooLarge, to: head, keepAlive: false, context: context)
            }
            body.writeBuffer(&piece)
        case .end:
            guard let head else { return }
            self.head = nil
            let request = DemoRequest(head: head, body: Array(body.readableBytesView))
            expectHandshake()
            // NIO's decoder reads no further requests after one that asked for an upgrade. ASGI servers close then, too.
            let keepAlive = head.isKeepAlive && !head.headers.contains(name: "Upgrade")
            write(service.respond(to: request), to: head, keepAlive: keepAlive, context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A handshake that was declined arrives here first and then as an ordinary request, which we answer.
        if !(error is NIOWebSocketUpgradeError) { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private func write(
        _ response: DemoResponse, to request: HTTPRequestHead, keepAlive: Bool, context: ChannelHandlerContext
    ) {
        var head = HTTPResponseHead(version: .http1_1, status: response.status, headers: response.headers)
        head.headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count))
        if !keepAlive { head.headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD && !response.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if !keepAlive {
            let bound = context.loopBound
            written.whenComplete { _ in bound.value.close(promise: nil) }
        }
    }
}
