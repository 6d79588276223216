import NIOCore

/// Storage for composing what is sent to clients, used over and over: as many pieces of it as answers wait to be flushed in
/// one turn of the loop.
struct ScratchBuffers {
    /// Bytes: of one buffer, so that one large answer does not make all later ones large, and of all that are kept.
    private static let limit = (one: 64 << 10, all: 256 << 10)

    private var kept: ContiguousArray<ByteBuffer> = []
    private var capacity = 0

    mutating func take() -> ByteBuffer {
        guard var taken = self.kept.popLast() else { return ByteBuffer() }
        self.capacity &-= taken.capacity
        taken.clear()
        return taken
    }

    /// `buffer` may still be on its way out: whoever takes it before it has gone gets fresh storage.
    mutating func give(_ buffer: ByteBuffer) {
        guard buffer.capacity <= Self.limit.one, self.capacity &+ buffer.capacity <= Self.limit.all else { return }
        self.capacity &+= buffer.capacity
        self.kept.append(buffer)
    }
}
