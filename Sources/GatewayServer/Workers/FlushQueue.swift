import NIOCore

/// A connection that can wait for its turn to be flushed.
class FlushQueueEntry: WheelTimer {
    fileprivate(set) var awaitsTurn = false

    /// Hands everything written to the kernel.
    func flush() {}
}

/// Connections that were written to while the loop went through what the kernel had for it, flushed together behind it.
///
/// Writing wakes the process at the other end. Written one by one, between reads, small messages let that process fall
/// asleep again each time; together they cost it, and the kernel on our side, one wake-up. It also keeps the code of reading
/// and that of writing in the caches in turn. Nobody waits longer than for `limit` reads.
final class FlushQueue {
    private static let limit = 32
    /// From so many bytes on a wake-up costs little beside the bytes. They go at once, while they are in the cache, and
    /// before their connection counts as one that is full.
    private static let large = 8 << 10

    private let eventLoop: any EventLoop
    private var waiting: ContiguousArray<FlushQueueEntry> = []
    private var isScheduled = false
    /// Made once: a closure for each turn of the loop would be an allocation for each. It keeps the queue, which lives as
    /// long as its loop.
    private var turn: @Sendable () -> Void = {}

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        self.turn = {
            bound.value.isScheduled = false
            bound.value.flush()
        }
    }

    /// To be called where a burst of reads ends. `bytes` is how much has been written to `entry`.
    func add(_ entry: FlushQueueEntry, bytes: Int) {
        guard bytes < Self.large else {
            entry.flush()
            return
        }
        guard bytes > 0, !entry.awaitsTurn else { return }
        entry.awaitsTurn = true
        self.waiting.append(entry)
        if self.waiting.count >= Self.limit {
            self.flush()
        } else if !self.isScheduled {
            // Tasks run once all events of this turn of the loop are handled.
            self.isScheduled = true
            self.eventLoop.execute(self.turn)
        }
    }

    private func flush() {
        var batch = ContiguousArray<FlushQueueEntry>()
        swap(&batch, &self.waiting)
        for entry in batch {
            entry.awaitsTurn = false
            entry.flush()
        }
        batch.removeAll(keepingCapacity: true)
        // A flush that fails ends connections, and others may have been written to for that.
        if self.waiting.isEmpty { swap(&batch, &self.waiting) }
    }
}
