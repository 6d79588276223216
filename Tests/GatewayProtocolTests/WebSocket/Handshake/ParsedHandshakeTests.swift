import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

/// The parser's heads are what the handshake's rules expect.
@Suite struct ParsedHandshakeTests {
    private static func request(connection: String) -> String {
        "GET /ws/chat/1/?token=x HTTP/1.1\r\nHost: example.com\r\nConnection: \(connection)\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Key: \(WebSocketHeads.key)\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Protocol: chat, bearer\r\n"
            + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    }

    private static func check(_ text: String) throws -> HandshakeCheck {
        var parser = HTTPRequestParser(limits: HTTPLimits())
        let buffer = ByteBuffer(string: text)
        #expect(try parser.parse(buffer) == .complete)
        #expect(parser.head.upgrade == .webSocket)
        return WebSocketHandshake.check(parser.head, block: buffer.readableBytesSpan)
    }

    @Test func browsersRequest_isValid() throws {
        guard case .valid(let offer) = try Self.check(Self.request(connection: "keep-alive, Upgrade")) else {
            Issue.record("not valid")
            return
        }
        #expect(offer.protocols == [Array("chat".utf8), Array("bearer".utf8)])
        #expect(offer.offersDeflate)
    }

    /// The parser lets handshake fields survive a nomination, so the handshake that goes upstream is the one we judged.
    @Test func nominatedKey_isStillForwarded() throws {
        guard case .valid = try Self.check(Self.request(connection: "Upgrade, sec-websocket-key")) else {
            Issue.record("not valid")
            return
        }
    }

    @Test func serversAnswer_isAccepted() throws {
        guard case .valid(let offer) = try Self.check(Self.request(connection: "Upgrade")) else { return }
        var parser = HTTPResponseParser(limits: HTTPLimits())
        let buffer = ByteBuffer(
            string: "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
                + "sec-websocket-accept: \(WebSocketHeads.accept)\r\nsec-websocket-protocol: chat\r\n"
                + "sec-websocket-extensions: permessage-deflate\r\n\r\n"
        )
        #expect(try parser.parse(buffer, requestMethod: .get) == .complete)
        let block = buffer.readableBytesSpan
        guard
            case .accepted(let subprotocol, let deflate) = WebSocketHandshake.checkResponse(
                parser.head, block: block, offer: offer
            )
        else {
            Issue.record("not accepted")
            return
        }
        #expect(subprotocol.map { block.text($0) } == "chat")
        #expect(deflate)
    }
}
