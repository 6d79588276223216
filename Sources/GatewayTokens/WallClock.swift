import Glibc

/// Seconds and nanoseconds of the wall clock since 1970; token times are compared with nothing else.
package struct WallClock: Sendable, Hashable, Comparable {
    package var seconds: Int64
    /// 0 ..< 1 000 000 000, also before 1970.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func now() -> WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallClock(seconds: Int64(time.tv_sec), nanoseconds: Int32(truncatingIfNeeded: time.tv_nsec))
    }

    package static func < (left: WallClock, right: WallClock) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
