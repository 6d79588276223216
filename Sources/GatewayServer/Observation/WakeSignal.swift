internal import Glibc

/// A pipe with itself: raised by any thread, waited for by `poll` beside other descriptors.
final class WakeSignal: Sendable {
    private let reading: Int32
    private let writing: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "no pipe for waking a thread: error \(errno)")
        (self.reading, self.writing) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        close(self.reading)
        close(self.writing)
    }

    func raise() {
        var byte: UInt8 = 1
        // A full pipe is as good: the signal is up.
        _ = write(self.writing, &byte, 1)
    }

    func lower() {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { bytes in
            while read(self.reading, bytes.baseAddress, bytes.count) == bytes.count {}
        }
    }

    /// Waits until the signal is up, or `other` can be written, or the time is over. A negative time never ends.
    func wait(orWritable other: Int32 = -1, milliseconds: Int32) {
        // poll(2) ignores entries with a negative descriptor.
        var entries = [
            pollfd(fd: self.reading, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other, events: Int16(POLLOUT), revents: 0),
        ]
        _ = poll(&entries, 2, milliseconds)
    }

    func isRaised(within milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: self.reading, events: Int16(POLLIN), revents: 0)
        let deadline = MonotonicMilliseconds.now() + Int64(milliseconds)
        while true {
            let left = deadline - MonotonicMilliseconds.now()
            if poll(&entry, 1, Int32(clamping: Swift.max(left, 0))) > 0 { return true }
            if left <= 0 { return false }
        }
    }
}

enum MonotonicMilliseconds {
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}
