package import GatewaySettings
internal import Glibc
package import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// What `/metrics` shows: what each worker counted and what is known beside that.
package struct AdminMetrics: Sendable {
    package var snapshots: [MetricsSnapshot]
    package var extra: [MetricSample]

    package init(snapshots: [MetricsSnapshot], extra: [MetricSample]) {
        self.snapshots = snapshots
        self.extra = extra
    }
}

/// Where the answers come from.
struct AdminSources: Sendable {
    /// Nil when requests are served, else a word why not.
    var readiness: @Sendable () -> String?
    /// What an operator should know although requests are served.
    var warnings: @Sendable () -> [String] = { [] }
    var metrics: @Sendable () async throws -> AdminMetrics
}

/// What a connection may cost.
struct AdminLimits: Sendable {
    var connections = 64
    /// Bytes of a request's body, which no endpoint reads.
    var body = 16 << 10
    /// From a request's first byte, or the connection's start, to its end.
    var request: TimeAmount = .seconds(10)
    /// From a request's end to the last byte of the answer taken by the system.
    var answer: TimeAmount = .seconds(15)
    /// Between two requests; longer than the usual pause between two scrapes, a minute.
    var idle: TimeAmount = .seconds(75)
}

/// Why the admin listener, or one connection to it, cannot be opened.
package enum AdminProblem: Error, Sendable, Equatable {
    case socketInUse(path: String)
    /// For one connection, which is closed.
    case tooManyConnections

    package var message: String {
        switch self {
        case .socketInUse(let path): "another process listens on \(path)"
        case .tooManyConnections: "too many admin connections"
        }
    }
}

/// The listener for operators: `/livez`, `/readyz` and `/metrics`. It shares nothing with the public listeners.
package final class AdminServer: Sendable {
    private let channel: any Channel
    /// Where it is reachable, as written in `admin.address` but with the real port.
    package let address: String

    private init(channel: any Channel, unixPath: String?) {
        self.channel = channel
        self.address = unixPath.map { "unix:" + $0 } ?? channel.localAddress?.authority ?? ""
    }

    package static func start(
        _ settings: AdminSettings,
        group: any EventLoopGroup,
        readiness: @escaping @Sendable () -> String?,
        warnings: @escaping @Sendable () -> [String],
        metrics: @escaping @Sendable () async throws -> AdminMetrics
    ) async throws -> AdminServer {
        let sources = AdminSources(readiness: readiness, warnings: warnings, metrics: metrics)
        return try await self.start(settings.address.value, group: group, sources: sources, limits: AdminLimits())
    }

    static func start(
        _ address: AddressSettings, group: any EventLoopGroup, sources: AdminSources, limits: AdminLimits
    ) async throws -> AdminServer {
        let bootstrap = Self.bootstrap(group: group, sources: sources, limits: limits)
        switch address {
        case .tcp(let host, let port):
            return AdminServer(channel: try await bootstrap.bind(host: host, port: port).get(), unixPath: nil)
        case .unix(let path):
            guard await !Self.isListening(path, group: group) else { throw AdminProblem.socketInUse(path: path) }
            let bound = bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true)
            let server = AdminServer(channel: try await bound.get(), unixPath: path)
            chmod(path, 0o660)
            return server
        }
    }

    /// Stops listening, which also removes a socket file; open connections end with their group.
    package func shutdown() async throws {
        try await self.channel.close()
    }

    private static func bootstrap(
        group: any EventLoopGroup, sources: AdminSources, limits: AdminLimits
    ) -> ServerBootstrap {
        let open = AdminConnectionCount()
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                guard open.enter(limit: limits.connections) else {
                    return channel.eventLoop.makeFailedFuture(AdminProblem.tooManyConnections)
                }
                channel.closeFuture.whenComplete { _ in open.leave() }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AdminArrivalHandler())
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(AdminHandler(sources: sources, limits: limits))
                }
            }
    }

    /// A socket file that nobody listens on is a leftover and may be replaced.
    private static func isListening(_ path: String, group: any EventLoopGroup) async -> Bool {
        guard let channel = try? await ClientBootstrap(group: group).connect(unixDomainSocketPath: path).get() else {
            return false
        }
        try? await channel.close()
        return true
    }
}

/// Open admin connections.
private final class AdminConnectionCount: Sendable {
    private let count = Atomic<Int>(0)

    func enter(limit: Int) -> Bool {
        if self.count.add(1, ordering: .relaxed).newValue <= limit { return true }
        self.count.subtract(1, ordering: .relaxed)
        return false
    }

    func leave() {
        self.count.subtract(1, ordering: .relaxed)
    }
}
