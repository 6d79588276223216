package import NIOCore

/// Writes the frames that the gateway injects into a relayed stream. Frames for the upstream are masked, as
/// every frame of a client must be; frames for the client are not (RFC 6455 section 5.1).
package enum WebSocketFrameWriter {
    package static let longestControlPayload = 125

    package static func writeClose(_ close: WebSocketClose, maskKey: UInt32? = nil, into out: inout ByteBuffer) {
        var payload: [UInt8] = []
        if let code = close.code {
            payload.reserveCapacity(2 + close.reason.count)
            payload.append(UInt8(truncatingIfNeeded: code >> 8))
            payload.append(UInt8(truncatingIfNeeded: code))
            payload.append(contentsOf: close.reason)
        }
        self.writeControl(.close, payload, maskKey: maskKey, into: &out)
    }

    package static func writePing(_ payload: [UInt8], maskKey: UInt32? = nil, into out: inout ByteBuffer) {
        self.writeControl(.ping, payload, maskKey: maskKey, into: &out)
    }

    package static func writePong(_ payload: [UInt8], maskKey: UInt32? = nil, into out: inout ByteBuffer) {
        self.writeControl(.pong, payload, maskKey: maskKey, into: &out)
    }

    /// A whole text message for the client. RSV1 is 0, so it is taken as it is, and no decompressor's window moves, also where
    /// permessage-deflate was agreed on (RFC 7692 section 6).
    package static func writeText(_ text: [UInt8], into out: inout ByteBuffer) {
        out.writeInteger(0x81 as UInt8)
        switch text.count {
        case ..<126:
            out.writeInteger(UInt8(truncatingIfNeeded: text.count))
        case ..<65536:
            out.writeInteger(126 as UInt8)
            out.writeInteger(UInt16(truncatingIfNeeded: text.count))
        default:
            out.writeInteger(127 as UInt8)
            out.writeInteger(UInt64(text.count))
        }
        out.writeBytes(text)
    }

    private enum ControlOpcode: UInt8 {
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    private static func writeControl(
        _ opcode: ControlOpcode,
        _ payload: [UInt8],
        maskKey: UInt32?,
        into out: inout ByteBuffer
    ) {
        let payload = payload.prefix(self.longestControlPayload)
        let length = UInt8(truncatingIfNeeded: payload.count)
        out.writeInteger(0x80 | opcode.rawValue)
        guard let maskKey else {
            out.writeInteger(length)
            out.writeBytes(payload)
            return
        }
        out.writeInteger(0x80 | length)
        out.writeInteger(maskKey)
        for (index, byte) in payload.enumerated() {
            out.writeInteger(byte ^ UInt8(truncatingIfNeeded: maskKey >> (24 - 8 * UInt32(index % 4))))
        }
    }
}
