import GatewayMessage
import GatewayProtocol
import NIOCore

/// Reads the PROXY protocol header in front of a connection, tells the handler behind it who the client is, and leaves the
/// pipeline. Only in the pipelines of listeners that ask for it, and only for peers that are listed there.
///
/// Behind it nothing has begun yet: not TLS either, whose bytes come after the header.
final class ProxyProtocolHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let worker: Worker
    private var parser = ProxyHeaderParser()
    private var received = ByteBuffer()
    private var isDone = false

    init(worker: Worker) { self.worker = worker }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = self.unwrapInboundIn(data)
        guard !self.isDone else {
            context.fireChannelRead(self.wrapInboundOut(buffer))
            return
        }
        self.received.writeImmutableBuffer(buffer)
        do throws(ProxyHeaderProblem) {
            guard case .complete(let source, _) = try self.parser.parse(&self.received) else { return }
            self.finish(context, source)
        } catch {
            self.isDone = true
            self.worker.observation.proxyHeaderRefused(error)
            context.close(promise: nil)
        }
    }

    private func finish(_ context: ChannelHandlerContext, _ source: IPAddress?) {
        self.isDone = true
        context.fireUserInboundEventTriggered(AnnouncedSource(address: source))
        if self.received.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(self.received))
            context.fireChannelReadComplete()
        }
        self.received = ByteBuffer()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

/// The PROXY header has been read. Without an address the peer speaks for itself.
struct AnnouncedSource: Sendable {
    let address: IPAddress?
}
