import NIOEmbedded
import Testing

@testable import GatewayServer

@Suite struct FlushQueueTests {
    private final class Entry: FlushQueueEntry {
        var flushes = 0
        var whenFlushed: () -> Void = {}

        override func flush() {
            self.flushes += 1
            self.whenFlushed()
        }
    }

    private let loop = EmbeddedEventLoop()

    @Test func flushesOnceTheLoopHasHandledItsEvents() {
        let queue = FlushQueue(eventLoop: self.loop)
        let entries = [Entry(), Entry()]
        for entry in entries + entries { queue.add(entry, bytes: 1) }
        #expect(entries.map(\.flushes) == [0, 0])
        self.loop.run()
        #expect(entries.map(\.flushes) == [1, 1])
        self.loop.run()
        #expect(entries.map(\.flushes) == [1, 1])
        queue.add(entries[1], bytes: 1)
        self.loop.run()
        #expect(entries.map(\.flushes) == [1, 2])
    }

    @Test func nobodyWaitsForMoreThanThirtyTwoReads() {
        let queue = FlushQueue(eventLoop: self.loop)
        let entries = (0..<33).map { _ in Entry() }
        for entry in entries.prefix(31) { queue.add(entry, bytes: 1) }
        #expect(entries.allSatisfy { $0.flushes == 0 })
        queue.add(entries[31], bytes: 1)
        #expect(entries.prefix(32).allSatisfy { $0.flushes == 1 })
        queue.add(entries[32], bytes: 1)
        #expect(entries[32].flushes == 0)
        self.loop.run()
        #expect(entries.allSatisfy { $0.flushes == 1 })
    }

    @Test func muchIsFlushedAtOnce_andNothingNever() {
        let queue = FlushQueue(eventLoop: self.loop)
        let entries = [Entry(), Entry()]
        queue.add(entries[0], bytes: 8192)
        queue.add(entries[1], bytes: 0)
        #expect(entries.map(\.flushes) == [1, 0])
        self.loop.run()
        #expect(entries.map(\.flushes) == [1, 0])
    }

    @Test func whatAFlushMakesOthersWriteIsFlushedToo() {
        let queue = FlushQueue(eventLoop: self.loop)
        let entries = (0..<80).map { _ in Entry() }
        entries[0].whenFlushed = { for entry in entries.dropFirst() { queue.add(entry, bytes: 1) } }
        queue.add(entries[0], bytes: 1)
        self.loop.run()
        #expect(entries.allSatisfy { $0.flushes == 1 && !$0.awaitsTurn })
    }
}
