import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

@Suite struct WebSocketHandshakeTests {
    /// What `check` said, as text.
    private static func verdict(_ heads: WebSocketHeads) -> String {
        switch WebSocketHandshake.check(heads.request, block: heads.block.span.bytes) {
        case .valid: "valid"
        case .malformed(let label): "\(label)"
        case .unsupportedVersion: "version"
        }
    }

    static func offer(_ heads: WebSocketHeads) throws -> WebSocketOffer {
        guard case .valid(let offer) = WebSocketHandshake.check(heads.request, block: heads.block.span.bytes) else {
            throw NotValid()
        }
        return offer
    }

    struct NotValid: Error {}

    @Test func accept_isTheSpecificationsExample() throws {
        let offer = try Self.offer(.request())
        let accept = offer.accept.indices.map { offer.accept[$0] }
        #expect(String(decoding: accept, as: UTF8.self) == WebSocketHeads.accept)
    }

    @Test(arguments: [
        ("", "missing"), ("dGhlIHNhbXBsZSBub25jZQ=", "bad"), ("dGhlIHNhbXBsZSBub25jZQ===", "bad"),
        ("dGhlIHNhbXBsZSBub25jZQAA", "bad"), ("dGhlIHNhbXBsZSBub25j=Q==", "bad"), ("dGhlIHNhbXBsZSBub25jZ-==", "bad"),
        ("dGhlIHNhbXBsZSBub25jZ===", "bad"), ("dGhlIHNhbXBsZSBub25jZZ==", "valid"),
        ("++++//////////////////==", "valid"),
        ("dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==", "bad"),
    ])
    func key_isBase64OfSixteenBytes(_ key: String, _ expected: String) {
        let verdict = Self.verdict(.request(changing: ["Sec-WebSocket-Key": key.isEmpty ? nil : key]))
        switch expected {
        case "valid": #expect(verdict == "valid")
        case "missing": #expect(verdict == "Sec-WebSocket-Key is missing")
        default: #expect(verdict == "Sec-WebSocket-Key is not base64 of 16 bytes")
        }
    }

    @Test func key_isRefused_whenRepeatedOrNominated() {
        let repeated = WebSocketHeads.request(adding: [("sec-websocket-key", WebSocketHeads.key)])
        #expect(Self.verdict(repeated) == "more than one Sec-WebSocket-Key")
        for known in [KnownField.secWebSocketKey, .secWebSocketVersion] {
            let nominated = WebSocketHeads.request { head in
                for index in head.fields.indices where head.fields[index].known == known {
                    head.fields[index].isDropped = true
                }
            }
            #expect(Self.verdict(nominated) == "Connection nominates a handshake field")
        }
    }

    @Test(arguments: ["8", "12", "14", "013", "13, 8", "", "+13"])
    func version_isUnsupported_unlessThirteen(_ version: String) {
        #expect(Self.verdict(.request(changing: ["Sec-WebSocket-Version": version])) == "version")
    }

    @Test func version_isUnsupported_whenMissingOrRepeated() {
        #expect(Self.verdict(.request(changing: ["Sec-WebSocket-Version": nil])) == "version")
        #expect(Self.verdict(.request(adding: [("Sec-WebSocket-Version", "13")])) == "version")
        // An older draft's request has no key of ours either; the version is what to tell its sender.
        #expect(
            Self.verdict(.request(changing: ["Sec-WebSocket-Version": "8", "Sec-WebSocket-Key": nil])) == "version")
    }

    @Test func request_isMalformed_whenNoPlainGet() {
        #expect(Self.verdict(.request { $0.method = .post }) == "handshake method is not GET")
        #expect(Self.verdict(.request { $0.minorVersion = 0 }) == "handshake is not HTTP/1.1")
        #expect(Self.verdict(.request { $0.framing = .length(1) }) == "handshake has a body")
        #expect(Self.verdict(.request { $0.framing = .chunked }) == "handshake has a body")
        #expect(Self.verdict(.request { $0.framing = .length(0) }) == "valid")
    }

    @Test(
        arguments: [
            ("chat", ["chat"]), ("chat, superchat", ["chat", "superchat"]),
            ("Bearer,eyJ.a-b_c", ["Bearer", "eyJ.a-b_c"]),
            (" ,chat ,\t, b,", ["chat", "b"]), ("", []), ("chat, CHAT", ["chat", "CHAT"]),
        ] as [(String, [String])])
    func protocols_areRead_inOrder(_ value: String, _ expected: [String]) throws {
        let offer = try Self.offer(.request(adding: [("Sec-WebSocket-Protocol", value)]))
        #expect(offer.protocols == expected.map { Array($0.utf8) })
    }

    @Test func protocols_areRead_fromEveryLine() throws {
        let heads = WebSocketHeads.request(
            adding: [("Sec-WebSocket-Protocol", "a, b"), ("X", "y"), ("sec-websocket-protocol", "c")]
        )
        #expect(try Self.offer(heads).protocols == [[0x61], [0x62], [0x63]])
    }

    @Test(arguments: ["a b", "a=b", "\"a\"", "a;b", "a/b", "caf\u{e9}", "a, (b)"])
    func protocols_areRefused_unlessTokens(_ value: String) {
        let verdict = Self.verdict(.request(adding: [("Sec-WebSocket-Protocol", value)]))
        #expect(verdict == "malformed Sec-WebSocket-Protocol")
    }

    @Test func protocols_areRefused_whenRepeatedOrTooMany() {
        let repeated = WebSocketHeads.request(
            adding: [("Sec-WebSocket-Protocol", "a, b"), ("Sec-WebSocket-Protocol", "a")]
        )
        #expect(Self.verdict(repeated) == "a sub-protocol is offered twice")
        let many = (0..<32).map { "p\($0)" }.joined(separator: ",")
        #expect(Self.verdict(.request(adding: [("Sec-WebSocket-Protocol", many)])) == "valid")
        #expect(Self.verdict(.request(adding: [("Sec-WebSocket-Protocol", many + ",q")])) == "too many sub-protocols")
        let long = String(repeating: "x", count: 16 << 10)
        #expect(Self.verdict(.request(adding: [("Sec-WebSocket-Protocol", long)])) == "too many sub-protocols")
    }

    @Test(arguments: [
        "permessage-deflate foo", "permessage-deflate;", "permessage-deflate; =1", "permessage-deflate; a=", "; a",
        "permessage-deflate; a=\"b", "x; a=\"b, permessage-deflate\"", "x; a=\"\"", "a\"b", "x; a=\"b\\\"c\"",
    ])
    func extensions_areRefused_whenMalformed(_ value: String) {
        let verdict = Self.verdict(.request(adding: [("Sec-WebSocket-Extensions", value)]))
        #expect(verdict == "malformed Sec-WebSocket-Extensions")
    }

    @Test(arguments: [
        ("permessage-deflate", true), ("x-webkit-deflate-frame, PerMessage-Deflate; client_max_window_bits", true),
        ("permessage-deflate; client_max_window_bits=\"10\" ; server_no_context_takeover,", true), ("foo", false),
        ("foo; permessage-deflate", false), ("permessage-deflate2", false), ("", false),
    ])
    func deflate_isOffered_whenNamed(_ value: String, _ expected: Bool) throws {
        #expect(try Self.offer(.request(adding: [("Sec-WebSocket-Extensions", value)])).offersDeflate == expected)
    }

    @Test(arguments: 0..<20)
    func handshake_neverTraps_whenValuesAreRandom(_ seed: UInt64) {
        var random = WebSocketRandom(seed)
        let alphabet = Array(" \t,;=\"\\aA-./permessage-deflate13==".unicodeScalars)
        func value() -> String {
            var text = ""
            for _ in 0..<Int.random(in: 0...24, using: &random) {
                text.unicodeScalars.append(alphabet.randomElement(using: &random) ?? "a")
            }
            return text
        }
        let names = [
            "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
        ]
        for _ in 0..<200 {
            var added: [(String, String)] = []
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                added.append((names.randomElement(using: &random) ?? "", value()))
            }
            var heads = WebSocketHeads.request(adding: added)
            if case .valid(var offer) = WebSocketHandshake.check(heads.request, block: heads.block.span.bytes) {
                _ = heads.filterExtensions(&offer, compression: true)
            }
        }
    }
}
