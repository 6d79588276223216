internal import Glibc
internal import Synchronization

/// Finished lines on their way to the writer: one allocation that travels to the writer's thread and back.
package struct LogBlock: Sendable {
    package var bytes: [UInt8] = []
    package var lines = 0
}

/// Takes finished lines from any thread and writes them to one destination on a thread of its own.
///
/// No caller ever waits for the destination: what does not fit into the bounded queue is dropped and counted. The thread
/// keeps the sink alive until `flushAndStop`.
package final class LogSink: Sendable {
    private struct State {
        var waiting: [LogBlock] = []
        var spare: [[UInt8]] = []
        /// Bytes of `waiting` and of what is being written.
        var pendingBytes = 0
        var isWriterAsleep = false
        var replacement: LogOutput?
        /// When the writer gives up, on the clock of `MonotonicMilliseconds`; nil while running.
        var stopBy: Int64?
    }

    /// What the writer has to do next.
    enum Work {
        case write
        case change(LogOutput)
        case end
    }

    /// Small writes are collected in blocks of this size.
    static let blockSize = 16 << 10
    private static let spareLimit = 16

    package let destination: LogDestination
    private let capacity: Int
    private let state = Mutex(State())
    private let dropped = Atomic<Int>(0)
    private let wake = WakeSignal()
    private let finished = WakeSignal()

    /// `report` is called on the writer's thread, rarely; it must not write to this sink.
    package convenience init(
        to destination: LogDestination,
        capacity: Int = 4 << 20,
        report: @escaping @Sendable (LogTrouble) -> Void = { _ in }
    ) throws(LogProblem) {
        let output = try LogOutput(destination)
        self.init(to: destination, output: output, capacity: capacity, report: report)
    }

    init(
        to destination: LogDestination,
        output: LogOutput,
        capacity: Int,
        report: @escaping @Sendable (LogTrouble) -> Void = { _ in }
    ) {
        self.destination = destination
        self.capacity = capacity
        LogWriter.start(for: self, output: output, report: report)
    }

    /// Lines lost since the start, because the queue was full or the destination refused them.
    package var droppedLines: Int { self.dropped.load(ordering: .relaxed) }

    /// Hands over the block's lines and leaves an empty block, if possible with used storage, in its place.
    package func take(_ block: inout LogBlock) {
        guard !block.bytes.isEmpty else { return }
        let mustWake = self.state.withLock { state in
            guard self.admits(block.bytes.count, state) else {
                self.drop(lines: block.lines)
                block.bytes.removeAll(keepingCapacity: true)
                block.lines = 0
                return false
            }
            state.pendingBytes += block.bytes.count
            var empty = LogBlock(bytes: state.spare.popLast() ?? [])
            swap(&block, &empty)
            state.waiting.append(empty)
            return Self.wakes(&state)
        }
        if mustWake { self.wake.raise() }
    }

    /// Hands over one line, its newline included; for lines that are too rare to be staged.
    package func write(line: [UInt8]) {
        let mustWake = self.state.withLock { state in
            guard self.admits(line.count, state) else {
                self.drop(lines: 1)
                return false
            }
            state.pendingBytes += line.count
            let last = state.waiting.count - 1
            if last >= 0, state.waiting[last].bytes.count + line.count <= Self.blockSize {
                state.waiting[last].bytes.append(contentsOf: line)
                state.waiting[last].lines += 1
            } else {
                var bytes = state.spare.popLast() ?? []
                bytes.append(contentsOf: line)
                state.waiting.append(LogBlock(bytes: bytes, lines: 1))
            }
            return Self.wakes(&state)
        }
        if mustWake { self.wake.raise() }
    }

    /// Opens the file again, after it was renamed by a log rotation. On failure the old file stays in use.
    package func reopen() throws(LogProblem) {
        guard case .file = self.destination else { return }
        let output = try LogOutput(self.destination)
        let unused = self.state.withLock { state in
            let unused = state.stopBy == nil ? state.replacement : output
            if state.stopBy == nil { state.replacement = output }
            return unused
        }
        unused?.close()
        self.wake.raise()
    }

    /// Writes what is waiting and ends the thread; later lines are dropped. Returns whether that took no longer than `timeout`.
    package func flushAndStop(timeout: Duration) -> Bool {
        let milliseconds = Int32(
            clamping: timeout.components.seconds &* 1000 &+ timeout.components.attoseconds / 1_000_000_000_000_000)
        self.state.withLock { state in
            if state.stopBy == nil { state.stopBy = MonotonicMilliseconds.now() + Int64(milliseconds) }
        }
        self.wake.raise()
        return self.finished.isRaised(within: milliseconds)
    }

    private func admits(_ count: Int, _ state: borrowing State) -> Bool {
        state.stopBy == nil && state.pendingBytes + count <= self.capacity
    }

    private static func wakes(_ state: inout State) -> Bool {
        defer { state.isWriterAsleep = false }
        return state.isWriterAsleep
    }
}

/// What the writer's thread calls.
extension LogSink {
    func drop(lines: Int) {
        self.dropped.wrappingAdd(lines, ordering: .relaxed)
    }

    /// Waits for the next thing to do; what is to be written replaces the contents of `blocks`, whose storage is reused.
    func nextWork(blocks: inout [LogBlock]) -> Work {
        blocks.removeAll(keepingCapacity: true)
        while true {
            let work: Work? = self.state.withLock { state in
                if let output = state.replacement {
                    state.replacement = nil
                    return .change(output)
                }
                if !state.waiting.isEmpty {
                    swap(&blocks, &state.waiting)
                    return .write
                }
                if state.stopBy != nil { return .end }
                state.isWriterAsleep = true
                return nil
            }
            if let work { return work }
            self.wake.wait(milliseconds: -1)
            self.wake.lower()
        }
    }

    /// The block is written or given up; its storage can be used again.
    func finish(_ block: inout LogBlock) {
        let count = block.bytes.count
        block.bytes.removeAll(keepingCapacity: true)
        var bytes: [UInt8] = []
        swap(&bytes, &block.bytes)
        self.state.withLock { state in
            state.pendingBytes -= count
            guard state.spare.count < Self.spareLimit, bytes.capacity <= 4 * Self.blockSize else { return }
            state.spare.append([])
            swap(&state.spare[state.spare.count - 1], &bytes)
        }
    }

    /// What a pause of the writer ended with.
    enum AfterPause {
        case retry
        case change(LogOutput)
        case giveUp
    }

    /// Waits until `descriptor` may take bytes again, the time is over, or somebody wants something else.
    func pause(orWritable descriptor: Int32, milliseconds: Int32) -> AfterPause {
        // Lowered before the state is looked at: a stop or reopening after this line raises the signal again.
        self.wake.lower()
        if let output = self.takeReplacement() { return .change(output) }
        let stopBy = self.state.withLock { $0.stopBy }
        let left = stopBy.map { Int32(clamping: $0 - MonotonicMilliseconds.now()) } ?? Int32.max
        if left <= 0 { return .giveUp }
        self.wake.wait(orWritable: descriptor, milliseconds: Swift.min(milliseconds, left))
        if let output = self.takeReplacement() { return .change(output) }
        return .retry
    }

    func end() {
        self.takeReplacement()?.close()
        self.finished.raise()
    }

    private func takeReplacement() -> LogOutput? {
        self.state.withLock { state in
            defer { state.replacement = nil }
            return state.replacement
        }
    }
}
