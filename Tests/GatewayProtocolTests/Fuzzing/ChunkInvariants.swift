import GatewayMessage
import GatewayProtocol
import NIOCore

/// Chunked bodies: the same data and the same end however they are cut, and for a careless reader too; framing stays in
/// proportion to the data; what we write is read as it was meant.
enum ChunkInvariants {
    private struct Decoded: Equatable {
        var data: [UInt8] = []
        var violation: HTTPViolation?
        /// Offset behind the body; nil when it has not ended.
        var end: Int?
    }

    static func check(_ input: [UInt8]) throws(BrokenInvariant) {
        var choices = FuzzChoices(input)
        let whole = self.decode(input, cuts: [])
        for cuts in choices.cuts(input.count).dropFirst() {
            try require(self.decode(input, cuts: cuts) == whole, "a body means the same however it is cut")
        }
        if whole.violation == nil {
            let read = whole.end ?? input.count
            try require(read - whole.data.count <= 17 * whole.data.count + (26 << 10), "framing is bounded")
        }
        if let end = whole.end {
            guard let lax = LaxReader.chunked(input) else { throw BrokenInvariant(description: "an end for anybody") }
            try require(lax.data == whole.data && lax.end == end, "the same body for anybody")
        }
        try self.checkWriting(whole.data, &choices)
    }

    private static func decode(_ bytes: [UInt8], cuts: [Int]) -> Decoded {
        var decoder = HTTPBodyDecoder(framing: .chunked)
        var decoded = Decoded()
        var buffer = ByteBuffer()
        var start = 0
        do throws(HTTPViolation) {
            for end in cuts + [bytes.count] {
                buffer.writeBytes(bytes[start..<end])
                start = end
                while case .data(let data) = try decoder.next(&buffer) { decoded.data += data.readableBytesView }
            }
        } catch {
            decoded.violation = error
        }
        if decoder.isAtEnd { decoded.end = bytes.count - buffer.readableBytes }
        return decoded
    }

    private static func checkWriting(_ data: [UInt8], _ choices: inout FuzzChoices) throws(BrokenInvariant) {
        var wire = ByteBuffer()
        var rest = data[...]
        while !rest.isEmpty {
            let piece = rest.prefix(1 + choices.below(300))
            rest = rest.dropFirst(piece.count)
            HTTPWriter.writeChunk(ByteBuffer(bytes: piece), into: &wire)
        }
        HTTPWriter.writeLastChunk(into: &wire)
        let written = Array(wire.readableBytesView)
        try require(
            self.decode(written, cuts: []) == Decoded(data: data, end: written.count), "what is written is read")
    }
}
