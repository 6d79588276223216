import GatewayMessage
import GatewayProtocol

/// Message heads taken apart naively, so that the handshake's rules are tested without the parser.
struct WebSocketHeads {
    var block: [UInt8]
    var request = RequestHead()
    var response = ResponseHead()

    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    /// A handshake; `changing` replaces or, with nil, removes lines of the usual ones; `adding` follows them.
    static func request(
        changing: [String: String?] = [:],
        adding: [(String, String)] = [],
        edit: (inout RequestHead) -> Void = { _ in }
    ) -> WebSocketHeads {
        let usual = [
            ("Host", "example.com"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", self.key), ("Sec-WebSocket-Version", "13"),
        ]
        var heads = WebSocketHeads(first: "GET /chat HTTP/1.1", self.lines(usual, changing) + adding)
        heads.request.method = .get
        heads.request.upgrade = .webSocket
        edit(&heads.request)
        return heads
    }

    static func response(
        status: Int = 101,
        changing: [String: String?] = [:],
        adding: [(String, String)] = [],
        edit: (inout ResponseHead) -> Void = { _ in }
    ) -> WebSocketHeads {
        let usual = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", self.accept)]
        var heads = WebSocketHeads(first: "HTTP/1.1 \(status) X", self.lines(usual, changing) + adding)
        heads.response.status = status
        edit(&heads.response)
        return heads
    }

    private static func lines(_ usual: [(String, String)], _ changing: [String: String?]) -> [(String, String)] {
        usual.compactMap { name, value in
            guard let change = changing[name] else { return (name, value) }
            return change.map { (name, $0) }
        }
    }

    /// Filters the request's extensions as the server does: head and block side by side.
    mutating func filterExtensions(_ offer: inout WebSocketOffer, compression: Bool) -> [UInt8] {
        let block = self.block
        return WebSocketHandshake.filterExtensions(
            &self.request,
            block: block.span.bytes,
            offer: &offer,
            compression: compression
        )
    }

    private init(first: String, _ lines: [(String, String)]) {
        self.block = Array("\(first)\r\n".utf8)
        for (name, value) in lines {
            let start = self.block.count
            self.block += Array("\(name): \(value)\r\n".utf8)
            let nameRange = ByteRange(start: start, end: start + name.utf8.count)
            let valueStart = start + name.utf8.count + 2
            let known = KnownField.allCases.first { "\($0.name)" == name.lowercased() } ?? .other
            let field = HeaderField(
                name: nameRange,
                value: ByteRange(start: valueStart, end: valueStart + value.utf8.count),
                known: known,
                foldedHash: FoldedName.hash(of: name)
            )
            self.request.fields.append(field)
            self.response.fields.append(field)
        }
        self.block += Array("\r\n".utf8)
        self.request.blockLength = self.block.count
        self.response.blockLength = self.block.count
    }
}
