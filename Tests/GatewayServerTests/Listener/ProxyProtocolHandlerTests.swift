import GatewayMessage
import GatewaySettings
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import GatewayServer

/// A PROXY protocol header in front of a connection, without a socket.
@Suite struct ProxyProtocolHandlerTests {
    private final class Fixture {
        let channel = EmbeddedChannel()
        let connection: ClientConnection

        init() throws {
            let source = SettingsSource(
                text: """
                    listen: [{address: 127.0.0.1:0, proxy_protocol: [127.0.0.1]}]
                    upstreams: {chat: {servers: ["127.0.0.1:1"]}}
                    routes:
                      - {path: 'inside/', upstream: chat, auth: none, methods: [PUT], allow: [192.0.2.0/24]}
                    """,
                name: "test"
            )
            let snapshot = try #require(Snapshot.load(source).snapshot)
            let worker = Worker(
                index: 0, eventLoop: self.channel.embeddedEventLoop, shared: SharedState(), snapshot: snapshot,
                observation: WorkerObservation(index: 0, sink: nil, format: .text, logger: Logger(label: "test")))
            let listener = ListenerContext(address: .tcp(host: "127.0.0.1", port: 0), tls: nil)
            self.connection = ClientConnection(worker: worker, listener: listener, announcesSource: true)
            let pipeline = self.channel.pipeline.syncOperations
            try pipeline.addHandlers([ProxyProtocolHandler(worker: worker), self.connection])
            _ = try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1))
        }

        func status() throws -> String? {
            self.channel.embeddedEventLoop.run()
            guard let buffer = try self.channel.readOutbound(as: ByteBuffer.self) else { return nil }
            return String(String(buffer: buffer).prefix(12))
        }
    }

    private static let request = "GET /inside/ HTTP/1.1\r\nHost: a\r\n\r\n"

    /// The route takes no GET, and only those who may use it are told so.
    @Test(arguments: [("192.0.2.7", "HTTP/1.1 405"), ("198.51.100.7", "HTTP/1.1 403")])
    func announcedAddress_isTheClients(address: String, status: String) throws {
        let text = "PROXY TCP4 \(address) 192.0.2.1 4711 80\r\n" + Self.request
        let whole = try Fixture()
        try whole.channel.writeInbound(ByteBuffer(string: text))
        #expect(try whole.status() == status)
        let dripped = try Fixture()
        for byte in text.utf8 { try dripped.channel.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(try dripped.status() == status)
        #expect(String(decoding: dripped.connection.address.text, as: UTF8.self) == address)
    }

    @Test func header_isReadOnce() throws {
        let fixture = try Fixture()
        try fixture.channel.writeInbound(ByteBuffer(string: "PROXY UNKNOWN\r\n"))
        #expect(throws: (any Error).self) {
            try fixture.channel.pipeline.syncOperations.handler(type: ProxyProtocolHandler.self)
        }
        try fixture.channel.writeInbound(
            ByteBuffer(string: "PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n" + Self.request))
        #expect(try fixture.status() == "HTTP/1.1 400")
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PROXY TCP4 a b 1 2\r\n", "\r\n\r\n\0\r\nQUIT\n\u{1}"])
    func connection_isClosed_withoutAHeader(text: String) throws {
        let fixture = try Fixture()
        try fixture.channel.writeInbound(ByteBuffer(string: text))
        #expect(try fixture.status() == nil)
        #expect(!fixture.channel.isActive)
    }

    @Test func announcement_isNotForStrangers() throws {
        let source = SettingsSource(
            text: """
                listen: [{address: 127.0.0.1:8080, proxy_protocol: [192.0.2.0/24]}, {address: 127.0.0.1:8081}]
                upstreams: {chat: {servers: ["127.0.0.1:1"]}}
                routes: [{path: '', upstream: chat, auth: none}]
                """,
            name: "test"
        )
        let snapshot = try #require(Snapshot.load(source).snapshot)
        let listener = AddressSettings.tcp(host: "127.0.0.1", port: 8080)
        #expect(snapshot.announcesSource(IPAddress("192.0.2.9"), on: listener))
        #expect(!snapshot.announcesSource(IPAddress("192.0.3.9"), on: listener))
        #expect(!snapshot.announcesSource(nil, on: listener))
        #expect(!snapshot.announcesSource(IPAddress("192.0.2.9"), on: .tcp(host: "127.0.0.1", port: 8081)))
    }
}
