import GatewayMessage
import GatewayPolicy
import GatewayProtocol
import NIOCore

/// Responses as bytes of HTTP/1.1 or 1.0.
extension ClientConnection {
    /// Bodies up to this size are copied behind their head, so that both are one buffer and one system call.
    private static let copiedBody = 16 << 10

    func writeHead(_ head: ResponseHead, block: ByteBuffer, extraLines: [UInt8]) {
        let framing = HTTPWriter.clientFraming(head.framing, clientMinorVersion: self.minorVersion)
        self.responseIsChunked = framing == .chunked
        if framing == .untilClose || self.worker.isDraining { self.keepsAlive = false }
        self.beginOutbound(room: head.blockLength + 256)
        HTTPWriter.writeResponseHead(
            head,
            block: block.readableBytesSpan,
            clientMinorVersion: self.minorVersion,
            keepAlive: self.keepsAlive,
            framing: framing,
            extraLines: extraLines,
            date: self.worker.dateLine,
            into: &self.outbound
        )
    }

    /// A 1xx head, the 101 of a handshake included; clients of HTTP/1.0 do not know them (RFC 9110 section 15.2).
    func writeInterimHead(_ head: ResponseHead, block: ByteBuffer, extraLines: [UInt8] = []) {
        guard self.minorVersion > 0 else { return }
        self.beginOutbound(room: head.blockLength + extraLines.count + 256)
        HTTPWriter.writeResponseHead(
            head,
            block: block.readableBytesSpan,
            clientMinorVersion: self.minorVersion,
            keepAlive: true,
            framing: .none,
            extraLines: extraLines,
            into: &self.outbound
        )
        self.writeOutbound()
    }

    func writeBody(_ piece: ByteBuffer) {
        if piece.readableBytes <= Self.copiedBody, self.outbound.readableBytes > 0 || self.responseIsChunked {
            self.beginOutbound(room: piece.readableBytes + 32)
            if self.responseIsChunked {
                HTTPWriter.writeChunk(piece, into: &self.outbound)
            } else {
                self.outbound.writeImmutableBuffer(piece)
            }
            return
        }
        if self.responseIsChunked {
            self.beginOutbound(room: 32)
            HTTPWriter.writeChunkHeader(piece.readableBytes, into: &self.outbound)
        }
        self.writeOutbound()
        self.write(piece)
        if self.responseIsChunked {
            self.beginOutbound(room: 32)
            HTTPWriter.writeChunkEnd(into: &self.outbound)
        }
    }

    func writeEnd() {
        guard self.responseIsChunked else { return }
        self.responseIsChunked = false
        self.beginOutbound(room: 16)
        HTTPWriter.writeLastChunk(into: &self.outbound)
    }

    func writeContinue() {
        self.beginOutbound(room: 32)
        HTTPWriter.writeContinue(into: &self.outbound)
        self.flush()
    }

    func write(
        _ answer: GatewayAnswer, headerLines: [UInt8], body: (contentType: StaticString?, bytes: [UInt8]), isHead: Bool
    ) {
        if self.worker.isDraining { self.keepsAlive = false }
        self.beginOutbound(room: body.bytes.count + headerLines.count + 256)
        HTTPWriter.writeAnswer(
            status: answer.status,
            contentType: body.contentType,
            headerLines: headerLines,
            body: body.bytes,
            omitsBody: isHead,
            clientMinorVersion: self.minorVersion,
            keepAlive: self.keepsAlive,
            date: self.worker.dateLine,
            into: &self.outbound
        )
    }

    func writeAccept(_ offer: WebSocketOffer) {
        self.beginOutbound(room: 256)
        WebSocketHandshake.writeAccept(offer, into: &self.outbound)
    }

    /// Makes room in `outbound`; an empty one takes the worker's scratch storage.
    private func beginOutbound(room: Int) {
        if self.outbound.readableBytes == 0 { self.outbound = self.worker.scratch.take() }
        self.outbound.reserveCapacity(minimumWritableBytes: room)
    }

    /// Gives what was composed to the channel. The worker keeps a reference: once the channel has written the bytes the
    /// storage is used again, and as long as it has not, the next writer gets fresh storage.
    func writeOutbound() {
        guard self.outbound.readableBytes > 0 else { return }
        let buffer = self.outbound
        self.outbound = ByteBuffer()
        self.write(buffer)
        self.worker.scratch.give(buffer)
    }
}
