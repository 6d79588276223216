import NIOCore
import NIOWebSocket

/// Puts a client's frames together into messages, strictly by RFC 6455 and within a size limit.
struct MessageAssembler {
    enum Outcome: Equatable {
        case incomplete
        case text(String)
        case binary
        case violation(WebSocketErrorCode)
    }

    static let sizeLimit = 16 * 1024

    private var isText = false
    private var collected: ByteBuffer?

    mutating func receive(_ frame: WebSocketFrame) -> Outcome {
        // Section 5.1: a client masks every frame. Section 5.2: reserved bits need an extension, and we accept none.
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return .violation(.protocolError) }
        var data = frame.unmaskedData
        switch frame.opcode {
        case .text, .binary:
            guard collected == nil else { return .violation(.protocolError) }
            isText = frame.opcode == .text
            collected = data
        case .continuation:
            guard collected != nil else { return .violation(.protocolError) }
            collected?.writeBuffer(&data)
        default: return .violation(.protocolError)
        }
        guard (collected?.readableBytes ?? 0) <= Self.sizeLimit else { return .violation(.messageTooLarge) }
        return frame.fin ? finish() : .incomplete
    }

    private mutating func finish() -> Outcome {
        let message = collected ?? ByteBuffer()
        collected = nil
        guard isText else { return .binary }
        guard let text = String(validating: message.readableBytesView, as: UTF8.self) else {
            return .violation(.dataInconsistentWithMessage)
        }
        return .text(text)
    }
}
