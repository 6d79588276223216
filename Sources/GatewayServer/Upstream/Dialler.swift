import GatewayMessage
import Glibc
import NIOCore
import NIOPosix

/// Makes connections to upstream servers, one bootstrap for all of them. Options are set in the channel's initializer, at
/// once: a bootstrap's own list of options costs several futures for each.
final class Dialler {
    private let eventLoop: any EventLoop
    private let timeout: TimeAmount
    private let next = Next()
    private lazy var bootstrap = self.makeBootstrap()

    /// What the next initializer finds. `connect` calls it before it returns.
    private final class Next {
        var connection: UpstreamConnection?
        var isHandshake = false
        var mayVanish = false
    }

    init(_ eventLoop: any EventLoop, timeout: TimeAmount) {
        self.eventLoop = eventLoop
        self.timeout = timeout
    }

    private func makeBootstrap() -> ClientBootstrap {
        let next = NIOLoopBound(self.next, eventLoop: self.eventLoop)
        return ClientBootstrap(group: self.eventLoop)
            .connectTimeout(self.timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try Self.initialize(channel, next.value) }
            }
    }

    func dial(
        _ address: SocketAddress,
        _ connection: UpstreamConnection,
        isHandshake: Bool
    ) -> EventLoopFuture<any Channel>.Isolated {
        self.next.connection = connection
        self.next.isHandshake = isHandshake
        self.next.mayVanish = Self.mayVanish(address)
        return self.bootstrap.connect(to: address).assumeIsolated()
    }

    private static func initialize(_ channel: any Channel, _ next: Next) throws {
        guard let connection = next.connection else { throw ChannelError.inappropriateOperationForState }
        next.connection = nil
        if let options = channel.syncOptions {
            try options.setOption(.allowRemoteHalfClosure, value: true)
            let buffers = next.isHandshake ? ReceiveBuffers.handshakeAnswer : ReceiveBuffers.http
            try options.setOption(.recvAllocator, value: buffers)
            if next.mayVanish { try self.keepAlive(options) }
        }
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    /// A server on another machine can die without a FIN; that is noticed in two minutes.
    private static func keepAlive(_ options: any NIOSynchronousChannelOptions) throws {
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 60)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 15)
        try options.setOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 4)
    }

    private static func mayVanish(_ address: SocketAddress) -> Bool {
        guard let ip = IPAddress(address) else { return false }
        return !Self.loopback.contains { $0.contains(ip) }
    }

    private static let loopback = [IPAddressRange("127.0.0.0/8"), IPAddressRange("::1")].compactMap { $0 }
}
