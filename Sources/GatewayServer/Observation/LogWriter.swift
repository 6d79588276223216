internal import Glibc

/// The thread behind a `LogSink`: the only place that writes to the destination, and the only one that may wait for it.
struct LogWriter {
    private let sink: LogSink
    private var output: LogOutput
    private var reports: LogTroubleReports

    /// How long a full disk is left alone.
    private static let retryMilliseconds: Int32 = 1000

    private init(sink: LogSink, output: LogOutput, report: @escaping @Sendable (LogTrouble) -> Void) {
        self.sink = sink
        self.output = output
        self.reports = LogTroubleReports(report: report)
    }

    static func start(
        for sink: LogSink, output: LogOutput, report: @escaping @Sendable (LogTrouble) -> Void
    ) {
        final class Start {
            let writer: LogWriter
            init(_ writer: LogWriter) { self.writer = writer }
        }
        // The new thread inherits the mask: signals go to other threads, and SIGPIPE or SIGXFSZ from writing stay pending.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let start = Unmanaged.passRetained(Start(LogWriter(sink: sink, output: output, report: report)))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                var writer = start.writer
                writer.run()
                return nil
            }, start.toOpaque())
        precondition(result == 0, "no thread for the log writer: error \(result)")
        pthread_detach(thread)
    }

    private mutating func run() {
        var blocks: [LogBlock] = []
        while true {
            switch self.sink.nextWork(blocks: &blocks) {
            case .write:
                // In place, so that each block's storage has one owner and can be used again.
                for index in blocks.indices {
                    self.write(blocks[index])
                    self.sink.finish(&blocks[index])
                }
            case .change(let output):
                self.change(to: output)
            case .end:
                self.output.close()
                self.sink.end()
                return
            }
        }
    }

    private mutating func change(to output: LogOutput) {
        self.output.close()
        self.output = output
    }

    /// Writes the whole block or drops and counts what is left of it.
    private mutating func write(_ block: LogBlock) {
        var offset = 0
        while offset < block.bytes.count {
            switch self.writeSome(of: block.bytes, from: offset) {
            case .wrote(let count):
                offset += count
            case .mustWait(let descriptor, let errorNumber):
                if errorNumber != EAGAIN { self.reports.failed(errorNumber) }
                switch self.sink.pause(orWritable: descriptor, milliseconds: Self.retryMilliseconds) {
                case .retry:
                    break
                case .change(let output):
                    self.change(to: output)
                    // The new file begins with a whole line.
                    offset = Self.startOfLine(in: block.bytes, at: offset)
                case .giveUp:
                    self.drop(block.bytes, from: offset)
                    return
                }
            case .failed(let errorNumber):
                self.reports.failed(errorNumber)
                self.drop(block.bytes, from: offset)
                return
            }
        }
        self.reports.wrote(linesDropped: self.sink.droppedLines)
    }

    private enum WriteOutcome {
        case wrote(Int)
        /// The descriptor to wait for is -1 when only time helps.
        case mustWait(orWritable: Int32, errorNumber: Int32)
        case failed(errorNumber: Int32)
    }

    private func writeSome(of bytes: [UInt8], from offset: Int) -> WriteOutcome {
        while true {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.write(self.output.descriptor, raw.baseAddress.map { $0 + offset }, raw.count - offset)
            }
            if count > 0 { return .wrote(count) }
            let error = errno
            switch error {
            case EINTR: continue
            case EAGAIN: return .mustWait(orWritable: self.output.descriptor, errorNumber: error)
            // Somebody will make room; until then the queue is the buffer.
            case ENOSPC, EDQUOT: return .mustWait(orWritable: -1, errorNumber: error)
            // EPIPE, EBADF, EIO, EFBIG: the next block tries again.
            default: return .failed(errorNumber: error)
            }
        }
    }

    private func drop(_ bytes: [UInt8], from offset: Int) {
        var lines = 0
        for index in offset..<bytes.count where bytes[index] == 0x0A { lines += 1 }
        self.sink.drop(lines: lines)
    }

    private static func startOfLine(in bytes: [UInt8], at offset: Int) -> Int {
        var start = offset
        while start > 0, bytes[start - 1] != 0x0A { start -= 1 }
        return start
    }
}
