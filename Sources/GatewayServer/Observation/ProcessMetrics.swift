internal import Glibc
internal import Synchronization

/// What is counted once per process, from any thread: reloads, the policy's generation, lost log lines.
package final class ProcessMetrics: Sendable {
    private let version: String
    private let reloadsSucceeded = Atomic<Int>(0)
    private let reloadsFailed = Atomic<Int>(0)
    private let lastSuccess = Atomic<Int64>(0)
    private let generation = Atomic<Int>(0)
    private let logs = Mutex<[(name: String, sink: LogSink)]>([])

    package init(version: String) {
        self.version = version
    }

    /// The start counts as taking settings into use, not as a reload.
    package func policyTakenIntoUse(generation: Int, at now: LogTime, isReload: Bool) {
        self.generation.store(generation, ordering: .relaxed)
        self.lastSuccess.store(now.seconds, ordering: .relaxed)
        if isReload { self.reloadsSucceeded.wrappingAdd(1, ordering: .relaxed) }
    }

    package func reloadFailed() {
        self.reloadsFailed.wrappingAdd(1, ordering: .relaxed)
    }

    /// Watches a sink's lost lines; `name` is the label, for example `access`.
    package func watch(_ sink: LogSink, name: String) {
        self.logs.withLock { $0.append((name, sink)) }
    }

    package func samples() -> [MetricSample] {
        let dropped = self.logs.withLock { logs in
            var sums: [String: Int] = [:]
            for log in logs { sums[log.name, default: 0] += log.sink.droppedLines }
            return sums.sorted { $0.key < $1.key }
        }
        return [
            MetricSample(.buildInfo, [self.version], .integer(1)),
            MetricSample(.reloads, ["success"], .integer(Int64(self.reloadsSucceeded.load(ordering: .relaxed)))),
            MetricSample(.reloads, ["failure"], .integer(Int64(self.reloadsFailed.load(ordering: .relaxed)))),
            MetricSample(.lastReloadSuccess, .integer(self.lastSuccess.load(ordering: .relaxed))),
            MetricSample(.policyGeneration, .integer(Int64(self.generation.load(ordering: .relaxed)))),
        ] + dropped.map { MetricSample(.logLinesDropped, [$0.key], .integer(Int64($0.value))) }
            + ProcessGauges.samples()
    }
}

/// What the kernel knows about this process, read from `/proc`. What cannot be read is left out.
enum ProcessGauges {
    static func samples() -> [MetricSample] {
        var samples: [MetricSample] = []
        if let memory = Self.residentMemory() { samples.append(MetricSample(.processResidentMemory, .integer(memory))) }
        if let open = Self.openDescriptors() { samples.append(MetricSample(.processOpenDescriptors, .integer(open))) }
        if let limit = Self.maxDescriptors() { samples.append(MetricSample(.processMaxDescriptors, .integer(limit))) }
        if let start = Self.start { samples.append(MetricSample(.processStart, .microseconds(start))) }
        if let used = Self.usedProcessorTime() { samples.append(MetricSample(.processCPU, .microseconds(used))) }
        return samples
    }

    private static func residentMemory() -> Int64? {
        guard let statm = Self.read("/proc/self/statm") else { return nil }
        let fields = statm.split(separator: 0x20)
        guard fields.count > 1, let pages = Self.number(fields[1]) else { return nil }
        return pages &* Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func openDescriptors() -> Int64? {
        // Since Linux 6.2 the folder's size is the number; counting tens of thousands of entries takes a while.
        var status = stat()
        if stat("/proc/self/fd", &status) == 0, status.st_size > 0 { return Int64(status.st_size) }
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count: Int64 = 0
        while readdir(folder) != nil { count += 1 }
        // Not `.`, `..` and the folder's own descriptor.
        return Swift.max(count - 3, 0)
    }

    private static func maxDescriptors() -> Int64? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int64(clamping: limit.rlim_cur)
    }

    private static func usedProcessorTime() -> Int64? {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
        return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    }

    /// Microseconds since 1970. The kernel counts a process's start in ticks since boot (proc(5), field 22 of `stat`).
    private static let start: Int64? = {
        guard let stat = Self.read("/proc/self/stat"), let boot = Self.bootTime() else { return nil }
        // The second field is the command in parentheses, with any characters.
        guard let end = stat.lastIndex(of: 0x29) else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: 0x20)
        let ticksPerSecond = Int64(sysconf(Int32(_SC_CLK_TCK)))
        guard fields.count > 19, let ticks = Self.number(fields[19]), ticksPerSecond > 0 else { return nil }
        return boot &* 1_000_000 &+ ticks &* 1_000_000 / ticksPerSecond
    }()

    private static func bootTime() -> Int64? {
        guard let stat = Self.read("/proc/stat") else { return nil }
        let key = Array("btime ".utf8)
        for line in stat.split(separator: 0x0A) where line.starts(with: key) {
            return Self.number(line.dropFirst(key.count))
        }
        return nil
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int64? {
        Int64(String(decoding: text, as: UTF8.self))
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < 1 << 20 {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count <= 0 { return count == 0 ? bytes : nil }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }
}
