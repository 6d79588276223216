import GatewayMessage
import GatewayProtocol
import NIOCore

/// Requests: the verdict does not depend on the cuts; what is accepted is written byte for byte as expected, is one request
/// and the same one for a strict and for a careless reader.
enum RequestInvariants {
    private static let tight = HTTPLimits(requestLine: 32, headerLine: 24, headerBlock: 160, headerCount: 5)
    private static let boundless = HTTPLimits(
        requestLine: .max, headerLine: .max, headerBlock: .max, headerCount: .max)

    static func check(_ input: [UInt8]) throws(BrokenInvariant) {
        // What is wrong in a line may wait until the line is complete: so the last one is.
        let bytes = input + [0x0A]
        var choices = FuzzChoices(bytes)
        for limits in [HTTPLimits(), self.tight] {
            let whole = HTTPTranscript(requests: bytes, limits, cuts: [])
            for cuts in choices.cuts(bytes.count).dropFirst() {
                let cut = HTTPTranscript(requests: bytes, limits, cuts: cuts)
                try require(cut == whole, "requests mean the same however they are cut")
            }
        }
        var parser = HTTPRequestParser(limits: HTTPLimits())
        guard (try? parser.parse(ByteBuffer(bytes: bytes))) == .complete else { return }
        let block = Array(bytes[..<parser.head.blockLength])
        try self.checkHead(parser.head, block)
        try self.checkWriting(parser.head, block, &choices)
        try self.checkHandshake(parser.head, block, &choices)
    }

    private static func checkHead(_ head: RequestHead, _ block: [UInt8]) throws(BrokenInvariant) {
        try require(head.method != .connect && head.method != .trace, "methods that end here")
        try require(head.minorVersion == 0 || head.host != nil, "HTTP/1.1 has a Host")
        try require(head.path.lowerBound == head.target.lowerBound, "the target begins with the path")
        try require(block[head.path.lowerBound] == 0x2F, "the path begins with a slash")
        try require(head.query == nil ? head.path.upperBound == head.target.upperBound : true, "all of it")
        for byte in block[head.target.range] { try require(0x21...0x7E ~= byte && byte != 0x23, "bytes of a target") }
        for byte in block[head.path.range] { try require(byte != 0x3F && byte != 0x5C, "bytes of a path") }
        if head.upgrade == .webSocket { try require(head.framing == .none, "a handshake has no body") }
        try require(head.framing != .untilClose, "a request has an end")
        if head.minorVersion == 0 { try require(head.framing != .chunked, "no chunks in HTTP/1.0") }
    }

    // MARK: Writing

    private static func checkWriting(
        _ original: RequestHead,
        _ block: [UInt8],
        _ choices: inout FuzzChoices
    ) throws(BrokenInvariant) {
        var head = original
        self.edit(&head, block, &choices)
        let parts = Parts(head, &choices)
        let written = parts.write(head, block)
        try require(written == (try parts.expected(head, block)), "written as it came, but for the edits")
        try self.checkReading(written, head, block)

        var again = HTTPRequestParser(limits: self.boundless)
        guard (try? again.parse(ByteBuffer(bytes: written))) == .complete else {
            throw BrokenInvariant(description: "what is written is accepted")
        }
        try require(again.head.blockLength == written.count, "what is written is one head")
        try require(again.head.method == head.method, "the same method")
        try require(again.head.framing == head.framing, "the same framing")
        try require(again.head.upgrade == (head.upgrade == .webSocket ? .webSocket : .none), "no other upgrade")
        try require(again.head.keepsAlive == (parts.connection != .close), "the connection is our business")
        try require(!again.head.expectsContinue, "nothing is expected")
        var plain = Parts(again.head)
        plain.connection = parts.connection
        try require(plain.write(again.head, written) == written, "writing changes nothing the second time")
    }

    private static func edit(_ head: inout RequestHead, _ block: [UInt8], _ choices: inout FuzzChoices) {
        // The policy promises that what remains is empty or begins with a slash.
        let slashes = head.path.range.filter { block[$0] == 0x2F }.map { $0 - head.path.lowerBound }
        let places = slashes + [head.path.count]
        head.strippedPath = choices.below(2) == 0 ? 0 : places[choices.below(places.count)]
        for index in head.fields.indices where head.fields[index].known != .host && choices.below(8) == 0 {
            head.fields[index].isDropped = true
        }
        guard let query = head.query, choices.below(2) == 0 else { return }
        let cuts = (0..<4).map { _ in query.lowerBound + choices.below(query.count + 1) }.sorted()
        head.queryCuts = [ByteRange(start: cuts[0], end: cuts[1]), ByteRange(start: cuts[2], end: cuts[3])]
    }

    private static func checkReading(
        _ written: [UInt8],
        _ head: RequestHead,
        _ block: [UInt8]
    ) throws(BrokenInvariant) {
        guard let lines = LaxReader.lines(written) else { throw BrokenInvariant(description: "one head for anybody") }
        for line in lines { try require(!line.contains(0x0D) && line.first != 0x20 && line.first != 0x09, "no folds") }
        let lengths = LaxReader.values(lines, "content-length")
        let codings = LaxReader.values(lines, "transfer-encoding")
        switch head.framing {
        case .length(let length):
            try require(lengths == [Array("\(length)".utf8)] && codings.isEmpty, "one length for anybody")
        case .chunked:
            try require(lengths.isEmpty && codings == [Array("chunked".utf8)], "one coding for anybody")
        case .none, .untilClose:
            try require(lengths.isEmpty && codings.isEmpty, "no body for anybody")
        }
        let hosts = LaxReader.values(lines, "host")
        try require(hosts.count == 1, "one Host for anybody")
        if let host = head.host { try require(hosts == [Array(block[host.range])], "the client's Host") }
    }

    // MARK: Handshakes

    private static func checkHandshake(
        _ original: RequestHead,
        _ block: [UInt8],
        _ choices: inout FuzzChoices
    ) throws(BrokenInvariant) {
        var head = original
        guard head.upgrade == .webSocket,
            case .valid(var offer) = WebSocketHandshake.check(head, block: block.span.bytes)
        else { return }
        let line = WebSocketHandshake.filterExtensions(
            &head, block: block.span.bytes, offer: &offer, compression: choices.below(2) == 0)
        var parts = Parts(head)
        parts.connection = .webSocket
        parts.extra = line
        let written = parts.write(head, block)
        var again = HTTPRequestParser(limits: self.boundless)
        guard (try? again.parse(ByteBuffer(bytes: written))) == .complete, again.head.blockLength == written.count,
            case .valid(let second) = WebSocketHandshake.check(again.head, block: written.span.bytes)
        else { throw BrokenInvariant(description: "a handshake stays one") }
        try require(second.offersDeflate == offer.offersDeflate, "the same extension")
        try require(second.protocols == offer.protocols, "the same sub-protocols")
    }
}

/// What the writer puts in besides the client's own, and what must come out.
private struct Parts {
    var connection = UpstreamConnectionOption.persistent
    var prefix: [UInt8] = []
    var forwarded: [UInt8] = []
    var forwardsHost = false
    var opening: [UInt8] = []
    var identity: [UInt8] = []
    var route: [UInt8] = []
    var extra: [UInt8] = []

    init(_ head: RequestHead) { self.connection = head.upgrade == .webSocket ? .webSocket : .persistent }

    init(_ head: RequestHead, _ choices: inout FuzzChoices) {
        self.init(head)
        if head.upgrade != .webSocket, choices.below(4) == 0 { self.connection = .close }
        func some(_ text: String) -> [UInt8] { choices.below(2) == 0 ? [] : Array(text.utf8) }
        self.prefix = some("/v1")
        self.forwarded = some("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n")
        self.opening = some("Forwarded: for=192.0.2.1;proto=http;host=\"")
        self.identity = some("X-User-Id: 7\r\n")
        self.route = some("X-Forwarded-Prefix: /chat\r\n")
        self.extra = some("X-Request-Id: r\r\n")
        self.forwardsHost = choices.below(2) == 0
    }

    func write(_ head: RequestHead, _ block: [UInt8]) -> [UInt8] {
        var out = ByteBuffer(string: "before")
        HTTPWriter.writeRequestHead(
            head,
            block: block.span.bytes,
            connection: self.connection,
            pathPrefix: self.prefix,
            defaultHost: Array("backend:8000".utf8),
            forwarded: self.forwarded,
            forwardsHost: self.forwardsHost,
            forwardedOpening: self.opening,
            identity: self.identity,
            routeLines: self.route,
            extra: self.extra,
            into: &out
        )
        return Array(out.readableBytesView.dropFirst(6))
    }

    func expected(_ head: RequestHead, _ block: [UInt8]) throws(BrokenInvariant) -> [UInt8] {
        var out = Array(block[head.methodName.range]) + [0x20] + self.target(head, block) + Array(" HTTP/1.1\r\n".utf8)
        if head.host == nil { out += Array("Host: backend:8000\r\n".utf8) }
        let linesStart = (block[head.target.upperBound...].firstIndex(of: 0x0A) ?? 0) + 1
        out += try HeadRanges.keptLines(head.fields, block, linesStart: linesStart)
        out += self.forwarded
        let host = head.host.map { Array(block[$0.range]) }
        if self.forwardsHost, let host { out += Array("X-Forwarded-Host: ".utf8) + host + [0x0D, 0x0A] }
        if !self.opening.isEmpty { out += self.opening + (host ?? []) + Array("\"\r\n".utf8) }
        out += self.identity + self.route + self.extra
        switch head.framing {
        case .none, .untilClose: break
        case .length(let length): out += Array("Content-Length: \(length)\r\n".utf8)
        case .chunked: out += Array("Transfer-Encoding: chunked\r\n".utf8)
        }
        switch self.connection {
        case .persistent: break
        case .close: out += Array("Connection: close\r\n".utf8)
        case .webSocket: out += Array("Connection: Upgrade\r\nUpgrade: websocket\r\n".utf8)
        }
        return out + [0x0D, 0x0A]
    }

    private func target(_ head: RequestHead, _ block: [UInt8]) -> [UInt8] {
        let path = block[head.path.range].dropFirst(head.strippedPath)
        var target = self.prefix + (path.isEmpty ? [0x2F] : Array(path))
        guard let query = head.query else { return target }
        let kept = query.range.filter { index in !head.queryCuts.contains { $0.range.contains(index) } }
        if head.queryCuts.isEmpty || !kept.isEmpty { target += [0x3F] + kept.map { block[$0] } }
        return target
    }
}
