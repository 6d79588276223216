import GatewaySettings
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import GatewayServer

@Suite(.serialized) struct AdminServerTests {
    private static let loopback = AddressSettings.tcp(host: "127.0.0.1", port: 0)

    @Test func live_isAlwaysOK() async throws {
        try await self.withServer(readiness: { "draining" }) { client in
            let answer = try await client.exchange("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nok\n"))
        }
    }

    @Test func ready_followsTheServer() async throws {
        let reason = Mutex<String?>("starting")
        try await self.withServer(readiness: { reason.withLock { $0 } }) { client in
            let request = "GET /readyz?verbose HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let starting = try await client.exchange(request)
            #expect(starting.hasPrefix("HTTP/1.1 503 ") && starting.hasSuffix("\r\n\r\nstarting\n"))
            reason.withLock { $0 = nil }
            let running = try await client.exchange(request)
            #expect(running.hasPrefix("HTTP/1.1 200 ") && running.hasSuffix("\r\n\r\nok\n"))
            reason.withLock { $0 = "draining" }
            let draining = try await client.exchange(request)
            #expect(draining.hasPrefix("HTTP/1.1 503 ") && draining.hasSuffix("\r\n\r\ndraining\n"))
        }
    }

    @Test func metrics_areTheExposition() async throws {
        try await self.withServer { client in
            let answer = try await client.exchange("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            let body = try #require(answer.split(separator: "\r\n\r\n", maxSplits: 1).last)
            let text = try Exposition(parsing: Array(body.utf8))
            #expect(text["tollgate_connections_total"] == "7")
            #expect(text["tollgate_policy_generation"] == "3")
        }
    }

    @Test func metrics_are503_whenTheWorkersFail() async throws {
        struct Failed: Error {}
        try await self.withServer(metrics: { throw Failed() }) { client in
            let answer = try await client.exchange("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test func connection_isClosed_whenTheWorkersNeverAnswer() async throws {
        var limits = AdminLimits()
        limits.answer = .milliseconds(100)
        let metrics: @Sendable () async throws -> AdminMetrics = {
            try? await Task.sleep(for: .seconds(1))
            return AdminMetrics(snapshots: [], extra: [])
        }
        try await self.withServer(limits: limits, metrics: metrics) { client in
            let silence1 = try await client.exchange("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(silence1.isEmpty)
        }
    }

    @Test func head_hasNoBody() async throws {
        try await self.withServer { client in
            let answer = try await client.exchange("HEAD /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("\r\ncontent-length: 3\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test(arguments: [
        ("GET", "/", 404), ("GET", "/livezz", 404), ("GET", "/livez/", 404), ("POST", "/nowhere", 404),
        ("POST", "/livez", 405), ("DELETE", "/readyz", 405), ("OPTIONS", "/metrics", 405), ("GET", "/livez?x=1", 200),
    ])
    func endpoint_isFoundByPathThenMethod(method: String, target: String, status: Int) {
        let endpoint = AdminEndpoint.find(method: method, target: target)
        if case .refused(let answer) = endpoint {
            #expect(answer.status == status)
            #expect((answer.allow == "GET, HEAD") == (status == 405))
        } else {
            #expect(endpoint == .live && status == 200)
        }
    }

    @Test func refusals_areHTTP() async throws {
        try await self.withServer { client in
            let unknown = try await client.exchange("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(unknown.hasPrefix("HTTP/1.1 404 "))
            let body = "POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
            let wrong = try await client.exchange(body)
            #expect(wrong.hasPrefix("HTTP/1.1 405 ") && wrong.contains("\r\nallow: GET, HEAD\r\n"))
            let nonsense = try await client.exchange("nonsense\r\n\r\n")
            #expect(nonsense.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func connection_isKept_forTheNextRequest() async throws {
        try await self.withServer { client in
            let answers = try await client.exchange(
                "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", pause: .milliseconds(50),
                "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answers.split(separator: "HTTP/1.1 200 OK").count == 2)
        }
    }

    @Test func pipelinedRequests_areAnsweredInOrder() async throws {
        try await self.withServer { client in
            let answers = try await client.exchange(
                "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let statuses = answers.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
            #expect(statuses == ["200", "404", "200"])
        }
    }

    @Test func connection_isClosed_whenTheRequestComesTooSlowly() async throws {
        var limits = AdminLimits()
        limits.request = .milliseconds(150)
        try await self.withServer(limits: limits) { client in
            let silence2 = try await client.exchange("")
            #expect(silence2.isEmpty)
            let began = MonotonicMilliseconds.now()
            let silence3 = try await client.exchange("GET /", drip: "x", every: .milliseconds(20))
            #expect(silence3.isEmpty)
            #expect(MonotonicMilliseconds.now() - began < 2000)
        }
    }

    @Test func connection_isClosed_whenTheSecondRequestComesTooSlowly() async throws {
        var limits = AdminLimits()
        limits.request = .milliseconds(150)
        limits.idle = .seconds(60)
        try await self.withServer(limits: limits) { client in
            let answer = try await client.exchange(
                "GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /", drip: "x", every: .milliseconds(20))
            #expect(answer.split(separator: "HTTP/1.1 ").count == 1)
        }
    }

    @Test func connection_isClosed_whenItIsIdle() async throws {
        var limits = AdminLimits()
        limits.idle = .milliseconds(100)
        try await self.withServer(limits: limits) { client in
            let answer = try await client.exchange("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(answer.hasSuffix("ok\n"))
        }
    }

    @Test func connection_isClosed_whenTheBodyIsLarge() async throws {
        var limits = AdminLimits()
        limits.body = 10
        try await self.withServer(limits: limits) { client in
            let request = "POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n0123456789abcdef"
            let silence4 = try await client.exchange(request)
            #expect(silence4.isEmpty)
        }
    }

    @Test func connections_areLimited() async throws {
        var limits = AdminLimits()
        limits.connections = 2
        limits.request = .seconds(60)
        try await self.withServer(limits: limits) { client in
            let held = [try await client.connect(), try await client.connect()]
            let request = "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let silence5 = try await client.exchange(request)
            #expect(silence5.isEmpty)
            try await held[0].close()
            // The server learns of the closing a moment later.
            var answer = ""
            for _ in 0..<100 where answer.isEmpty {
                answer = try await client.exchange(request)
                if answer.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            try await held[1].close()
        }
    }

    @Test func unixSocket_isServed_andRemovedAtTheEnd() async throws {
        let folder = TemporaryFolder()
        let path = folder.file("admin.sock")
        Self.leaveSocketFile(path)
        var status = stat()
        #expect(stat(path, &status) == 0)
        try await self.withServer(.unix(path: path)) { client in
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o660)
            let answer = try await client.exchange("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            await #expect(throws: AdminProblem.socketInUse(path: path)) {
                try await self.withServer(.unix(path: path)) { _ in }
            }
        }
        #expect(stat(path, &status) == -1)
    }

    @Test func address_isInUse_whenAnotherListens() async throws {
        try await self.withServer { client in
            let port = try #require(client.address.split(separator: ":").last.flatMap { Int($0) })
            await #expect(throws: (any Error).self) {
                try await self.withServer(.tcp(host: "127.0.0.1", port: port)) { _ in }
            }
        }
    }

    /// As a process that crashed leaves it: nobody listens.
    private static func leaveSocketFile(_ path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0)
            }
        }
    }

    private static let someMetrics: @Sendable () async throws -> AdminMetrics = {
        let metrics = WorkerMetrics()
        metrics.add(metrics.slot(.connections), 7)
        return AdminMetrics(snapshots: [metrics.snapshot()], extra: [MetricSample(.policyGeneration, .integer(3))])
    }

    /// Tests of other suites may keep all processors busy for longer than a scraper may take.
    private static var patient: AdminLimits {
        var limits = AdminLimits()
        limits.request = .minutes(5)
        limits.answer = .minutes(5)
        return limits
    }

    private func withServer(
        _ address: AddressSettings = Self.loopback,
        limits: AdminLimits = Self.patient,
        readiness: @escaping @Sendable () -> String? = { nil },
        metrics: @escaping @Sendable () async throws -> AdminMetrics = Self.someMetrics,
        _ body: (RawClient) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let sources = AdminSources(readiness: readiness, metrics: metrics)
        do {
            let server = try await AdminServer.start(address, group: group, sources: sources, limits: limits)
            try await body(RawClient(address: server.address, target: server.target))
            try await server.shutdown()
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }
}

extension AdminServer {
    fileprivate var target: AddressSettings {
        if self.address.hasPrefix("unix:") { return .unix(path: String(self.address.dropFirst(5))) }
        let parts = self.address.split(separator: ":")
        return .tcp(host: String(parts[0]), port: Int(parts[1]) ?? 0)
    }
}

/// Sends bytes as they are and collects what comes back until the server closes.
struct RawClient: Sendable {
    let address: String
    let target: AddressSettings

    func connect(collecting received: ReceivedBytes = ReceivedBytes([])) async throws -> any Channel {
        let bootstrap = ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(received))
                }
            }
        switch self.target {
        case .tcp(let host, let port): return try await bootstrap.connect(host: host, port: port).get()
        case .unix(let path): return try await bootstrap.connect(unixDomainSocketPath: path).get()
        }
    }

    /// `drip` is sent again and again until the server closes.
    func exchange(
        _ text: String, pause: Duration = .zero, _ more: String = "", drip: String = "", every: Duration = .zero
    ) async throws -> String {
        let received = ReceivedBytes([])
        let channel = try await self.connect(collecting: received)
        try? await channel.writeAndFlush(ByteBuffer(string: text))
        if !more.isEmpty {
            try await Task.sleep(for: pause)
            try? await channel.writeAndFlush(ByteBuffer(string: more))
        }
        while !drip.isEmpty, channel.isActive {
            try? await channel.writeAndFlush(ByteBuffer(string: drip))
            try await Task.sleep(for: every)
        }
        try await channel.closeFuture.get()
        return String(decoding: received.value, as: UTF8.self)
    }
}

/// A value shared with a handler.
final class ReceivedBytes: Sendable {
    private let bytes: Mutex<[UInt8]>

    init(_ bytes: [UInt8]) { self.bytes = Mutex(bytes) }

    var value: [UInt8] { self.bytes.withLock { $0 } }

    func append(_ more: [UInt8]) { self.bytes.withLock { $0.append(contentsOf: more) } }
}

final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let received: ReceivedBytes

    init(_ received: ReceivedBytes) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.received.append(Array(self.unwrapInboundIn(data).readableBytesView))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
