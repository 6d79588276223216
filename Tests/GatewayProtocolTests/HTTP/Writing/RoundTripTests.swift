import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

/// Whatever is accepted must be forwarded so that a parser as strict as ours reads the same: the fields minus the dropped
/// ones plus the injected ones. The heads are random, valid ones and valid ones with random damage.
@Suite struct RoundTripTests {
    static let injected = "X-User-Id: 7\r\nX-Forwarded-For: ::1\r\n"

    /// nil when the parser refused the head.
    static func check(_ bytes: [UInt8]) throws -> Bool {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        let buffer = ByteBuffer(bytes: bytes)
        guard case .head(let first) = parseRequest(bytes) else { return false }
        #expect(try parser.parse(buffer) == .complete)

        var out = ByteBuffer()
        HTTPWriter.writeRequestHead(
            parser.head,
            block: buffer.readableBytesSpan,
            connection: first.upgrade == .webSocket ? .webSocket : .persistent,
            identity: Array(Self.injected.utf8),
            into: &out
        )
        // The writer's Host for a client without one is empty, which no client may send.
        guard first.host != nil else { return true }
        let written = Array(out.readableBytesView)
        let second = try #require(parseRequest(written).head, "\(text(written))")

        #expect(second.method == first.method)
        #expect(second.methodName == first.methodName)
        #expect(second.target == first.target)
        #expect(second.query == first.query)
        #expect(second.host == first.host)
        #expect(second.minorVersion == 1)
        #expect(second.framing == first.framing)
        #expect(second.upgrade == (first.upgrade == .webSocket ? .webSocket : .none))
        #expect(second.keepsAlive)
        #expect(!second.expectsContinue)
        #expect(second.blockLength == written.count)
        #expect(second.kept == first.kept + ["X-User-Id: 7", "X-Forwarded-For: ::1"])
        let own = second.dropped.map { $0.lowercased() }
        switch (first.upgrade, first.framing) {
        case (.webSocket, _): #expect(own == ["connection: upgrade", "upgrade: websocket"])
        case (_, .length(let length)): #expect(own == ["content-length: \(length)"])
        case (_, .chunked): #expect(own == ["transfer-encoding: chunked"])
        default: #expect(own.isEmpty)
        }
        return true
    }

    @Test(.timeLimit(.minutes(1)), arguments: 0..<4)
    func acceptedHead_isForwardedUnchanged_exceptForItsEdits(_ seed: Int) throws {
        var random = SeededGenerator(UInt64(seed))
        var accepted = 0
        for _ in 0..<500 where try Self.check(RandomRequest.bytes(&random)) { accepted += 1 }
        #expect(accepted > 400)
    }

    @Test(.timeLimit(.minutes(1)), arguments: 4..<8)
    func damagedHead_isRefusedOrForwardedUnchanged(_ seed: Int) throws {
        var random = SeededGenerator(UInt64(seed))
        var accepted = 0
        for _ in 0..<1500 {
            var bytes = RandomRequest.bytes(&random)
            for _ in 0...random.below(3) { RandomRequest.damage(&bytes, &random) }
            if try Self.check(bytes) { accepted += 1 }
            let cuts = (0..<random.below(4)).map { _ in random.below(bytes.count + 1) }.sorted()
            #expect(parseRequest(bytes, cuts: cuts) == parseRequest(bytes))
            let response = Array("HTTP/1.1 200 OK\r\n".utf8) + bytes.drop { $0 != 0x0A }.dropFirst() + [0x0A]
            let cut = [random.below(response.count + 1)]
            #expect(parseResponse(response, cuts: cut) == parseResponse(response))
        }
        #expect(accepted > 50 && accepted < 1450)
    }

    @Test(.timeLimit(.minutes(1)), arguments: 8..<12)
    func garbage_isRefusedOrIncomplete(_ seed: Int) {
        var random = SeededGenerator(UInt64(seed))
        let likely = Array("GET / HTTP/1.1\r\nHost: a\r\n:,;= \t_-0123?#%\\[]".utf8)
        for _ in 0..<4000 {
            let bytes = (0..<random.below(80)).map { _ in
                random.chance(10) ? UInt8(random.below(256)) : random.element(likely)
            }
            for prefix in ["", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\n", "HTTP/1.1 200 OK\r\n"] {
                // What is wrong in a line may wait until the line is complete: so the last one is.
                let input = Array(prefix.utf8) + bytes + [0x0A]
                let cut = [random.below(input.count + 1)]
                #expect(parseRequest(input, cuts: cut) == parseRequest(input))
                #expect(parseResponse(input, cuts: cut) == parseResponse(input))
            }
        }
    }
}

/// Requests that look like a client's, more or less.
enum RandomRequest {
    static func bytes(_ random: inout SeededGenerator) -> [UInt8] {
        let isOld = random.chance(10)
        var lines = [self.requestLine(isOld: isOld, &random)]
        var fields = (0..<random.below(12)).map { _ in self.field(&random) }
        if !isOld || random.chance(2) { fields.append("Host:" + random.element(["a", " a:80", " [::1]", "\tA.b "])) }
        fields += self.framing(isOld: isOld, &random)
        if random.chance(4) {
            fields.append("Connection: " + random.element(["close", "X-a, te", "keep-alive", "upgrade"]))
        }
        if random.chance(8) { fields += ["Connection: upgrade", "Upgrade: websocket"] }
        lines += fields.shuffled(using: &random)
        return Array((lines.map { $0 + "\r\n" }.joined() + "\r\n").utf8)
    }

    static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let likely = Array("\r\n\t :,_-=?#\\\u{0}\u{7F}".utf8) + [0x85, 0xC3]
        let byte = random.chance(3) ? UInt8(random.below(256)) : random.element(likely)
        let position = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[position] = byte
        case 1: bytes.insert(byte, at: position)
        default: bytes.remove(at: position)
        }
    }

    private static func requestLine(isOld: Bool, _ random: inout SeededGenerator) -> String {
        let method = random.element(["GET", "GET", "POST", "PUT", "DELETE", "PROPFIND", "HEAD"])
        let path = random.element([
            "/", "/ws/chat/1/", "/a%2fb;c//..", "/\(String(repeating: "p", count: random.below(50)))",
        ])
        let query = random.element([
            "", "?", "?token=x.y.z", "?a=b&c=\\|^", "?\(String(repeating: "q=&", count: random.below(30)))",
        ])
        return "\(method) \(path)\(query) HTTP/1.\(isOld ? 0 : 1)"
    }

    private static func field(_ random: inout SeededGenerator) -> String {
        let names = [
            "X-a", "x-B", "Accept", "Cookie", "X_User_Id", "X.y", "Te", "Keep-Alive", "User-Agent", "!odd", "x",
        ]
        let blanks = ["", " ", "\t", "  \t"]
        let characters = Array("abc=;, \t\"é~!:()")
        let value = String((0..<random.below(40)).map { _ in random.element(characters) })
        return random.element(names) + ":" + random.element(blanks) + value + random.element(blanks)
    }

    private static func framing(isOld: Bool, _ random: inout SeededGenerator) -> [String] {
        switch random.below(4) {
        case 0: ["Content-Length: \(random.below(100_000))"]
        case 1 where !isOld: ["Transfer-Encoding: chunked"] + (random.chance(2) ? ["Expect: 100-continue"] : [])
        default: []
        }
    }
}
