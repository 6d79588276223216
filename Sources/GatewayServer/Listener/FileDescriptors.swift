import Glibc

/// The process's limit of open files.
package enum FileDescriptors {
    /// Raises the soft limit to the hard one, as nginx and HAProxy do. Returns the limit that then holds.
    @discardableResult
    package static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(min(limit.rlim_cur, 1 << 30))
    }

    /// Every client may need an upstream connection of its own; a few descriptors are for listeners, logs and loops.
    static var connectionLimit: Int { max(64, (self.raiseLimit() - 64) / 2) }
}
