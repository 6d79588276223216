import NIOCore

/// Watches that a channel with bytes waiting gets rid of some of them: a peer that accepts nothing is not waited for.
///
/// A timer of its own, beside its connection's, because a peer can be late in both directions at once. Made when a channel
/// first fills up, which most never do.
final class WriteWatch: WheelTimer {
    private let channel: any Channel
    private let worker: Worker
    private let limit: TimeAmount
    private let stalled: () -> Void
    /// Bytes that waited when last looked at.
    private var waiting = 0

    /// `stalled` is called when for `limit` not one byte was taken.
    init(_ channel: any Channel, worker: Worker, limit: TimeAmount, stalled: @escaping () -> Void) {
        self.channel = channel
        self.worker = worker
        self.limit = limit
        self.stalled = stalled
    }

    func start() {
        guard self.deadline == nil else { return }
        self.waiting = Self.bytesWaiting(on: self.channel)
        self.worker.wheel.arm(self, at: self.worker.now + self.limit)
    }

    func stop() { self.worker.wheel.cancel(self) }

    override func deadlinePassed(now: NIODeadline) {
        let waiting = Self.bytesWaiting(on: self.channel)
        guard waiting > 0 else { return }
        // Who fills the channel is paused while it is full, so fewer bytes mean that some were taken.
        guard waiting >= self.waiting else {
            self.waiting = waiting
            self.worker.wheel.arm(self, at: now + self.limit)
            return
        }
        self.stalled()
    }

    static func bytesWaiting(on channel: any Channel) -> Int {
        (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
