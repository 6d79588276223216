import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

@Suite struct SubprotocolTokenTests {
    private static let kubernetes = "base64url.bearer.authorization.k8s.io."

    private static func heads(_ values: [String]) -> WebSocketHeads {
        .request(adding: values.map { ("Sec-WebSocket-Protocol", $0) })
    }

    private static func find(_ heads: WebSocketHeads) -> SubprotocolFinding {
        WebSocketHandshake.findToken(in: heads.request, block: heads.block.span.bytes)
    }

    /// What was found, as text.
    private static func words(_ finding: SubprotocolFinding, _ heads: WebSocketHeads) -> String {
        switch finding {
        case .none: "none"
        case .several: "several"
        case .incomplete: "incomplete"
        case .alone: "alone"
        case .token(let token): "\(token.form) \(heads.block.span.bytes.text(token.value))"
        }
    }

    @Test(
        arguments: [
            ([], "none"), (["chat"], "none"), (["chat, superchat"], "none"), (["eyJ.eyJ.x"], "none"),
            (["bearer, eyJ.a-b_c.d"], "pair eyJ.a-b_c.d"), (["Bearer,tok"], "pair tok"),
            (["chat, bearer, tok, v2"], "pair tok"),
            (["bearer", "tok"], "pair tok"), (["bearer", "chat"], "pair chat"), (["a", "bearer,b", "c"], "pair b"),
            (["bearer, bearer.x"], "pair bearer.x"), (["bearer, Bearer"], "pair Bearer"),
            (["bearer.tok"], "dotted tok"), (["chat, BEARER.eyJ.a.b"], "dotted eyJ.a.b"),
            (["bearer.tok", "chat"], "dotted tok"),
            (["bearers.tok"], "none"), (["xbearer.tok"], "none"), (["bearer-tok"], "none"),
            ([kubernetes + "ZXlK, v4.channel.k8s.io"], "kubernetes ZXlK"),
            (["v4.channel.k8s.io", kubernetes + "ZXlK"], "kubernetes ZXlK"),
            (["Base64url.bearer.authorization.k8s.io.ZXlK, chat"], "none"),
            (["base64url.bearer.other.ZXlK, chat"], "none"),
            ([kubernetes + "ZXlK"], "alone"),
            (["bearer"], "incomplete"), (["chat, bearer"], "incomplete"), (["bearer."], "incomplete"),
            ([kubernetes + ", chat"], "incomplete"),
            (["bearer.a, bearer.b"], "several"), (["bearer, a, bearer.b"], "several"),
            (["bearer.a, bearer, b"], "several"),
            (["bearer, a, Bearer, b"], "several"), ([kubernetes + "a", "bearer, b"], "several"),
            ([kubernetes + "a", kubernetes + "b, chat"], "several"), (["bearer.a, bearer"], "incomplete"),
        ] as [([String], String)])
    func token_isFound_inOneForm(_ values: [String], _ expected: String) {
        let heads = Self.heads(values)
        #expect(Self.words(Self.find(heads), heads) == expected)
    }

    @Test(
        arguments: [
            (["bearer, tok"], "", ["bearer"]),
            (["chat, bearer, tok, v2"], "Sec-WebSocket-Protocol: chat, v2\r\n", ["chat", "v2", "bearer"]),
            (["Bearer", "tok", " chat ,,v2"], "Sec-WebSocket-Protocol: chat, v2\r\n", ["chat", "v2", "Bearer"]),
            (["bearer.tok"], "", []), (["bearer.tok, chat"], "Sec-WebSocket-Protocol: chat\r\n", ["chat"]),
            (
                [kubernetes + "ZXlK, v4.channel.k8s.io"], "Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n",
                ["v4.channel.k8s.io"]
            ),
        ] as [([String], String, [String])])
    func removedToken_isNotOffered(_ values: [String], _ line: String, _ choices: [String]) throws {
        var heads = Self.heads(values)
        var offer = try WebSocketHandshakeTests.offer(heads)
        let before = offer.protocols
        let block = heads.block
        guard case .token(let token) = Self.find(heads) else { return #expect(Bool(false), "no token") }
        let written = WebSocketHandshake.removeToken(
            token, from: &heads.request, block: block.span.bytes, offer: &offer)
        #expect(String(decoding: written, as: UTF8.self) == line)
        #expect(heads.request.fields.allSatisfy { $0.isDropped == ($0.known == .secWebSocketProtocol) })
        // Upstream may choose what is left, and `bearer`; of the rest nothing, least of all the token.
        for name in before {
            let answer = WebSocketHeads.response(adding: [
                ("Sec-WebSocket-Protocol", String(decoding: name, as: UTF8.self))
            ])
            let isValid =
                switch WebSocketHandshake.checkResponse(answer.response, block: answer.block.span.bytes, offer: offer) {
                case .accepted: true
                case .invalid, .notUpgraded: false
                }
            #expect(isValid == choices.contains(String(decoding: name, as: UTF8.self)))
        }
    }

    @Test(
        arguments: [
            ("bearer, tok", nil, "Sec-WebSocket-Protocol: bearer\r\n"),
            ("Bearer, tok, chat", nil, "Sec-WebSocket-Protocol: Bearer\r\n"),
            ("bearer, tok, chat", "chat", ""), ("bearer, tok", "bearer", ""), ("bearer.tok, chat", nil, ""),
            ("bearer.tok", nil, ""), (kubernetes + "ZXlK, chat", nil, ""), (kubernetes + "ZXlK, chat", "chat", ""),
        ] as [(String, String?, String)])
    func answer_namesBearer_whenUpstreamChoseNothing(_ offered: String, _ chosen: String?, _ line: String) throws {
        var heads = Self.heads([offered])
        var offer = try WebSocketHandshakeTests.offer(heads)
        let block = heads.block
        guard case .token(let token) = Self.find(heads) else { return #expect(Bool(false), "no token") }
        _ = WebSocketHandshake.removeToken(token, from: &heads.request, block: block.span.bytes, offer: &offer)
        let answer = WebSocketHeads.response(adding: chosen.map { [("Sec-WebSocket-Protocol", $0)] } ?? [])
        let checked = WebSocketHandshake.checkResponse(answer.response, block: answer.block.span.bytes, offer: offer)
        guard case .accepted(let subprotocol, _) = checked else { return #expect(Bool(false), "\(checked)") }
        let added = WebSocketHandshake.protocolLine(for: offer, chosen: subprotocol)
        #expect(String(decoding: added, as: UTF8.self) == line)
    }

    /// An application that reads the token itself sees the whole offer, and may choose all of it but the token.
    @Test(
        arguments: [
            ("bearer, tok", "bearer", true), ("bearer, tok", "tok", false), ("chat, bearer, tok", "chat", true),
            ("chat, bearer, tok", "tok", false), ("bearer.tok, chat", "bearer.tok", false),
            ("bearer.tok, chat", "chat", true), (kubernetes + "ZXlK, chat", kubernetes + "ZXlK", false),
        ] as [(String, String, Bool)])
    func withheldToken_isOffered_andNotChosen(_ offered: String, _ chosen: String, _ isValid: Bool) throws {
        let heads = Self.heads([offered])
        var offer = try WebSocketHandshakeTests.offer(heads)
        guard case .token(let token) = Self.find(heads) else { return #expect(Bool(false), "no token") }
        let block = heads.block
        WebSocketHandshake.withholdToken(token, block: block.span.bytes, offer: &offer)
        let answer = WebSocketHeads.response(adding: [("Sec-WebSocket-Protocol", chosen)])
        switch WebSocketHandshake.checkResponse(answer.response, block: answer.block.span.bytes, offer: offer) {
        case .accepted: #expect(isValid)
        case .invalid: #expect(!isValid)
        case .notUpgraded: #expect(Bool(false))
        }
    }

    @Test func nothingIsAdded_whenNothingWasRemoved() throws {
        let offer = try WebSocketHandshakeTests.offer(Self.heads(["bearer, tok"]))
        #expect(WebSocketHandshake.protocolLine(for: offer, chosen: nil) == [])
    }

    /// The gateway's own 101, for a close that a page can read, before and after the token was removed.
    @Test(
        arguments: [
            ("bearer, opaque", "bearer"), ("bearer.opaque", nil), ("bearer.opaque, chat", "chat"),
            (kubernetes + "b3BhcXVl, chat", "chat"), (kubernetes + "b3BhcXVl, bearer.x", nil),
            ("chat, bearer, opaque", "chat"),
        ] as [(String, String?)])
    func ownAnswer_neverNamesAToken(_ offered: String, _ named: String?) throws {
        var heads = Self.heads([offered])
        var offer = try WebSocketHandshakeTests.offer(heads)
        for _ in 0..<2 {
            var out = ByteBuffer()
            WebSocketHandshake.writeAccept(offer, into: &out)
            let line = String(buffer: out).split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Protocol") }
            #expect(line.map { String($0) } == named.map { "Sec-WebSocket-Protocol: \($0)" })
            let block = heads.block
            guard case .token(let token) = Self.find(heads) else { return }
            _ = WebSocketHandshake.removeToken(token, from: &heads.request, block: block.span.bytes, offer: &offer)
        }
    }

    @Test(arguments: 0..<20)
    func finding_agreesWithANaiveReading(_ seed: UInt64) {
        var random = WebSocketRandom(seed)
        let names = [
            "bearer", "Bearer", "bearer.a", "BEARER.b", Self.kubernetes + "c", Self.kubernetes, "bearer.", "chat", "v2",
            "eyJ.a.b",
        ]
        for _ in 0..<300 {
            let offered = names.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random))
            let heads = Self.heads(offered.map { $0 })
            #expect(Self.words(Self.find(heads), heads) == Self.naive(Array(offered)), "\(offered)")
        }
    }

    private static func naive(_ names: [String]) -> String {
        var tokens: [(String, String)] = []
        var others = 0
        var dangling = false
        var index = 0
        while index < names.count {
            let name = names[index]
            if name.lowercased() == "bearer" {
                if index + 1 < names.count { tokens.append(("pair", names[index + 1])) } else { dangling = true }
                index += 1
            } else if name.lowercased().hasPrefix("bearer.") {
                tokens.append(("dotted", String(name.dropFirst(7))))
            } else if name.hasPrefix(Self.kubernetes) {
                tokens.append(("kubernetes", String(name.dropFirst(Self.kubernetes.count))))
            } else {
                others += 1
            }
            index += 1
        }
        if tokens.count > 1 { return "several" }
        if dangling || tokens.contains(where: { $0.1.isEmpty }) { return "incomplete" }
        guard let token = tokens.first else { return "none" }
        return token.0 == "kubernetes" && others == 0 ? "alone" : "\(token.0) \(token.1)"
    }
}
