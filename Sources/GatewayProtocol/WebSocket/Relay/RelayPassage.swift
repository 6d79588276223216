import NIOCore

/// What of one received buffer goes on to the other side, put together from front to back. As long as it is one piece it is
/// a slice of the buffer; pieces before a gap or an insertion are copied, but for the first.
struct RelayPassage {
    private let buffer: ByteBuffer
    /// No more than these first bytes of the buffer go on.
    private let limit: Int
    private var before: ByteBuffer?
    /// The last piece, in offsets from the reader index.
    private var start = 0
    private var end = 0

    init(_ buffer: ByteBuffer, limit: Int = .max) {
        self.buffer = buffer
        self.limit = limit
    }

    /// How far the last piece reaches.
    var passed: Int { self.end }

    /// Everything up to `end` goes on.
    mutating func pass(to end: Int) { self.end = max(self.end, min(end, self.limit)) }

    /// What lies between `end` and `next` does not.
    mutating func skip(to next: Int) {
        self.finishPiece()
        self.start = min(next, self.limit)
        self.end = self.start
    }

    /// `bytes` go on behind all that has.
    mutating func insert(_ bytes: ByteBuffer) {
        guard self.limit == .max else { return }
        self.finishPiece()
        self.append(bytes)
        self.start = self.end
    }

    /// `bytes` go before what lies behind `offset` of the last piece.
    mutating func insert(_ bytes: ByteBuffer, at offset: Int) {
        let end = self.end
        self.end = min(max(offset, self.start), end)
        self.insert(bytes)
        self.end = end
    }

    private mutating func finishPiece() {
        guard let piece = self.piece else { return }
        self.append(piece)
        self.start = self.end
    }

    private mutating func append(_ bytes: ByteBuffer) {
        if self.before == nil { self.before = bytes } else { self.before?.writeImmutableBuffer(bytes) }
    }

    private var piece: ByteBuffer? {
        let count = self.end - self.start
        return count > 0 ? self.buffer.getSlice(at: self.buffer.readerIndex + self.start, length: count) : nil
    }

    /// The bytes to write, the second part behind the first.
    func parts() -> (before: ByteBuffer?, last: ByteBuffer?) {
        guard let piece = self.piece else { return (nil, self.before) }
        return (self.before, piece)
    }
}
