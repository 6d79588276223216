import GatewaySettings
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// Fetches documents over HTTP, each on a connection of its own that is closed afterwards. Nothing waits on a loop: names are
/// resolved and certificates read on other threads.
final class DocumentFetcher: Sendable {
    private let group: any EventLoopGroup
    /// Reading the system's certificates takes a while, so they are kept.
    private let context = Mutex<NIOSSLContext?>(nil)

    init(group: any EventLoopGroup) { self.group = group }

    /// Certificates are read anew for the next fetch.
    func forgetCertificates() { self.context.withLock { $0 = nil } }

    /// Ends early, with some problem, when the task is cancelled.
    func fetch(_ request: FetchRequest) async -> Result<FetchedDocument, FetchProblem> {
        let tls: NIOSSLContext?
        do throws(FetchProblem) {
            tls = request.url.scheme == .https ? try await self.tlsContext() : nil
        } catch {
            return .failure(error)
        }
        let eventLoop = self.group.any()
        let promise = eventLoop.makePromise(of: FetchedDocument.self)
        let cancelled = eventLoop.makePromise(of: Void.self)
        eventLoop.execute { Fetch(request, tls: tls, eventLoop: eventLoop, promise).start(cancelled.futureResult) }
        return await withTaskCancellationHandler {
            defer { cancelled.succeed() }
            do {
                return .success(try await promise.futureResult.get())
            } catch {
                return .failure(FetchProblem(error))
            }
        } onCancel: {
            cancelled.succeed()
        }
    }

    private func tlsContext() async throws(FetchProblem) -> NIOSSLContext {
        if let context = self.context.withLock({ $0 }) { return context }
        do {
            let context = try await NIOSingletons.posixBlockingThreadPool.runIfActive { try Self.makeContext() }
            self.context.withLock { $0 = context }
            return context
        } catch {
            throw .notTrusted("no certificates can be read (SSL_CERT_FILE)")
        }
    }

    /// The system's authorities, or those of the file that `SSL_CERT_FILE` names, as for OpenSSL and curl.
    private static func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let file = getenv("SSL_CERT_FILE").map({ String(cString: $0) }), !file.isEmpty {
            configuration.trustRoots = .file(file)
        }
        return try NIOSSLContext(configuration: configuration)
    }
}

/// One fetch under way. Confined to its loop.
private final class Fetch {
    private let request: FetchRequest
    private let tls: NIOSSLContext?
    private let eventLoop: any EventLoop
    private let promise: EventLoopPromise<FetchedDocument>
    private var deadline: Scheduled<Void>?
    private var channel: (any Channel)?
    private var isOver = false

    init(
        _ request: FetchRequest, tls: NIOSSLContext?, eventLoop: any EventLoop,
        _ promise: EventLoopPromise<FetchedDocument>
    ) {
        self.request = request
        self.tls = tls
        self.eventLoop = eventLoop
        self.promise = promise
    }

    func start(_ cancelled: EventLoopFuture<Void>) {
        let timeout = TimeAmount(self.request.timeout)
        self.deadline = self.eventLoop.assumeIsolated().scheduleTask(in: timeout) { self.finish(.failure(.timedOut)) }
        cancelled.assumeIsolated().whenComplete { _ in self.finish(.failure(.timedOut)) }
        ClientBootstrap(group: self.eventLoop)
            .connectTimeout(timeout)
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .connect(host: self.request.url.host, port: self.request.url.port)
            .assumeIsolated()
            .whenComplete { self.connected($0) }
    }

    /// Handlers come only now: while several addresses were tried there were several channels, and no server speaks first.
    private func connected(_ result: Result<any Channel, any Error>) {
        switch result {
        case .failure(let error): self.finish(.failure(FetchProblem(error)))
        case .success(let channel):
            guard !self.isOver else { return channel.close(promise: nil) }
            self.channel = channel
            do {
                try self.addHandlers(to: channel.pipeline.syncOperations)
            } catch {
                self.finish(.failure(FetchProblem(error)))
            }
        }
    }

    private func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations) throws {
        let fetch = FetchHandler(self.request) { self.finish($0) }
        if let tls = self.tls {
            let handler = try NIOSSLClientHandler(context: tls, serverHostname: self.serverName)
            try pipeline.addHandlers([handler, TrustHandler(handler, host: self.serverName), fetch])
        } else {
            try pipeline.addHandler(fetch)
            fetch.begin()
        }
    }

    /// An address stands in no SNI (RFC 6066 section 3); the certificate must name it all the same.
    private var serverName: String? {
        let host = self.request.url.host
        return (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }

    private func finish(_ outcome: FetchStateMachine.Outcome) {
        guard !self.isOver else { return }
        self.isOver = true
        self.deadline?.cancel()
        self.channel?.close(promise: nil)
        self.channel = nil
        self.promise.completeWith(outcome.mapError { $0 as any Error })
    }
}

private struct PeerIsTrusted {}

/// Tells the handler behind it that the peer is who it should be: the request may hold a secret.
private final class TrustHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let tls: NIOSSLClientHandler
    /// Nil for an address, which NIOSSL has compared.
    private let host: String?

    init(_ tls: NIOSSLClientHandler, host: String?) {
        self.tls = tls
        self.host = host
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.handshakeCompleted) = event as? TLSUserEvent {
            if self.isExpected { context.fireUserInboundEventTriggered(PeerIsTrusted()) } else { self.refuse(context) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private var isExpected: Bool {
        guard let host = self.host else { return true }
        return self.tls.peerCertificate.map { CertificateNames.match(host, $0) } ?? false
    }

    private func refuse(_ context: ChannelHandlerContext) {
        context.fireErrorCaught(FetchProblem.notTrusted("the certificate does not name the host"))
    }
}

/// Sends the request when it is told to and feeds the machine with what comes back.
private final class FetchHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var machine: FetchStateMachine
    private let head: ByteBuffer
    private let finished: (FetchStateMachine.Outcome) -> Void
    private var failure: FetchProblem?
    private var context: ChannelHandlerContext?

    init(_ request: FetchRequest, finished: @escaping (FetchStateMachine.Outcome) -> Void) {
        self.machine = FetchStateMachine(limit: request.limit, isConditional: request.etag != nil)
        self.head = request.head
        self.finished = finished
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func begin() { self.context?.writeAndFlush(self.wrapOutboundOut(self.head), promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is PeerIsTrusted { self.begin() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let outcome = self.machine.received(self.unwrapInboundIn(data)) { self.finished(outcome) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A connection that was cut may have cut the document too.
        if let failure = self.failure {
            self.finished(.failure(failure))
        } else if let outcome = self.machine.ended() {
            self.finished(outcome)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What follows the first one follows from it.
        self.failure = self.failure ?? FetchProblem(error)
        context.close(promise: nil)
    }
}

extension FetchProblem {
    fileprivate init(_ error: any Error) {
        switch error {
        case let problem as FetchProblem: self = problem
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first else {
                self = .noAddress
                return
            }
            self = FetchProblem(first.error)
        case let error as IOError: self = .notConnected(String(cString: strerror(error.errnoCode)).lowercased())
        case let error as ChannelError:
            if case .connectTimeout = error { self = .timedOut } else { self = .endedEarly }
        case NIOSSLError.handshakeFailed(let reason): self = .notTrusted(Self.text(ofTLS: "\(reason)"))
        case NIOSSLError.uncleanShutdown: self = .endedEarly
        case let error as NIOSSLExtraError: self = .notTrusted(error.description)
        case let error as NIOSSLError: self = .notTrusted("\(error)")
        default: self = .endedEarly
        }
    }

    /// Of a stack of library errors with places in source files the reason alone.
    private static func text(ofTLS description: String) -> String {
        let mark = "OPENSSL_internal:"
        guard let found = description.firstRange(of: mark) else { return "the handshake failed" }
        let reason = description[found.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return String(reason.map { $0 == "_" ? " " : $0 }).lowercased()
    }
}
