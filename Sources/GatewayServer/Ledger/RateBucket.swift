import GatewaySettings
import Synchronization

/// A token bucket as one number, the time at which it will be full again (the generic cell rate algorithm of ATM's traffic
/// management): to take a token moves that time by one interval, and nothing has to be refilled. Shared by all workers
/// without a lock.
final class RateBucket: Sendable {
    /// Monotonic nanoseconds.
    private let fullAt = Atomic<Int64>(.min)

    /// Takes a token at `now`, in monotonic nanoseconds. Returns nil, or after how many seconds to try again.
    func take(_ rate: RateSettings, now: Int64) -> Int? {
        let (interval, room) = Self.spans(rate)
        let latest = now &+ room
        while true {
            let current = self.fullAt.load(ordering: .relaxed)
            let next = max(current, now) &+ interval
            if next > latest {
                // Rounded up: who comes back then gets one.
                return Int(clamping: (next &- latest &+ 999_999_999) / 1_000_000_000)
            }
            if self.fullAt.compareExchange(expected: current, desired: next, ordering: .relaxed).exchanged {
                return nil
            }
        }
    }

    /// When the next token can be taken; before that, none.
    func nextTime(_ rate: RateSettings) -> Int64 {
        let (interval, room) = Self.spans(rate)
        let next = self.fullAt.load(ordering: .relaxed).subtractingReportingOverflow(room &- interval)
        return next.overflow ? .min : next.partialValue
    }

    /// How long one token takes to come back, and how long all of them do.
    private static func spans(_ rate: RateSettings) -> (interval: Int64, room: Int64) {
        let interval = max(1, 1_000_000_000 / Int64(max(1, rate.perSecond)))
        let room = interval.multipliedReportingOverflow(by: Int64(max(1, rate.burst)))
        return (interval, room.overflow ? .max / 2 : min(room.partialValue, .max / 2))
    }

    /// A full bucket is as good as a new one.
    func isFull(now: Int64) -> Bool { self.fullAt.load(ordering: .relaxed) <= now }
}
