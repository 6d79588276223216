import GatewayMessage
import GatewayPolicy
import GatewayProtocol
import GatewaySettings
import Glibc
import Logging
import NIOCore
import NIOPosix

/// One worker's eyes: what happened becomes log lines and counts. Confined to the worker's loop.
final class WorkerObservation {
    private let metrics = WorkerMetrics()
    private let accessLog: AccessLog?
    let logger: Logger
    private let connectionsActive: MetricSlot
    private let connectionsTotal: MetricSlot
    private let table: RouteMetricsTable
    private lazy var clientRoundTrip = self.metrics.histogram(.webSocketRoundTrip, "client")
    private lazy var upstreamRoundTrip = self.metrics.histogram(.webSocketRoundTrip, "upstream")
    private var policyRoutes: [RouteTerms] = []
    /// The slots of the newest policy's routes, by their index.
    private var routes: [RouteMetrics] = []
    /// Requests that no route matched, and bytes that were no request.
    private let unrouted: RouteMetrics
    private var connectionNumber: UInt64
    private var quietUntil = NIODeadline.uptimeNanoseconds(0)
    private var unsaid = 0

    init(index: Int, sink: LogSink?, format: LogFormat, logger: Logger) {
        self.accessLog = sink.map { AccessLog(sink: $0, format: format) }
        self.logger = logger
        self.connectionsActive = self.metrics.slot(.connectionsActive)
        self.connectionsTotal = self.metrics.slot(.connections)
        self.table = RouteMetricsTable(self.metrics)
        self.unrouted = self.table.route("none", isWebSocket: false)
        // Numbers of two workers and of two starts do not meet.
        self.connectionNumber = UInt64(UInt8(truncatingIfNeeded: index)) << 56 | UInt64.random(in: 0..<(1 << 24)) << 32
    }

    /// Whether method and path are worth copying.
    var logsAccess: Bool { self.accessLog != nil }

    func nextConnectionNumber() -> UInt64 {
        self.connectionNumber &+= 1
        return self.connectionNumber
    }

    func adopt(_ snapshot: Snapshot) {
        self.policyRoutes = snapshot.policy.routes
        self.routes = snapshot.policy.routes.map { self.table.route($0.label, isWebSocket: $0.webSocket != nil) }
    }

    func snapshot() -> MetricsSnapshot { self.metrics.snapshot() }

    func flush() { self.accessLog?.flush() }

    /// Of a route that a request was admitted to just now or earlier: after a reload another route may have its index.
    func metrics(of route: RouteTerms?) -> RouteMetrics {
        guard let route else { return self.unrouted }
        if route.index < self.routes.count, self.policyRoutes[route.index] === route { return self.routes[route.index] }
        return self.table.route(route.label, isWebSocket: route.webSocket != nil)
    }

    // MARK: Connections and upstreams

    func clientConnected() {
        self.metrics.add(self.connectionsTotal)
        self.metrics.add(self.connectionsActive)
    }

    func clientDisconnected() { self.metrics.add(self.connectionsActive, -1) }

    func upstreamNotConnected(_ upstream: UpstreamDefinition, _ failure: UpstreamFailure) {
        self.metrics.add(self.metrics.slot(.upstreamConnections, upstream.name, "failed"))
        self.metrics.add(self.metrics.slot(.upstreamErrors, upstream.name, failure.label.description))
    }

    /// Says which server and why; once a second, for a backend that is down is dialled for every request.
    func dialFailed(_ upstream: UpstreamDefinition, server: ServerAddress, _ error: any Error) {
        self.warn(
            "upstream not reachable",
            [
                LogKey.upstreamName: "\(upstream.name)", LogKey.upstreamServer: "\(server.description)",
                LogKey.problem: "\(Self.text(of: error))",
            ])
    }

    private static func text(of error: any Error) -> String {
        switch error {
        case let error as IOError: return String(cString: strerror(error.errnoCode)).lowercased()
        case let error as NIOConnectionError:
            return error.connectionErrors.first.map { self.text(of: $0.error) } ?? "no address"
        case let error as ChannelError:
            if case .connectTimeout = error { return "no answer within connect_timeout" }
            return "\(error)"
        default: return "\(error)"
        }
    }

    /// At most one line a second of this kind; the next one says how many were left out.
    private func warn(_ message: Logger.Message, _ metadata: Logger.Metadata) {
        let now = NIODeadline.now()
        guard now >= self.quietUntil else {
            self.unsaid += 1
            return
        }
        self.quietUntil = now + .seconds(1)
        var metadata = metadata
        if self.unsaid > 0 { metadata[LogKey.logLinesLost] = "\(self.unsaid)" }
        self.unsaid = 0
        self.logger.warning(message, metadata: metadata)
    }

    /// Where a pool counts the connections it takes out or makes.
    func connectionSlot(_ upstream: UpstreamDefinition, _ outcome: String) -> MetricSlot {
        self.metrics.slot(.upstreamConnections, upstream.name, outcome)
    }

    func count(_ slot: MetricSlot) { self.metrics.add(slot) }

    func upstreamFailed(_ upstream: UpstreamDefinition, _ failure: UpstreamFailure) {
        self.metrics.add(self.metrics.slot(.upstreamErrors, upstream.name, failure.label.description))
        self.warn(
            "upstream failed",
            [LogKey.upstreamName: "\(upstream.name)", LogKey.upstreamFailure: "\(failure.label)"])
    }

    /// Said once: every request of a proxy in front would say it again.
    func forwardingIgnored(_ peer: IPAddress) {
        self.logger.notice(
            "X-Forwarded-For of a peer that is not in trusted_proxies is ignored; list the peer if it is your proxy",
            metadata: [LogKey.clientAddress: "\(String(decoding: peer.text, as: UTF8.self))"])
    }

    /// Said once; the metrics count how often it happens. Its operator may know that the address is not one client.
    func addressThrottled(_ address: IPAddress) {
        self.logger.notice(
            "too many tokens of an address are not valid, unknown ones get 429; list it in trusted_proxies if it is your proxy",
            metadata: [LogKey.clientAddress: "\(String(decoding: address.text, as: UTF8.self))"])
    }

    /// A peer that must announce its client did not do so in a way that can be read.
    func proxyHeaderRefused(_ problem: ProxyHeaderProblem) {
        self.unrouted.refused("proxy_header")
        self.warn("connection without a usable PROXY protocol header", [LogKey.problem: "\(problem.label)"])
    }

    func tokensJudged(_ counts: TokenCounts) {
        if counts.cacheHits > 0 { self.metrics.add(self.metrics.slot(.tokenCache, "hit"), counts.cacheHits) }
        if counts.cacheMisses > 0 { self.metrics.add(self.metrics.slot(.tokenCache, "miss"), counts.cacheMisses) }
        if counts.accepted > 0 { self.metrics.add(self.metrics.slot(.tokenVerifications, "accepted"), counts.accepted) }
        if counts.refused > 0 { self.metrics.add(self.metrics.slot(.tokenVerifications, "refused"), counts.refused) }
    }

    // MARK: Exchanges

    /// The record is lent, not copied; nothing in it changes.
    func requestEnded(
        _ exchange: inout RequestRecord, route: RouteTerms?, upstream: UpstreamDefinition?, userID: String?,
        client: ClientConnection
    ) {
        let microseconds = exchange.microseconds(at: .now())
        let metrics = self.metrics(of: route)
        metrics.requestFinished(status: exchange.status, microseconds: microseconds)
        if exchange.refusal.utf8CodeUnitCount > 0 { metrics.refused(exchange.refusal) }
        guard let accessLog = self.accessLog else { return }
        var record = AccessRecord(time: exchange.time, id: client.exchangeID(exchange.number))
        record.client = exchange.client
        record.requestID = exchange.requestID
        record.transport = exchange.minorVersion == 0 ? .http10 : .http11
        record.status = exchange.status
        record.bytesSent = exchange.responseBytes
        record.bytesReceived = exchange.requestBytes
        record.microseconds = microseconds
        record.route = route?.label ?? ""
        record.upstream = upstream?.name ?? ""
        record.user = userID ?? ""
        record.refusal = exchange.refusal
        let (method, path) = (exchange.method, exchange.path)
        accessLog.append(record, method: method.span.bytes, path: path.span.bytes, hasQuery: exchange.hasQuery)
    }

    // MARK: WebSockets

    func webSocketOpened(_ terms: RelayTerms, deflate: Bool) {
        terms.metrics.webSocketOpened()
        guard let accessLog = self.accessLog else { return }
        var record = WebSocketOpenRecord(time: terms.record.time, id: terms.id)
        record.client = terms.client
        record.route = terms.route.label
        record.upstream = terms.upstream.name
        record.user = terms.identity?.userID ?? ""
        record.subprotocol = terms.subprotocol
        record.isCompressed = deflate
        record.microseconds = terms.record.microseconds(at: .now())
        let path = terms.record.path
        accessLog.append(record, path: path.span.bytes, hasQuery: terms.record.hasQuery)
    }

    func renewed(_ terms: RelayTerms, isAccepted: Bool) { terms.metrics.webSocketRenewed(isAccepted: isAccepted) }

    func roundTrip(_ trip: RelayRoundTrip) {
        let histogram = trip.side == .client ? self.clientRoundTrip : self.upstreamRoundTrip
        self.metrics.observe(histogram, microseconds: Int64(clamping: trip.nanoseconds / 1000))
    }

    func webSocketClosed(_ terms: RelayTerms, _ summary: RelaySummary) {
        let microseconds = terms.record.microseconds(at: .now())
        let closer: WebSocketCloser =
            switch summary.cause?.side {
            case .client: .client
            case .upstream: .upstream
            case nil: .gateway
            }
        let clientCode =
            closer == .client
            ? Self.code(summary.receivedFromClient, orElse: summary.sentToClient)
            : Self.code(summary.sentToClient, orElse: summary.receivedFromClient)
        terms.metrics.webSocketClosed(code: clientCode, by: closer, microseconds: microseconds)
        guard let accessLog = self.accessLog else { return }
        var record = WebSocketCloseRecord(time: .now(), id: terms.id)
        record.client = terms.client
        record.route = terms.route.label
        record.upstream = terms.upstream.name
        record.user = terms.identity?.userID ?? ""
        record.closedBy = closer
        record.clientCode = clientCode
        record.upstreamCode =
            closer == .upstream
            ? Self.code(summary.receivedFromUpstream, orElse: summary.sentToUpstream)
            : Self.code(summary.sentToUpstream, orElse: summary.receivedFromUpstream)
        record.reason = summary.cause?.label ?? ""
        record.messagesFromClient = Int(clamping: summary.fromClient.messages)
        record.bytesFromClient = Int(clamping: summary.fromClient.payloadBytes)
        record.messagesFromUpstream = Int(clamping: summary.fromUpstream.messages)
        record.bytesFromUpstream = Int(clamping: summary.fromUpstream.payloadBytes)
        record.microseconds = microseconds
        accessLog.append(record)
    }

    /// The first of two codes that was really on the wire.
    private static func code(_ first: UInt16, orElse second: UInt16) -> UInt16? {
        if first != WebSocketCloseCode.noClose { return first }
        return second != WebSocketCloseCode.noClose ? second : nil
    }
}

extension RouteTerms {
    /// The pattern, or `/` for the empty one: how a route is called in logs and metrics.
    var label: String { self.pattern.isEmpty ? "/" : self.pattern }
}
