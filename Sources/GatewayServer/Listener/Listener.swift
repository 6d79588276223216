import GatewaySettings
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// Opens the listening sockets and gives every accepted connection to a worker.
///
/// A TCP address has one SO_REUSEPORT socket on each worker's loop, so the kernel spreads connections and nothing is handed
/// over. A Unix-domain socket has one acceptor whose connections go to the workers in turn. Both arrive at `adopt`.
enum Listener {
    /// An open listener.
    struct Bound {
        var channels: [any Channel]
        var description: String
        var socketFile: SocketFile?

        func close() async {
            for channel in self.channels { try? await channel.close() }
            self.socketFile?.remove()
        }
    }

    static func open(
        _ settings: ListenSettings,
        snapshot: Snapshot,
        workers: WorkerSet,
        takeover: Bool
    ) async throws -> Bound {
        let context = ListenerContext(
            address: settings.address.value, tls: snapshot.tlsContext(settings.address.value))
        do {
            switch settings.address.value {
            case .tcp(let host, let port):
                return try await self.openTCP(
                    host: host, port: port, context: context, workers: workers, takeover: takeover)
            case .unix(let path):
                return try await self.openUnix(path, context: context, workers: workers, takeover: takeover)
            }
        } catch var inUse as AddressInUse {
            inUse.place = settings.address.location
            throw inUse
        } catch {
            throw ListenError(settings, error)
        }
    }

    private static func openTCP(
        host: String,
        port: Int,
        context: ListenerContext,
        workers: WorkerSet,
        takeover: Bool
    ) async throws -> Bound {
        var address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        if !takeover { try self.refuseSecondProcess(address) }
        var channels: [any Channel] = []
        do {
            for eventLoop in workers.eventLoops {
                let bootstrap = self.bootstrap(
                    acceptor: eventLoop, children: eventLoop, workers: workers, context: context)
                let channel = try await self.keepingAlive(bootstrap)
                    .serverChannelOption(.socketOption(.init(rawValue: SO_REUSEPORT)), value: 1)
                    .bind(to: address).get()
                channels.append(channel)
                // Port 0: the kernel chose one for the first socket, the others share it.
                if address.port == 0, let chosen = channel.localAddress { address = chosen }
                context.listens(on: address.port)
            }
        } catch {
            for channel in channels { try? await channel.close() }
            throw error
        }
        return Bound(channels: channels, description: (context.tls != nil ? "https://" : "http://") + address.authority)
    }

    private static func openUnix(
        _ path: String,
        context: ListenerContext,
        workers: WorkerSet,
        takeover: Bool
    ) async throws -> Bound {
        guard let acceptor = workers.eventLoops.first else { throw ChannelError.unknownLocalAddress }
        if !takeover, await SocketFile.hasListener(path, on: acceptor) { throw AddressInUse(address: "unix:\(path)") }
        let channel = try await self.bootstrap(
            acceptor: acceptor, children: workers.group, workers: workers, context: context
        )
        .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        return Bound(channels: [channel], description: "unix:\(path)", socketFile: SocketFile(path))
    }

    private static func bootstrap(
        acceptor: any EventLoop,
        children: any EventLoopGroup,
        workers: WorkerSet,
        context: ListenerContext
    ) -> ServerBootstrap {
        ServerBootstrap(group: acceptor, childGroup: children)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause())
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try self.adopt(channel, workers: workers, context: context) }
            }
    }

    /// Accepted sockets inherit these from the listening one: a client that died without a FIN is noticed in two minutes.
    private static func keepingAlive(_ bootstrap: ServerBootstrap) -> ServerBootstrap {
        bootstrap
            .serverChannelOption(.socketOption(.so_keepalive), value: 1)
            .serverChannelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: 60)
            .serverChannelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: 15)
            .serverChannelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: 4)
    }

    /// The one place that builds a client's pipeline. Runs on the child's loop, which is a worker's.
    private static func adopt(_ channel: any Channel, workers: WorkerSet, context: ListenerContext) throws {
        let worker = workers.worker(on: channel.eventLoop)
        guard worker.admitsClient() else { throw ConnectionLimitReached() }
        do {
            // Set here and not by the bootstrap, which takes several futures for each option.
            if let options = channel.syncOptions {
                try options.setOption(.allowRemoteHalfClosure, value: true)
                try options.setOption(.recvAllocator, value: ReceiveBuffers.http)
            }
            let pipeline = channel.pipeline.syncOperations
            // Reset before it was accepted. Without an address it would pass for a peer of a Unix-domain socket.
            if channel.remoteAddress == nil, case .tcp = context.address { throw PeerIsGone() }
            let peer = ClientAddress(channel.remoteAddress)
            let announcesSource = worker.snapshot.announcesSource(peer.ip, on: context.address)
            if announcesSource { try pipeline.addHandler(ProxyProtocolHandler(worker: worker)) }
            if let first = context.tls {
                let tls = worker.snapshot.tlsContext(context.address) ?? first
                try pipeline.addHandler(NIOSSLServerHandler(context: tls))
            }
            try pipeline.addHandler(
                ClientConnection(worker: worker, listener: context, announcesSource: announcesSource))
        } catch {
            worker.shared.connections.leave()
            throw error
        }
    }

    /// With SO_REUSEPORT a second gateway would silently take half of the connections. A socket without the option cannot
    /// be bound to a port that somebody listens on, so binding one tells.
    private static func refuseSecondProcess(_ address: SocketAddress) throws {
        guard address.port != 0 else { return }
        let probe = socket(
            Int32(address.protocol.rawValue), Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { return }
        defer { Glibc.close(probe) }
        var on: Int32 = 1
        setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let result = address.withSockAddr { pointer, size in Glibc.bind(probe, pointer, socklen_t(size)) }
        if result != 0, errno == EADDRINUSE { throw AddressInUse(address: "http://" + address.authority) }
    }
}

/// The client has left already.
private struct PeerIsGone: Error {}

/// No room for another client; its connection is closed.
private struct ConnectionLimitReached: Error {}

/// Somebody else listens where the gateway should.
package struct AddressInUse: Error, CustomStringConvertible {
    package let address: String
    var place: SettingsLocation?

    package var description: String {
        let place = self.place.map { "\($0.file):\($0.line):\($0.column): \($0.key): " } ?? ""
        return place
            + "\(address) is in use by another process; stop it first, or start with --takeover to share the port while it drains"
    }
}

/// A listening socket could not be opened.
package struct ListenError: Error, CustomStringConvertible {
    private let settings: ListenSettings
    private let error: any Error

    init(_ settings: ListenSettings, _ error: any Error) {
        self.settings = settings
        self.error = error
    }

    package var description: String {
        let place = self.settings.address.location
        return "\(place.file):\(place.line):\(place.column): \(place.key): cannot listen here: \(self.reason)"
    }

    private var reason: String {
        guard let error = self.error as? IOError else { return "\(self.error)" }
        let text = String(cString: strerror(error.errnoCode)).lowercased()
        switch error.errnoCode {
        case EACCES: return "\(text) (ports below 1024 need root or CAP_NET_BIND_SERVICE)"
        case ENOENT: return "\(text) (the folder of the socket must exist)"
        case EADDRNOTAVAIL: return "\(text) (no interface of this machine has the address)"
        default: return text
        }
    }
}
