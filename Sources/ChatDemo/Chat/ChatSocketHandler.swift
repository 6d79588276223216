import NIOCore
import NIOWebSocket

/// One accepted chat socket: frames in, frames out. What they mean is the room's business.
final class ChatSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let hub: ChatHub
    private let user: DemoDirectory.User
    private let room: DemoDirectory.Room
    private var id: ChatRoom.SocketID?
    private var context: ChannelHandlerContext?
    private var assembler = MessageAssembler()
    private var isClosing = false
    private var awaitsPong = false

    init(hub: ChatHub, user: DemoDirectory.User, room: DemoDirectory.Room) {
        self.hub = hub
        self.user = user
        self.room = room
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        id = hub.join(self, user: user, room: room)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return finishClosing(unwrapInboundIn(data), context: context) }
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .connectionClose: answerClose(frame, context: context)
        case .ping: write(.pong, frame.unmaskedData)
        case .pong: awaitsPong = false
        default: receive(frame)
        }
    }

    /// NIO answers frames that break the protocol and closes; anything else that fails ends here.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if !(error is NIOWebSocketError) { context.close(promise: nil) }
    }

    func send(_ text: ByteBuffer) {
        guard let context, !isClosing else { return }
        guard context.channel.isWritable else {
            // The reader does not keep up. Not from within this call: leaving tells the others, who may be slow too.
            context.eventLoop.assumeIsolated().execute { self.close(.unknown(1013), reason: "too slow to read along") }
            return
        }
        write(.text, text)
    }

    func ping() {
        guard let context, !isClosing else { return }
        guard !awaitsPong else { return context.close(promise: nil) }
        awaitsPong = true
        write(.ping, ByteBuffer())
    }

    func close(_ code: WebSocketErrorCode, reason: String) {
        guard let context, !isClosing else { return }
        var body = ByteBuffer()
        body.write(webSocketErrorCode: code)
        body.writeString(reason)
        write(.connectionClose, body)
        isClosing = true
        leave()
        // The peer has a moment to answer.
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(2)) { self.context?.close(promise: nil) }
    }

    private func receive(_ frame: WebSocketFrame) {
        guard let id else { return }
        switch assembler.receive(frame) {
        case .incomplete: break
        case .text(let text): hub.receive(text, from: id)
        case .binary: hub.receive("", from: id)
        case .violation(let code): close(code, reason: "")
        }
    }

    private func answerClose(_ frame: WebSocketFrame, context: ChannelHandlerContext) {
        var body = frame.unmaskedData
        let code = body.readInteger(as: UInt16.self)
        let isValid = code.map(Self.isWireCode) ?? (body.readableBytes == 0)
        isClosing = true
        leave()
        var answer = ByteBuffer()
        if let code {
            answer.writeInteger(isValid ? code : 1002)
        } else if !isValid {
            answer.writeInteger(UInt16(1002))
        }
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: answer)
        let bound = context.loopBound
        context.writeAndFlush(wrapOutboundOut(frame)).whenComplete { _ in bound.value.close(promise: nil) }
    }

    private func finishClosing(_ frame: WebSocketFrame, context: ChannelHandlerContext) {
        if frame.opcode == .connectionClose { context.close(promise: nil) }
    }

    private func leave() {
        guard let left = id else { return }
        id = nil
        hub.leave(left)
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        guard let context else { return }
        let frame = WebSocketFrame(fin: true, opcode: opcode, data: data)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    /// Codes that may stand in a frame (RFC 6455 section 7.4).
    private static func isWireCode(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
