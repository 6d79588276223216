import GatewaySettings
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import GatewayServer

/// What a client sees of the gateway's own answers, without a socket: one handler in an `EmbeddedChannel`.
@Suite struct ClientConnectionTests {
    private final class Fixture {
        let channel = EmbeddedChannel()
        let worker: Worker

        init() throws {
            let source = SettingsSource(
                text: """
                    listen: [{address: 127.0.0.1:0}]
                    SIMPLE_JWT: {SIGNING_KEY: "0123456789abcdef0123456789abcdef"}
                    allowed_origins: ["*"]
                    upstreams: {chat: {servers: ["127.0.0.1:1"]}}
                    limits: {body: 1KiB}
                    routes:
                      - {path: 'ws/', upstream: chat, websocket: {only: true}, auth: required}
                      - {path: 'private/', upstream: chat, auth: required}
                    """,
                name: "test"
            )
            let snapshot = try #require(Snapshot.load(source).snapshot)
            let observation = WorkerObservation(index: 0, sink: nil, format: .text, logger: Logger(label: "test"))
            self.worker = Worker(
                index: 0, eventLoop: self.channel.embeddedEventLoop, shared: SharedState(), snapshot: snapshot,
                observation: observation)
            let listener = ListenerContext(address: .tcp(host: "127.0.0.1", port: 8080), tls: nil)
            try self.channel.pipeline.syncOperations.addHandler(
                ClientConnection(worker: self.worker, listener: listener))
            _ = try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        }

        func send(_ text: String) throws {
            try self.channel.writeInbound(ByteBuffer(string: text))
            self.channel.embeddedEventLoop.run()
        }

        func received() throws -> String {
            var text = ""
            while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
            return text
        }

        /// Without the line that is another one in each answer.
        func receivedWithoutID() throws -> String {
            try self.received().replacing(/X-Request-Id: [0-9a-f]{16}-[0-9]+\r\n/, with: "")
        }
    }

    private static let request = "GET /private/ HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func refusedRequest_keepsTheConnection() throws {
        let fixture = try Fixture()
        try fixture.send(Self.request)
        let answer = try fixture.receivedWithoutID()
        #expect(answer.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
        #expect(answer.hasSuffix(#"{"detail":"Authentication credentials were not provided."}"#))
        #expect(!answer.contains("Connection: close"))
        try fixture.send(Self.request)
        #expect(try fixture.receivedWithoutID() == answer)
        #expect(fixture.worker.clients.entries.count == 1)
    }

    @Test func refusal_canBeRead_byAPageOfAnAllowedOrigin() throws {
        let fixture = try Fixture()
        try fixture.send("GET /private/ HTTP/1.1\r\nHost: a\r\nOrigin: https://page.example\r\n\r\n")
        #expect(try fixture.received().contains("\r\nAccess-Control-Allow-Origin: https://page.example\r\n"))
        try fixture.send(Self.request)
        #expect(try !fixture.received().contains("Access-Control"))
    }

    @Test func pipelinedRequests_areAnsweredInOrder_withoutRecursion() throws {
        let fixture = try Fixture()
        let count = 2000
        try fixture.send(
            String(repeating: Self.request, count: count - 1) + Self.request.replacing("/private/", with: "/nowhere/"))
        let answers = try fixture.received().split(separator: "HTTP/1.1 ", omittingEmptySubsequences: true)
        #expect(answers.count == count)
        #expect(answers.dropLast().allSatisfy { $0.hasPrefix("401") })
        #expect(answers.last?.hasPrefix("404") == true)
    }

    @Test func requestByteByByte_isTheSameAsWhole() throws {
        let whole = try Fixture()
        try whole.send(Self.request)
        let dripped = try Fixture()
        for byte in Self.request.utf8 { try dripped.send(String(UnicodeScalar(byte))) }
        #expect(try dripped.receivedWithoutID() == whole.receivedWithoutID())
    }

    @Test func malformedRequest_isAnsweredAndEndsTheConnection() throws {
        let fixture = try Fixture()
        try fixture.send("GET / HTTP/1.1\nHost: a\r\n\r\n" + Self.request)
        let answer = try fixture.received()
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.components(of: "HTTP/1.1") == 1)
        try fixture.send(Self.request)
        #expect(try fixture.received().isEmpty)
    }

    @Test func largeBody_isRefusedByItsAnnouncement() throws {
        let fixture = try Fixture()
        try fixture.send("POST /private/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n")
        let answer = try fixture.received()
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
        #expect(answer.contains("Connection: close\r\n"))
    }

    @Test func bodyOfARefusedRequest_isDropped_andTheNextRequestIsRead() throws {
        let fixture = try Fixture()
        try fixture.send("POST /private/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234")
        #expect(try fixture.received().hasPrefix("HTTP/1.1 401"))
        try fixture.send("56789" + Self.request)
        let answer = try fixture.received()
        #expect(answer.hasPrefix("HTTP/1.1 401"))
        #expect(answer.components(of: "HTTP/1.1") == 1)
    }

    @Test func expectingClient_isNotLeftGuessing_whenItIsRefused() throws {
        let fixture = try Fixture()
        try fixture.send("POST /private/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
        let answer = try fixture.received()
        #expect(answer.hasPrefix("HTTP/1.1 401"))
        // Whether the body follows cannot be known: the connection is of no more use.
        try fixture.send("0123456789" + Self.request)
        #expect(try fixture.received().isEmpty)
    }

    @Test func handshakeWithoutToken_isAcceptedAndClosedWith4001() throws {
        let fixture = try Fixture()
        try fixture.send(
            "GET /ws/ HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        var bytes = ByteBuffer()
        while var buffer = try fixture.channel.readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&buffer) }
        let head = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        let text = String(decoding: bytes.readableBytesView, as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 101 "))
        #expect(text.contains(head))
        let frame = Array(bytes.readableBytesView.suffix(27))
        #expect(frame.first == 0x88)
        #expect(Array(frame[2...3]) == [0x0F, 0xA1])
        #expect(String(decoding: frame[4...], as: UTF8.self) == "authentication required")
        // The client's own Close ends it.
        try fixture.channel.writeInbound(ByteBuffer(bytes: [0x88, 0x82, 0, 0, 0, 0, 0x0F, 0xA1]))
        #expect(!fixture.channel.isActive)
        #expect(fixture.worker.clients.entries.isEmpty)
    }

    /// Answers to pipelined requests wait for nobody but their reader: while the channel is full no request is taken.
    @Test func pipelinedRequests_wait_whileTheClientReadsNothing() throws {
        let fixture = try Fixture()
        fixture.channel.isWritable = false
        fixture.channel.pipeline.fireChannelWritabilityChanged()
        try fixture.send(String(repeating: Self.request, count: 3))
        #expect(try fixture.received().isEmpty)
        fixture.channel.isWritable = true
        fixture.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try fixture.received().components(of: "HTTP/1.1") == 3)
    }

    @Test func halfClosedClient_getsAllItsAnswers() throws {
        let fixture = try Fixture()
        try fixture.send(Self.request + Self.request)
        fixture.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(try fixture.received().components(of: "HTTP/1.1") == 2)
        #expect(!fixture.channel.isActive)
    }

    @Test func slowHead_isTimedOut() throws {
        let fixture = try Fixture()
        try fixture.send("GET /private/ HTT")
        let due = fixture.worker.wheel.advance(to: .now() + .seconds(20))
        #expect(due.count == 1)
        for timer in due { timer.deadlinePassed(now: .now()) }
        #expect(try fixture.received().hasPrefix("HTTP/1.1 408 "))
    }

    @Test func idleConnection_isClosedWithoutAWord() throws {
        let fixture = try Fixture()
        try fixture.send(Self.request)
        _ = try fixture.received()
        for timer in fixture.worker.wheel.advance(to: .now() + .seconds(80)) { timer.deadlinePassed(now: .now()) }
        #expect(try fixture.received().isEmpty)
        #expect(!fixture.channel.isActive)
    }

    @Test func drain_closesIdleConnections_andTellsBusyOnes() throws {
        let fixture = try Fixture()
        let drained = fixture.worker.drain(window: .seconds(1))
        fixture.channel.embeddedEventLoop.run()
        #expect(!fixture.channel.isActive)
        #expect(throws: Never.self) { try drained.wait() }
    }
}

extension String {
    fileprivate func components(of separator: String) -> Int {
        self.split(separator: separator, omittingEmptySubsequences: false).count - 1
    }
}
