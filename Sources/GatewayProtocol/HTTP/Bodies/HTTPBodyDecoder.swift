package import GatewayMessage
package import NIOCore

package enum BodyPiece: Sendable, Equatable {
    case needsMore
    /// A slice of the received buffer, never empty.
    case data(ByteBuffer)
    case end
}

/// Takes one body's pieces out of received bytes and leaves what follows it in the buffer. A violation is final.
///
/// With `.untilClose` it never says `.end`: the connection does.
package struct HTTPBodyDecoder: Sendable {
    /// Body bytes handed out so far, without chunk framing: for the body limit.
    package private(set) var consumed = 0
    package private(set) var isAtEnd: Bool

    private let framing: BodyFraming
    /// Bytes of a `.length` body still to come.
    private var remaining = 0
    private var chunks = ChunkedFraming()

    package init(framing: BodyFraming) {
        self.framing = framing
        switch framing {
        case .none:
            self.isAtEnd = true
        case .length(let length):
            self.remaining = length
            self.isAtEnd = length <= 0
        case .chunked, .untilClose:
            self.isAtEnd = false
        }
    }

    package mutating func next(_ buffer: inout ByteBuffer) throws(HTTPViolation) -> BodyPiece {
        if self.isAtEnd { return .end }
        switch self.framing {
        case .none:
            return .end
        case .length:
            guard let data = self.take(upTo: self.remaining, from: &buffer) else { return .needsMore }
            self.remaining &-= data.readableBytes
            self.isAtEnd = self.remaining == 0
            return .data(data)
        case .chunked:
            return try self.nextOfChunks(&buffer)
        case .untilClose:
            guard let data = self.take(upTo: .max, from: &buffer) else { return .needsMore }
            return .data(data)
        }
    }

    private mutating func nextOfChunks(_ buffer: inout ByteBuffer) throws(HTTPViolation) -> BodyPiece {
        if self.chunks.dataRemaining == 0 {
            let read = try buffer.withUnsafeReadableBytes { (bytes) throws(HTTPViolation) -> Int in
                try self.chunks.read(bytes)
            }
            buffer.moveReaderIndex(forwardBy: read)
        }
        if self.chunks.isAtEnd {
            self.isAtEnd = true
            return .end
        }
        guard let data = self.take(upTo: self.chunks.dataRemaining, from: &buffer) else { return .needsMore }
        self.chunks.tookData(data.readableBytes)
        return .data(data)
    }

    private mutating func take(upTo limit: Int, from buffer: inout ByteBuffer) -> ByteBuffer? {
        let count = min(limit, buffer.readableBytes)
        guard count > 0, let data = buffer.readSlice(length: count) else { return nil }
        self.consumed &+= count
        return data
    }
}
