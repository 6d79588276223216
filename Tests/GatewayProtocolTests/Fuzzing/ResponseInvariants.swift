import GatewayMessage
import GatewayProtocol
import NIOCore

/// Responses: the verdict does not depend on the cuts, and what is accepted is written as expected and read again with the
/// same meaning. The first byte says what is being answered, and to whom.
enum ResponseInvariants {
    private static let tight = HTTPLimits(requestLine: 24, headerLine: 24, headerBlock: 120, headerCount: 4)
    private static let boundless = HTTPLimits(
        requestLine: .max, headerLine: .max, headerBlock: .max, headerCount: .max)

    static func check(_ input: [UInt8]) throws(BrokenInvariant) {
        guard let first = input.first else { return }
        let method = first & 1 == 0 ? RequestMethod.get : .head
        // What is wrong in a line may wait until the line is complete: so the last one is.
        let bytes = Array(input.dropFirst()) + [0x0A]
        var choices = FuzzChoices(bytes)
        for limits in [HTTPLimits(), self.tight] {
            let whole = HTTPTranscript(responses: bytes, to: method, limits, cuts: [])
            for cuts in choices.cuts(bytes.count).dropFirst() {
                let cut = HTTPTranscript(responses: bytes, to: method, limits, cuts: cuts)
                try require(cut == whole, "responses mean the same however they are cut")
            }
        }
        var parser = HTTPResponseParser(limits: HTTPLimits())
        guard (try? parser.parse(ByteBuffer(bytes: bytes), requestMethod: method)) == .complete else { return }
        let block = Array(bytes[..<parser.head.blockLength])
        let client = Client(minorVersion: first & 2 == 0 ? 1 : 0, keepAlive: first & 4 == 0)
        try self.checkWriting(parser.head, block, method, client)
    }

    private struct Client {
        var minorVersion: UInt8
        var keepAlive: Bool
    }

    private static func checkWriting(
        _ head: ResponseHead,
        _ block: [UInt8],
        _ method: RequestMethod,
        _ client: Client
    ) throws(BrokenInvariant) {
        try require(100...599 ~= head.status, "statuses have a class")
        let framing = HTTPWriter.clientFraming(head.framing, clientMinorVersion: client.minorVersion)
        var out = ByteBuffer()
        HTTPWriter.writeResponseHead(
            head,
            block: block.span.bytes,
            clientMinorVersion: client.minorVersion,
            keepAlive: client.keepAlive,
            framing: framing,
            extraLines: Array("X-Extra: e\r\n".utf8),
            date: Array("Date: now\r\n".utf8),
            into: &out
        )
        let written = Array(out.readableBytesView)
        try require(
            written == (try self.expected(head, block, framing, client)), "written as it came, but for the edits")
        guard let lines = LaxReader.lines(written) else { throw BrokenInvariant(description: "one head for anybody") }
        try require(LaxReader.values(lines, "x-extra").contains(Array("e".utf8)), "what is added arrives")

        var again = HTTPResponseParser(limits: self.boundless)
        guard (try? again.parse(out, requestMethod: method)) == .complete else {
            throw BrokenInvariant(description: "what is written is accepted")
        }
        try require(again.head.blockLength == written.count, "what is written is one head")
        try require(again.head.status == head.status, "the same status")
        try require(again.head.framing == framing, "the framing that was asked for")
        if head.status >= 200, framing != .untilClose {
            try require(again.head.keepsAlive == client.keepAlive, "the connection is kept as was asked for")
        }
    }

    private static func expected(
        _ head: ResponseHead,
        _ block: [UInt8],
        _ framing: BodyFraming,
        _ client: Client
    ) throws(BrokenInvariant) -> [UInt8] {
        var out = Array("HTTP/1.1 \(head.status) ".utf8) + block[head.reason.range] + [0x0D, 0x0A]
        out += try HeadRanges.keptLines(head.fields, block, linesStart: head.reason.upperBound + 2)
        out += Array("X-Extra: e\r\n".utf8)
        if head.status == 101 { return out + Array("Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n".utf8) }
        guard head.status >= 200 else { return out + [0x0D, 0x0A] }
        if !head.fields.contains(where: { $0.known == .date }) { out += Array("Date: now\r\n".utf8) }
        switch framing {
        case .none, .untilClose: break
        case .length(let length): out += Array("Content-Length: \(length)\r\n".utf8)
        case .chunked: out += Array("Transfer-Encoding: chunked\r\n".utf8)
        }
        if !client.keepAlive || framing == .untilClose {
            out += Array("Connection: close\r\n".utf8)
        } else if client.minorVersion == 0 {
            out += Array("Connection: keep-alive\r\n".utf8)
        }
        return out + [0x0D, 0x0A]
    }
}
