import NIOCore
import NIOWebSocket
import Testing

@testable import ChatDemo

@Suite struct MessageAssemblerTests {
    private var assembler = MessageAssembler()

    private func frame(
        _ opcode: WebSocketOpcode, _ bytes: [UInt8], fin: Bool = true, masked: Bool = true
    ) -> WebSocketFrame {
        let key = WebSocketMaskingKey([1, 2, 3, 4])
        var data = ByteBuffer(bytes: bytes)
        if masked, let key { data.webSocketMask(key) }
        return WebSocketFrame(fin: fin, opcode: opcode, maskKey: masked ? key : nil, data: data)
    }

    @Test mutating func text_isWhole_whenItComesInFragments() {
        #expect(assembler.receive(frame(.text, [0xC3], fin: false)) == .incomplete)
        #expect(assembler.receive(frame(.continuation, [], fin: false)) == .incomplete)
        #expect(assembler.receive(frame(.continuation, [0xA9])) == .text("é"))
        #expect(assembler.receive(frame(.text, [0x61])) == .text("a"))
    }

    @Test mutating func message_isBinary_whateverItHolds() {
        #expect(assembler.receive(frame(.binary, [0xFF])) == .binary)
    }

    @Test mutating func text_isAViolation_whenNotUTF8() {
        #expect(assembler.receive(frame(.text, [0xC3])) == .violation(.dataInconsistentWithMessage))
    }

    @Test mutating func frame_isAViolation_whenNotMasked() {
        #expect(assembler.receive(frame(.text, [0x61], masked: false)) == .violation(.protocolError))
    }

    @Test mutating func continuation_isAViolation_whenNothingBegan() {
        #expect(assembler.receive(frame(.continuation, [0x61])) == .violation(.protocolError))
    }

    @Test mutating func text_isAViolation_whenAnotherMessageIsOpen() {
        _ = assembler.receive(frame(.text, [0x61], fin: false))
        #expect(assembler.receive(frame(.text, [0x61])) == .violation(.protocolError))
    }

    @Test mutating func message_isAViolation_whenItsFragmentsGrowTooLarge() {
        let half = [UInt8](repeating: 0x61, count: MessageAssembler.sizeLimit / 2)
        #expect(assembler.receive(frame(.text, half, fin: false)) == .incomplete)
        #expect(assembler.receive(frame(.continuation, half, fin: false)) == .incomplete)
        #expect(assembler.receive(frame(.continuation, [0x61])) == .violation(.messageTooLarge))
    }
}
