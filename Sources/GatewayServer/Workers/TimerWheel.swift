import NIOCore

/// Something with one deadline in a worker's wheel. A base class, so that a connection *is* its timer and a deadline costs
/// no allocation and no NIO timer.
class WheelTimer {
    fileprivate(set) var deadline: NIODeadline?
    /// Whether the deadline has passed and nobody has armed or cancelled it since: another timer of the same tick may.
    fileprivate(set) var isDue = false
    fileprivate var slot = -1
    fileprivate var position = 0

    /// Called by the wheel, once, when the deadline has passed; the deadline is then gone.
    func deadlinePassed(now: NIODeadline) {}
}

/// Monotonic deadlines of one worker, a quarter of a second coarse.
///
/// A hashed wheel with lazy re-insertion: moving a deadline later only stores it, the entry is put where it belongs when
/// its old slot comes round. So re-arming on every read costs one store.
struct TimerWheel {
    static let tick: TimeAmount = .milliseconds(250)
    /// 1024 slots are 256 s; later deadlines wait in the last slot and move on.
    private static let slotCount = 1024

    private var slots: [ContiguousArray<WheelTimer>]
    private var currentTick: Int64
    private let start: NIODeadline

    init(now: NIODeadline) {
        self.slots = Array(repeating: [], count: Self.slotCount)
        self.start = now
        self.currentTick = 0
    }

    /// Sets or moves `timer`'s deadline.
    mutating func arm(_ timer: WheelTimer, at deadline: NIODeadline) {
        let earlier = timer.deadline.map { deadline < $0 } ?? true
        timer.deadline = deadline
        timer.isDue = false
        if timer.slot >= 0 {
            if !earlier { return }
            self.remove(timer)
        }
        self.insert(timer, at: deadline)
    }

    mutating func cancel(_ timer: WheelTimer) {
        timer.deadline = nil
        timer.isDue = false
        if timer.slot >= 0 { self.remove(timer) }
    }

    /// Fires every deadline up to `now`.
    mutating func advance(to now: NIODeadline) -> [WheelTimer] {
        let target = self.ticks(until: now)
        var due: [WheelTimer] = []
        // After a stall of more than a revolution every slot is looked at once.
        var remaining = min(target - self.currentTick, Int64(Self.slotCount))
        while remaining > 0 {
            remaining -= 1
            self.currentTick = target - remaining
            self.collect(slot: Int(self.currentTick % Int64(Self.slotCount)), now: now, into: &due)
        }
        return due
    }

    private mutating func collect(slot: Int, now: NIODeadline, into due: inout [WheelTimer]) {
        guard !self.slots[slot].isEmpty else { return }
        var entries: ContiguousArray<WheelTimer> = []
        swap(&entries, &self.slots[slot])
        for timer in entries {
            timer.slot = -1
            guard let deadline = timer.deadline else { continue }
            if deadline <= now {
                timer.deadline = nil
                timer.isDue = true
                due.append(timer)
            } else {
                self.insert(timer, at: deadline)
            }
        }
    }

    private mutating func insert(_ timer: WheelTimer, at deadline: NIODeadline) {
        let ahead = self.ticks(until: deadline) + 1 - self.currentTick
        let tick = self.currentTick + min(max(ahead, 1), Int64(Self.slotCount - 1))
        timer.slot = Int(tick % Int64(Self.slotCount))
        timer.position = self.slots[timer.slot].count
        self.slots[timer.slot].append(timer)
    }

    private mutating func remove(_ timer: WheelTimer) {
        let last = self.slots[timer.slot].count - 1
        if timer.position != last {
            self.slots[timer.slot].swapAt(timer.position, last)
            self.slots[timer.slot][timer.position].position = timer.position
        }
        self.slots[timer.slot].removeLast()
        timer.slot = -1
    }

    private func ticks(until deadline: NIODeadline) -> Int64 {
        max(0, (deadline - self.start).nanoseconds / Self.tick.nanoseconds)
    }
}
