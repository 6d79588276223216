import Glibc
package import NIOCore
import NIOPosix

/// The demo backend: a chat such as one writes with Django Channels and simplejwt, unchanged behind a gateway. It trusts the
/// identity header blindly, so it listens on loopback only.
package final class ChatDemoServer: Sendable {
    private let listener: any Channel
    private let service: NIOLoopBound<DemoService>
    private let heartbeat: RepeatedTask

    private init(listener: any Channel, service: NIOLoopBound<DemoService>, heartbeat: RepeatedTask) {
        self.listener = listener
        self.service = service
        self.heartbeat = heartbeat
    }

    /// - Parameters:
    ///   - host: `localhost` or a loopback address.
    ///   - port: 0 lets the system choose.
    ///   - signingKey: the HS256 secret, the same as the gateway's `SIGNING_KEY`.
    ///   - accessLifetime: seconds. Short, so that one can watch a token expire.
    package static func start(
        group: any EventLoopGroup, host: String = "127.0.0.1", port: Int, signingKey: String,
        accessLifetime: Int = 60, refreshLifetime: Int = 86_400
    ) async throws -> ChatDemoServer {
        guard !signingKey.isEmpty else { throw ChatDemoProblem.emptySigningKey }
        let address = try loopbackAddress(host, port: port)
        let mint = TokenMint(
            key: Array(signingKey.utf8), accessLifetime: Int64(accessLifetime), refreshLifetime: Int64(refreshLifetime)
        )
        let site = DemoSite(directory: .standard, mint: mint, page: ChatPage())
        let loop = group.next()
        let service = try await loop.submit {
            NIOLoopBound(DemoService(site: site, now: { Int64(Glibc.time(nil)) }), eventLoop: loop)
        }.get()
        let listener = try await ServerBootstrap(group: loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 64 << 10, high: 512 << 10)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try service.value.setUp(channel) }
            }
            .bind(to: address).get()
        // The rhythm of uvicorn: a ping every 20 s, and no second one without an answer.
        let heartbeat = loop.scheduleRepeatedTask(initialDelay: .seconds(20), delay: .seconds(20)) { _ in
            service.value.pingAll()
        }
        return ChatDemoServer(listener: listener, service: service, heartbeat: heartbeat)
    }

    package var port: Int { listener.localAddress?.port ?? 0 }

    package func shutdown() async throws {
        heartbeat.cancel()
        try await listener.close()
        try await listener.eventLoop.submit { [service] in service.value.stop() }.get()
    }

    private static func loopbackAddress(_ host: String, port: Int) throws -> SocketAddress {
        let literal = host == "localhost" ? "127.0.0.1" : host
        guard (0...65_535).contains(port), literal == "::1" || literal.hasPrefix("127."),
            let address = try? SocketAddress(ipAddress: literal, port: port)
        else { throw ChatDemoProblem.notLoopback(host: host, port: port) }
        return address
    }
}

/// Why the demo backend does not start.
package enum ChatDemoProblem: Error, Equatable, CustomStringConvertible {
    case emptySigningKey
    case notLoopback(host: String, port: Int)

    package var description: String {
        switch self {
        case .emptySigningKey: "the demo backend needs a signing key"
        case .notLoopback(let host, let port):
            "the demo backend believes every identity header, so it listens on loopback only, not on \(host):\(port)"
        }
    }
}
