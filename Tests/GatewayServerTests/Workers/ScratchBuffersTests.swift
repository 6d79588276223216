import NIOCore
import Testing

@testable import GatewayServer

@Suite struct ScratchBuffersTests {
    @Test func keepsAsManyAsWereUsedAtOnce() {
        var scratch = ScratchBuffers()
        for _ in 0..<3 { scratch.give(ByteBuffer(repeating: 1, count: 4096)) }
        let taken = (0..<4).map { _ in scratch.take() }
        #expect(taken.map { $0.capacity >= 4096 } == [true, true, true, false])
        #expect(taken.allSatisfy { $0.readableBytes == 0 })
    }

    @Test func whatIsStillOnItsWayIsNotWrittenOver() {
        var scratch = ScratchBuffers()
        let sent = ByteBuffer(string: "first")
        scratch.give(sent)
        var taken = scratch.take()
        taken.writeString("other")
        #expect(String(buffer: sent) == "first")
    }

    @Test func keepsNeitherLargeOnesNorTooMany() {
        var scratch = ScratchBuffers()
        scratch.give(ByteBuffer(repeating: 1, count: 100_000))
        #expect(scratch.take().capacity == 0)
        for _ in 0..<20 { scratch.give(ByteBuffer(repeating: 1, count: 65_536)) }
        #expect((0..<20).map { _ in scratch.take() }.count { $0.capacity > 0 } == 4)
    }
}
