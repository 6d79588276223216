/// `perSecond` on average, `burst` at once.
package struct RateBound: Sendable, Equatable {
    private let perSecond: UInt64
    /// The time in which a whole burst is earned.
    let burstTime: UInt64

    package init(perSecond: Int, burst: Int) {
        self.perSecond = UInt64(max(perSecond, 1))
        self.burstTime = Self.time(UInt64(max(burst, 1)), self.perSecond)
    }

    /// The nanoseconds in which `count` is earned.
    func time(_ count: UInt64) -> UInt64 { Self.time(count, self.perSecond) }

    private static func time(_ count: UInt64, _ perSecond: UInt64) -> UInt64 {
        let (product, overflows) = count.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? 1 << 62 : min(product / perSecond, 1 << 62)
    }
}

/// A token bucket that remembers one thing: when it will be full again.
package struct TokenBucket: Sendable {
    private var fullAt: UInt64 = 0

    package init() {}

    /// Takes `count`, whether it is there or not. Returns after how many nanoseconds what was taken too much will have been
    /// earned; 0 when it was there.
    package mutating func take(_ count: UInt64, of bound: RateBound, now: UInt64) -> UInt64 {
        self.fullAt = min(max(self.fullAt, now), now &+ 1 << 62) &+ bound.time(count)
        let debt = self.fullAt &- now
        return debt > bound.burstTime ? debt &- bound.burstTime : 0
    }
}
