import NIOCore
import NIOPosix
import Testing

@testable import ChatDemo

/// The few things that only a socket shows: upgrades on a used connection, frames on the wire, closing, stopping.
@Suite(.timeLimit(.minutes(1))) struct ChatDemoServerTests {
    private static func handshake(room: Int = 1, user: String) -> String {
        "GET /ws/chat/\(room)/ HTTP/1.1\r\nHost: demo\r\nX-User-Id: \(user)\r\nUpgrade: websocket\r\n"
            + "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    }

    /// A masked client frame; the key is zero, so that the payload stays readable.
    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        let size =
            length < 126 ? [UInt8(length) | 0x80] : [0xFE, UInt8(length >> 8), UInt8(truncatingIfNeeded: length)]
        return [first] + size + [0, 0, 0, 0] + payload
    }

    private func withServer(_ body: (ChatDemoServer) async throws -> Void) async throws {
        let server = try await ChatDemoServer.start(
            group: MultiThreadedEventLoopGroup.singleton, port: 0, signingKey: "a secret of the tests"
        )
        do {
            try await body(server)
        } catch {
            try? await server.shutdown()
            throw error
        }
        try? await server.shutdown()
    }

    @Test func member_isUpgradedAndGreeted_onAConnectionThatServedARequest() async throws {
        try await withServer { server in
            let wire = try await Wire(port: server.port)
            try await wire.send("GET /api/whoami/ HTTP/1.1\r\nHost: demo\r\nX-User-Id: 1\r\n\r\n")
            try await wire.expect(#""username":"alice""#)
            // The first frame comes in the same packet as the handshake.
            try await wire.send(
                Array(Self.handshake(user: "1").utf8) + Self.frame(0x81, Array(#"{"message":"hi"}"#.utf8)))
            try await wire.expect("101 Switching Protocols")
            try await wire.expect("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            try await wire.expect(#""type":"history""#)
            try await wire.expect(#""type":"user_status""#)
            try await wire.expect(#""message":"hi""#)
            try await wire.close()
        }
    }

    @Test func stranger_isRefusedWithABare403_andTheConnectionEnds() async throws {
        try await withServer { server in
            let wire = try await Wire(port: server.port)
            try await wire.send(Self.handshake(user: "3"))
            try await wire.expectEnd()
            #expect(wire.text.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            #expect(wire.text.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func ping_isAnswered_andCloseIsEchoed() async throws {
        try await withServer { server in
            let wire = try await Wire(port: server.port)
            try await wire.send(Self.handshake(user: "2"))
            try await wire.expect(#""type":"user_status""#)
            try await wire.send(Self.frame(0x89, Array("are you there".utf8)))
            try await wire.expect("are you there")
            try await wire.send(Self.frame(0x88, [0x0F, 0xA1]))
            try await wire.expectEnd()
            #expect(wire.bytes.suffix(4) == [0x88, 0x02, 0x0F, 0xA1])
        }
    }

    @Test(
        arguments: [
            ([0x81, 0x02, 0x68, 0x69], 1002), ([0x83, 0x80, 0, 0, 0, 0], 1002),
            ([0x81, 0xFE, 0xFF, 0xFF, 0, 0, 0, 0], 1009),
            ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007), ([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE7], 1002),
            ([0x88, 0x81, 0, 0, 0, 0, 0x03], 1002),
        ] as [([UInt8], Int)])
    func socket_isClosedWithTheRightCode_whenAFrameIsBad(frame: [UInt8], code: Int) async throws {
        try await withServer { server in
            let wire = try await Wire(port: server.port)
            try await wire.send(Self.handshake(user: "1"))
            try await wire.expect(#""type":"user_status""#)
            try await wire.send(frame)
            try await wire.expect([0x88, 0x02, UInt8(code >> 8), UInt8(code & 0xFF)])
            // The server may have hung up first.
            try? await wire.close()
        }
    }

    @Test func server_survivesGarbage_whateverComes() async throws {
        try await withServer { server in
            var generator = SeededGenerator(state: 11)
            for round in 0..<40 {
                let wire = try await Wire(port: server.port)
                if round % 2 == 0 { try await wire.send(Self.handshake(user: "1")) }
                let garbage = (0..<400).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
                try? await wire.send(garbage)
                try? await wire.close()
            }
            let wire = try await Wire(port: server.port)
            try await wire.send(Self.handshake(user: "2"))
            try await wire.expect(#""type":"history""#)
            try await wire.close()
        }
    }

    @Test func body_isRefused_whenItIsTooLarge() async throws {
        try await withServer { server in
            let wire = try await Wire(port: server.port)
            try await wire.send("POST /api/token/ HTTP/1.1\r\nHost: demo\r\nContent-Length: 999999\r\n\r\n")
            try? await wire.send([UInt8](repeating: 0x61, count: DemoRequestHandler.bodyLimit + 1))
            try await wire.expect("413 Payload Too Large")
            try? await wire.close()
        }
    }

    @Test func stopping_closesSocketsWith1012_andTheListener() async throws {
        try await withServer { server in
            let wire = try await Wire(port: server.port)
            try await wire.send(Self.handshake(user: "1"))
            try await wire.expect(#""type":"user_status""#)
            try await server.shutdown()
            try await wire.expectEnd()
            #expect(wire.text.hasSuffix("the chat server is stopping"))
            await #expect(throws: (any Error).self) { try await Wire(port: server.port) }
        }
    }

    @Test(arguments: ["0.0.0.0", "192.168.1.1", "example.com", "::", "127.evil"])
    func server_refusesToListen_beyondLoopback(host: String) async {
        await #expect(throws: ChatDemoProblem.notLoopback(host: host, port: 0)) {
            _ = try await ChatDemoServer.start(
                group: MultiThreadedEventLoopGroup.singleton, host: host, port: 0, signingKey: "x"
            )
        }
    }

    @Test func server_refusesToStart_withoutASigningKey() async {
        await #expect(throws: ChatDemoProblem.emptySigningKey) {
            _ = try await ChatDemoServer.start(group: MultiThreadedEventLoopGroup.singleton, port: 0, signingKey: "")
        }
    }
}
