import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

@Suite struct HandshakeAnswerTests {
    private static func offer(protocols: String? = "chat, superchat", extensions: String? = nil) throws
        -> WebSocketOffer
    {
        var lines: [(String, String)] = []
        if let protocols { lines.append(("Sec-WebSocket-Protocol", protocols)) }
        if let extensions { lines.append(("Sec-WebSocket-Extensions", extensions)) }
        return try WebSocketHandshakeTests.offer(.request(adding: lines))
    }

    private static func verdict(_ heads: WebSocketHeads, _ offer: WebSocketOffer) -> String {
        switch WebSocketHandshake.checkResponse(heads.response, block: heads.block.span.bytes, offer: offer) {
        case .accepted(let subprotocol, let deflate):
            "accepted \(subprotocol.map { heads.block.span.bytes.text($0) } ?? "-")\(deflate ? " deflate" : "")"
        case .notUpgraded(let status): "status \(status)"
        case .invalid(let label): "\(label)"
        }
    }

    @Test func answer_isAccepted_whenItMatches() throws {
        let offer = try Self.offer(extensions: "permessage-deflate; client_max_window_bits")
        #expect(Self.verdict(.response(), offer) == "accepted -")
        let shouting = ["Upgrade": "WebSocket", "Connection": "keep-alive, UPGRADE"]
        #expect(Self.verdict(.response(changing: shouting), offer) == "accepted -")
        let full = WebSocketHeads.response(
            adding: [
                ("Sec-WebSocket-Protocol", "superchat"),
                ("Sec-WebSocket-Extensions", "permessage-deflate; server_max_window_bits=12"),
            ]
        )
        #expect(Self.verdict(full, offer) == "accepted superchat deflate")
    }

    @Test(arguments: [200, 301, 400, 403, 426, 500, 100, 102])
    func answer_isNotAnUpgrade_withAnotherStatus(_ status: Int) throws {
        #expect(Self.verdict(.response(status: status), try Self.offer()) == "status \(status)")
    }

    @Test(
        arguments: [
            ("Connection", nil, "101 without Connection: upgrade"),
            ("Connection", "close", "101 without Connection: upgrade"),
            ("Connection", "upgraded", "101 without Connection: upgrade"), ("Upgrade", nil, "101 without Upgrade"),
            ("Upgrade", "h2c", "101 upgrades to something else"),
            ("Upgrade", "websocket, h2c", "101 upgrades to something else"),
            ("Sec-WebSocket-Accept", nil, "101 without Sec-WebSocket-Accept"),
            ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo", "101 with a wrong Sec-WebSocket-Accept"),
            ("Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "101 with a wrong Sec-WebSocket-Accept"),
            ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo==", "101 with a wrong Sec-WebSocket-Accept"),
        ] as [(String, String?, String)])
    func answer_isInvalid_whenALineIsWrong(_ name: String, _ value: String?, _ expected: String) throws {
        #expect(Self.verdict(.response(changing: [name: value]), try Self.offer()) == expected)
    }

    @Test(arguments: [
        ("Sec-WebSocket-Accept", WebSocketHeads.accept, "101 with more than one Sec-WebSocket-Accept"),
        ("Upgrade", "websocket", "101 upgrades to something else"),
        ("Sec-WebSocket-Protocol", "other", "101 with a sub-protocol that was not offered"),
        ("Sec-WebSocket-Protocol", "Chat", "101 with a sub-protocol that was not offered"),
        ("Sec-WebSocket-Protocol", "", "101 with a sub-protocol that was not offered"),
        ("Sec-WebSocket-Protocol", "chat, superchat", "101 with a sub-protocol that was not offered"),
        ("Sec-WebSocket-Extensions", "permessage-deflate", "101 with an extension that was not offered"),
        ("Sec-WebSocket-Extensions", "foo", "101 with an extension that was not offered"),
        ("Sec-WebSocket-Extensions", "foo;", "101 with malformed Sec-WebSocket-Extensions"),
    ])
    func answer_isInvalid_whenALineIsAdded(_ name: String, _ value: String, _ expected: String) throws {
        #expect(Self.verdict(.response(adding: [(name, value)]), try Self.offer()) == expected)
    }

    @Test func answer_isInvalid_whenItChoosesTwice() throws {
        let offer = try Self.offer(extensions: "permessage-deflate")
        let protocols = [("Sec-WebSocket-Protocol", "chat"), ("Sec-WebSocket-Protocol", "chat")]
        #expect(Self.verdict(.response(adding: protocols), offer) == "101 with more than one sub-protocol")
        let extensions = [("Sec-WebSocket-Extensions", "permessage-deflate, permessage-deflate")]
        #expect(Self.verdict(.response(adding: extensions), offer) == "101 with an extension that was not offered")
        let unoffered = try Self.offer(protocols: nil)
        #expect(
            Self.verdict(.response(adding: [("Sec-WebSocket-Protocol", "chat")]), unoffered)
                == "101 with a sub-protocol that was not offered"
        )
    }

    @Test func answer_isInvalid_whenHTTP10OrNominated() throws {
        let offer = try Self.offer()
        #expect(Self.verdict(.response { $0.minorVersion = 0 }, offer) == "101 is not HTTP/1.1")
        let nominated = WebSocketHeads.response { head in
            for index in head.fields.indices where head.fields[index].known == .secWebSocketAccept {
                head.fields[index].isDropped = true
            }
        }
        #expect(Self.verdict(nominated, offer) == "Connection nominates a handshake field")
    }

    @Test func deflate_isInvalid_whenItsOfferWasRemoved() throws {
        var heads = WebSocketHeads.request(adding: [("Sec-WebSocket-Extensions", "permessage-deflate")])
        var offer = try WebSocketHandshakeTests.offer(heads)
        _ = heads.filterExtensions(&offer, compression: false)
        let answer = WebSocketHeads.response(adding: [("Sec-WebSocket-Extensions", "permessage-deflate")])
        #expect(Self.verdict(answer, offer) == "101 with an extension that was not offered")
    }

    @Test(
        arguments: [
            (nil, [], nil), ("chat", [], "chat"), ("chat, superchat", [], "chat"),
            ("bearer, secret", ["secret"], "bearer"), ("secret, chat", ["secret"], "chat"), ("secret", ["secret"], nil),
            ("eyJhbGciOi.e30.x", [], nil), ("Bearer-eyJhbGciOi.e30.x, chat", [], "chat"),
            ("base64url.bearer.authorization.k8s.io.ZXlKaGJHY2lP, v4.channel.k8s.io", [], "v4.channel.k8s.io"),
        ] as [(String?, [String], String?)])
    func ownAnswer_namesAnOffer_butNoToken(_ offered: String?, _ tokens: [String], _ named: String?) throws {
        let offer = try Self.offer(protocols: offered, extensions: "permessage-deflate")
        var out = ByteBuffer()
        WebSocketHandshake.writeAccept(offer, neverNaming: tokens.map { Array($0.utf8) }, into: &out)
        let line = named.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        #expect(
            String(buffer: out) == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: \(WebSocketHeads.accept)\r\n\(line)\r\n"
        )
    }
}
