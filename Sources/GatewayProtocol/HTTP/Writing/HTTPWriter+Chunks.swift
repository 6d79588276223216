package import NIOCore

extension HTTPWriter {
    /// The line before the data of a chunk; the data must be followed by `writeChunkEnd`. A chunk of nothing would end the
    /// body, so for 0 nothing is written.
    package static func writeChunkHeader(_ count: Int, into out: inout ByteBuffer) {
        guard count > 0 else { return }
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: 18) { space in
            let digits = (Int.bitWidth &- count.leadingZeroBitCount &+ 3) / 4
            for index in 0..<digits {
                let nibble = UInt8(truncatingIfNeeded: count >> ((digits &- 1 &- index) &* 4)) & 0x0F
                space[index] = nibble < 10 ? nibble &+ 0x30 : nibble &+ 0x57
            }
            space[digits] = 0x0D
            space[digits &+ 1] = 0x0A
            return digits &+ 2
        }
    }

    package static func writeChunkEnd(into out: inout ByteBuffer) { out.writeStaticString("\r\n") }

    /// The end of a chunked body, without trailers.
    package static func writeLastChunk(into out: inout ByteBuffer) { out.writeStaticString("0\r\n\r\n") }

    /// A whole chunk, its data copied: cheaper than three writes as long as the data is small.
    package static func writeChunk(_ data: ByteBuffer, into out: inout ByteBuffer) {
        guard data.readableBytes > 0 else { return }
        out.reserveCapacity(minimumWritableBytes: data.readableBytes &+ 20)
        self.writeChunkHeader(data.readableBytes, into: &out)
        out.writeImmutableBuffer(data)
        self.writeChunkEnd(into: &out)
    }
}
