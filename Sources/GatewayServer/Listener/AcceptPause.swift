import Glibc
import NIOCore

/// Stops accepting for a moment when the process is out of descriptors or memory. The listening socket stays readable
/// then, so without a pause its loop would do nothing but fail to accept.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private static let pause = TimeAmount.milliseconds(250)
    private var isPaused = false

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.passes(error.errnoCode), !self.isPaused else { return }
        self.isPaused = true
        let channel = context.channel
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            bound.value.isPaused = false
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    private static func passes(_ error: CInt) -> Bool {
        switch error {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
        default: false
        }
    }
}
