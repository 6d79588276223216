import NIOCore

/// Something with one deadline in a worker's wheel. A base class, so that a connection *is* its timer and a deadline costs
/// no allocation and no NIO timer.
class WheelTimer {
    fileprivate(set) var deadline: NIODeadline?
    /// Whether the deadline has passed and nobody has armed or cancelled it since: another timer of the same tick may.
    fileprivate(set) var isDue = false
    /// The tick whose slot it waits in; negative when it waits nowhere.
    fileprivate var tick: Int64 = -1
    fileprivate var position = 0

    /// Called by the wheel, once, when the deadline has passed; the deadline is then gone.
    func deadlinePassed(now: NIODeadline) {}
}

/// Monotonic deadlines of one worker, a quarter of a second coarse.
///
/// A hashed wheel with lazy re-insertion: as long as an entry's slot comes round before its deadline, moving or dropping
/// the deadline only stores it, and the entry is put where it belongs when that slot is looked at. So the deadlines of a
/// request, several on each of its connections, cost a store each.
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
        timer.deadline = deadline
        timer.isDue = false
        if timer.tick >= 0 {
            if self.time(of: timer.tick) <= deadline { return }
            self.remove(timer)
        }
        self.insert(timer, at: deadline)
    }

    /// Drops the deadline of a timer that will be armed again: the wheel may hold it until its slot comes round.
    func disarm(_ timer: WheelTimer) {
        timer.deadline = nil
        timer.isDue = false
    }

    /// Drops the deadline and every reference to the timer.
    mutating func cancel(_ timer: WheelTimer) {
        self.disarm(timer)
        if timer.tick >= 0 { self.remove(timer) }
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
            timer.tick = -1
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
        timer.tick = self.currentTick + min(max(ahead, 1), Int64(Self.slotCount - 1))
        let slot = Self.slot(timer.tick)
        timer.position = self.slots[slot].count
        self.slots[slot].append(timer)
    }

    private mutating func remove(_ timer: WheelTimer) {
        let slot = Self.slot(timer.tick)
        let last = self.slots[slot].count - 1
        if timer.position != last {
            self.slots[slot].swapAt(timer.position, last)
            self.slots[slot][timer.position].position = timer.position
        }
        self.slots[slot].removeLast()
        timer.tick = -1
    }

    private static func slot(_ tick: Int64) -> Int { Int(tick % Int64(Self.slotCount)) }

    private func time(of tick: Int64) -> NIODeadline { self.start + .nanoseconds(tick * Self.tick.nanoseconds) }

    private func ticks(until deadline: NIODeadline) -> Int64 {
        max(0, (deadline - self.start).nanoseconds / Self.tick.nanoseconds)
    }
}
