/// One worker's lines before the sink gets them. Confined to the worker's loop.
///
/// Lines leave in blocks, when a block is full or when the worker's tick calls `flush`; the sink gives used blocks back, so
/// that the steady state allocates nothing.
package struct LogBuffer: ~Copyable {
    private let sink: LogSink
    private var block = LogBlock()

    package init(sink: LogSink) {
        self.sink = sink
        self.reserve()
    }

    /// The staged bytes; a line is appended whole and then told with `endLine`.
    var bytes: [UInt8] {
        get { self.block.bytes }
        _modify { yield &self.block.bytes }
    }

    mutating func endLine() {
        self.block.lines += 1
        if self.block.bytes.count >= LogSink.blockSize { self.flush() }
    }

    /// Appends one line, its newline included.
    package mutating func append(line: borrowing RawSpan) {
        line.withUnsafeBytes { self.block.bytes.append(contentsOf: $0) }
        self.endLine()
    }

    package mutating func flush() {
        guard self.block.lines > 0 else { return }
        self.sink.take(&self.block)
        self.reserve()
    }

    private mutating func reserve() {
        // Twice the limit: the last line may reach beyond it.
        if self.block.bytes.capacity < LogSink.blockSize { self.block.bytes.reserveCapacity(2 * LogSink.blockSize) }
    }
}
