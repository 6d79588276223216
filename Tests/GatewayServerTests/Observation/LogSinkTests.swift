import Glibc
import Synchronization
import Testing

@testable import GatewayServer

/// These wait for a thread, so they run one after the other.
@Suite(.serialized) struct LogSinkTests {
    private let folder = TemporaryFolder()

    @Test func lines_areWrittenInOrder_whenFlushed() throws {
        let path = self.folder.file("access.log")
        let sink = try LogSink(to: .file(path: path))
        for number in 0..<1000 { sink.write(line: line("line \(number)")) }
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        #expect(Files.lines(path) == (0..<1000).map { "line \($0)" })
        #expect(sink.droppedLines == 0)
    }

    @Test func file_isAppendedTo_andNotReadableByOthers() throws {
        let path = self.folder.file("access.log")
        for text in ["first", "second"] {
            let sink = try LogSink(to: .file(path: path))
            sink.write(line: line(text))
            #expect(sink.flushAndStop(timeout: .seconds(5)))
        }
        #expect(Files.text(path) == "first\nsecond\n")
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 & ~0o640 == 0)
    }

    @Test func opening_isAProblem_whenTheFolderIsMissing() {
        #expect(throws: LogProblem(path: "/nowhere/access.log", errorNumber: ENOENT)) {
            try LogSink(to: .file(path: "/nowhere/access.log"))
        }
    }

    @Test func opening_doesNotWait_whenNobodyReadsAFIFO() {
        let path = self.folder.file("fifo")
        #expect(mkfifo(path, 0o600) == 0)
        #expect(throws: LogProblem(path: path, errorNumber: ENXIO)) { try LogSink(to: .file(path: path)) }
    }

    @Test(arguments: [true, false])
    func lines_areDroppedAndCounted_whenNobodyReadsThePipe(blockingWrites: Bool) {
        let pipe = Pipe(blockingWrites: blockingWrites)
        let sink = self.sink(writingTo: pipe, capacity: 256 << 10)
        let total = 20_000
        let began = MonotonicMilliseconds.now()
        for number in 0..<total { sink.write(line: line("a line of a log that nobody reads, number \(number)")) }
        // No caller waits: 20 000 lines into a pipe that takes 64 KiB.
        #expect(MonotonicMilliseconds.now() - began < 3000)
        let dropped = sink.droppedLines
        #expect(dropped > 0)
        var received: [UInt8] = []
        pipe.drain(into: &received) { newlines($0) == total - dropped }
        #expect(newlines(received) == total - sink.droppedLines)
        // It works again.
        sink.write(line: line("at last"))
        pipe.drain(into: &received) { $0.suffix(8) == ArraySlice(line("at last")) }
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        #expect(sink.droppedLines == dropped)
        let text = String(decoding: received, as: UTF8.self)
        #expect(text.hasPrefix("a line of a log that nobody reads, number 0\n"))
        #expect(text.split(separator: "\n").dropLast().allSatisfy { $0.hasPrefix("a line of a log that nobody") })
    }

    @Test(arguments: [true, false])
    func stop_givesUpInTime_whenNobodyReadsThePipe(blockingWrites: Bool) {
        let pipe = Pipe(blockingWrites: blockingWrites)
        let sink = self.sink(writingTo: pipe, capacity: 1 << 20)
        for _ in 0..<10_000 { sink.write(line: line("a line of a log that nobody reads")) }
        let began = MonotonicMilliseconds.now()
        let isComplete = sink.flushAndStop(timeout: .milliseconds(300))
        #expect(MonotonicMilliseconds.now() - began < 1500)
        var received: [UInt8] = []
        if blockingWrites {
            #expect(!isComplete)
            // The thread must not outlive the pipe.
            pipe.drain(into: &received) { _ in sink.flushAndStop(timeout: .zero) }
        } else {
            #expect(eventually { sink.flushAndStop(timeout: .zero) })
            pipe.drain(into: &received) { newlines($0) == 10_000 - sink.droppedLines }
            #expect(sink.droppedLines > 0)
        }
    }

    @Test func partialWrites_keepLinesWhole_whenTheReaderIsSlow() {
        let pipe = Pipe(blockingWrites: false)
        _ = fcntl(pipe.writing, 1031 /* F_SETPIPE_SZ */, 4096)
        let sink = self.sink(writingTo: pipe, capacity: 8 << 20)
        let expected = (0..<3000).flatMap { line("\($0) " + String(repeating: "x", count: $0 % 211)) }
        var buffer = LogBuffer(sink: sink)
        var start = 0
        for index in expected.indices where expected[index] == 0x0A {
            buffer.append(line: Array(expected[start...index]).span.bytes)
            start = index + 1
        }
        buffer.flush()
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 701)
        _ = eventually {
            let count = read(pipe.reading, &chunk, chunk.count)
            if count > 0 { received.append(contentsOf: chunk[..<count]) }
            while received.count < expected.count {
                let count = read(pipe.reading, &chunk, chunk.count)
                if count <= 0 { break }
                received.append(contentsOf: chunk[..<count])
            }
            return received.count >= expected.count
        }
        #expect(received == expected)
        #expect(sink.flushAndStop(timeout: .seconds(5)))
    }

    @Test func brokenPipe_dropsLines_andDoesNotEndTheProcess() {
        let pipe = Pipe()
        let told = Mutex<[LogTrouble]>([])
        let output = LogOutput(descriptor: pipe.writing, isOwned: false)
        let sink = LogSink(to: .standardOutput, output: output, capacity: 1 << 20) { trouble in
            told.withLock { $0.append(trouble) }
        }
        pipe.closeReading()
        for _ in 0..<10 {
            sink.write(line: line("nobody will read this"))
            usleep(1000)
        }
        #expect(eventually { sink.droppedLines == 10 })
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        #expect(told.withLock { $0 } == [.failing(errorNumber: EPIPE)])
    }

    @Test func fullDisk_keepsLines_untilThereIsRoom() throws {
        let path = self.folder.file("access.log")
        #expect(symlink("/dev/full", path) == 0)
        let told = Mutex<[LogTrouble]>([])
        let sink = try LogSink(to: .file(path: path)) { trouble in told.withLock { $0.append(trouble) } }
        for number in 0..<100 { sink.write(line: line("line \(number)")) }
        #expect(eventually { told.withLock { $0 } == [.failing(errorNumber: ENOSPC)] })
        #expect(unlink(path) == 0)
        try sink.reopen()
        #expect(eventually { Files.lines(path).count == 100 })
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        #expect(Files.lines(path) == (0..<100).map { "line \($0)" })
        #expect(sink.droppedLines == 0)
    }

    @Test func fullDisk_dropsLines_whenStopping() throws {
        let sink = try LogSink(to: .file(path: "/dev/full"))
        for _ in 0..<10 { sink.write(line: line("no room")) }
        _ = sink.flushAndStop(timeout: .milliseconds(100))
        #expect(eventually { sink.flushAndStop(timeout: .zero) })
        #expect(sink.droppedLines == 10)
    }

    @Test func reopen_writesToANewFile_afterRename() throws {
        let path = self.folder.file("access.log")
        let sink = try LogSink(to: .file(path: path))
        sink.write(line: line("before"))
        #expect(eventually { Files.text(path) == "before\n" })
        #expect(rename(path, path + ".1") == 0)
        sink.write(line: line("renamed"))
        #expect(eventually { Files.text(path + ".1") == "before\nrenamed\n" })
        try sink.reopen()
        sink.write(line: line("after"))
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        #expect(Files.text(path + ".1") == "before\nrenamed\n")
        #expect(Files.text(path) == "after\n")
    }

    @Test func reopen_keepsTheOldFile_whenTheNewOneCannotBeOpened() throws {
        let path = self.folder.file("access.log")
        let sink = try LogSink(to: .file(path: path))
        #expect(rename(path, path + ".1") == 0)
        #expect(mkdir(path, 0o700) == 0)
        #expect(throws: LogProblem(path: path, errorNumber: EISDIR)) { try sink.reopen() }
        sink.write(line: line("still here"))
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        #expect(Files.text(path + ".1") == "still here\n")
        #expect(rmdir(path) == 0)
    }

    @Test func reopen_beginsWithAWholeLine_whenTheOldDestinationTookAPart() throws {
        let path = self.folder.file("fifo")
        #expect(mkfifo(path, 0o600) == 0)
        let reading = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reading) }
        let sink = try LogSink(to: .file(path: path))
        // More than a pipe takes, in one block: the write ends inside a line.
        var block = LogBlock()
        for number in 0..<3000 {
            block.bytes.append(contentsOf: line("line \(number) " + String(repeating: "x", count: 101)))
            block.lines += 1
        }
        sink.take(&block)
        usleep(50_000)
        #expect(rename(path, path + ".1") == 0)
        try sink.reopen()
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        let old = Files.readAll(reading)
        #expect(old.last != 0x0A, "the pipe should have taken a part of a line")
        let lines = Files.lines(path)
        #expect(lines.first == "line \(newlines(old)) " + String(repeating: "x", count: 101))
        #expect(newlines(old) + lines.count == 3000)
        #expect(sink.droppedLines == 0)
    }

    @Test func reopen_leaksNoDescriptor_whenRepeated() throws {
        let path = self.folder.file("access.log")
        let sink = try LogSink(to: .file(path: path))
        let before = self.descriptorsOf(path)
        for _ in 0..<50 { try sink.reopen() }
        sink.write(line: line("done"))
        #expect(eventually { Files.text(path) == "done\n" })
        #expect(self.descriptorsOf(path) == before)
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        #expect(self.descriptorsOf(path) == 0)
    }

    @Test func lines_areDropped_afterTheStop() throws {
        let path = self.folder.file("access.log")
        let sink = try LogSink(to: .file(path: path))
        #expect(sink.flushAndStop(timeout: .seconds(5)))
        sink.write(line: line("too late"))
        var buffer = LogBuffer(sink: sink)
        buffer.append(line: line("too late").span.bytes)
        buffer.append(line: line("too late").span.bytes)
        buffer.flush()
        try sink.reopen()
        #expect(sink.droppedLines == 3)
        #expect(Files.text(path) == "")
        #expect(sink.flushAndStop(timeout: .zero))
    }

    @Test func concurrentWriters_loseAndTearNothing_whenThereIsRoom() async throws {
        let path = self.folder.file("access.log")
        let sink = try LogSink(to: .file(path: path), capacity: 64 << 20)
        let threads = 8
        let each = 5000
        await withTaskGroup(of: Void.self) { tasks in
            for thread in 0..<threads {
                tasks.addTask {
                    if thread.isMultiple(of: 2) {
                        var buffer = LogBuffer(sink: sink)
                        for number in 0..<each {
                            buffer.append(line: line("\(thread) \(number)").span.bytes)
                            if number % 997 == 0 { buffer.flush() }
                        }
                        buffer.flush()
                    } else {
                        for number in 0..<each { sink.write(line: line("\(thread) \(number)")) }
                    }
                }
            }
            tasks.addTask { for _ in 0..<20 { try? sink.reopen() } }
        }
        #expect(sink.flushAndStop(timeout: .seconds(10)))
        var next = [Int](repeating: 0, count: threads)
        for line in Files.lines(path) {
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            try #require(numbers.count == 2 && next.indices.contains(numbers[0]), "a torn line: \(line)")
            #expect(numbers[1] == next[numbers[0]])
            next[numbers[0]] += 1
        }
        #expect(next == Array(repeating: each, count: threads))
        #expect(sink.droppedLines == 0)
    }

    @Test func concurrentWriters_accountForEveryLine_whenLinesAreDropped() async {
        let pipe = Pipe()
        let sink = self.sink(writingTo: pipe, capacity: 64 << 10)
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<4 {
                tasks.addTask {
                    var buffer = LogBuffer(sink: sink)
                    for number in 0..<5000 { buffer.append(line: line("line with number \(number)").span.bytes) }
                    buffer.flush()
                }
            }
        }
        var received: [UInt8] = []
        pipe.drain(into: &received) { newlines($0) + sink.droppedLines == 20_000 }
        #expect(newlines(received) + sink.droppedLines == 20_000)
        #expect(sink.droppedLines > 0)
        #expect(sink.flushAndStop(timeout: .seconds(5)))
    }

    @Test func blocks_areUsedAgain_whenTheyAreWritten() throws {
        let sink = try LogSink(to: .file(path: "/dev/null"))
        var block = LogBlock()
        block.bytes.reserveCapacity(32 << 10)
        var addresses: Set<UInt> = []
        for _ in 0..<50 {
            block.bytes.append(contentsOf: line("a line"))
            block.lines = 1
            sink.take(&block)
            usleep(2000)
            if block.bytes.capacity == 0 { block.bytes.reserveCapacity(32 << 10) }
            addresses.insert(block.bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) })
        }
        #expect(addresses.count <= 5)
        #expect(sink.flushAndStop(timeout: .seconds(5)))
    }

    private func sink(writingTo pipe: Pipe, capacity: Int) -> LogSink {
        let output = LogOutput(descriptor: pipe.writing, isOwned: false)
        return LogSink(to: .standardOutput, output: output, capacity: capacity)
    }

    private func descriptorsOf(_ path: String) -> Int {
        var wanted = stat()
        guard stat(path, &wanted) == 0 else { return 0 }
        return (Int32(0)..<1024).count { descriptor in
            var status = stat()
            return fstat(descriptor, &status) == 0 && status.st_ino == wanted.st_ino && status.st_dev == wanted.st_dev
        }
    }
}

struct LogTroubleReportsTests {
    @Test func reports_areTellingOnce_whenADestinationFlaps() {
        let told = Mutex<[LogTrouble]>([])
        var reports = LogTroubleReports { trouble in told.withLock { $0.append(trouble) } }
        for step in 0..<100 {
            reports.failed(ENOSPC, now: Int64(step) * 10)
            reports.wrote(linesDropped: step + 1, now: Int64(step) * 10 + 5)
        }
        #expect(told.withLock { $0 } == [.failing(errorNumber: ENOSPC)])
        reports.wrote(linesDropped: 100, now: 20_000)
        #expect(told.withLock { $0 }.last == .recovered(linesLost: 100))
        reports.wrote(linesDropped: 100, now: 40_000)
        #expect(told.withLock { $0 }.count == 2)
    }
}
