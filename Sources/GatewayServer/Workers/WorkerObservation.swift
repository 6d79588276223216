import GatewayPolicy
import GatewayProtocol
import GatewaySettings
import Logging
import NIOCore

/// One worker's eyes: what happened becomes log lines and counts. Confined to the worker's loop.
final class WorkerObservation {
    private let metrics = WorkerMetrics()
    private let accessLog: AccessLog?
    let logger: Logger
    private let connectionsActive: MetricSlot
    private let connectionsTotal: MetricSlot
    private var routes: [RouteMetrics] = []
    /// Requests that no route matched, and bytes that were no request.
    private let unrouted: RouteMetrics
    private var connectionNumber: UInt64

    init(index: Int, sink: LogSink?, format: LogFormat, logger: Logger) {
        self.accessLog = sink.map { AccessLog(sink: $0, format: format) }
        self.logger = logger
        self.connectionsActive = self.metrics.slot(.connectionsActive)
        self.connectionsTotal = self.metrics.slot(.connections)
        self.unrouted = RouteMetrics(self.metrics, route: "none", isWebSocket: false)
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
        self.routes = snapshot.policy.routes.map {
            RouteMetrics(self.metrics, route: $0.pattern, isWebSocket: $0.webSocket != nil)
        }
    }

    func snapshot() -> MetricsSnapshot { self.metrics.snapshot() }

    func flush() { self.accessLog?.flush() }

    /// A route of an earlier policy may have no counterpart any more.
    private func metrics(of route: RouteTerms?) -> RouteMetrics {
        guard let route, route.index < self.routes.count else { return self.unrouted }
        return self.routes[route.index]
    }

    // MARK: Connections and upstreams

    func clientConnected() {
        self.metrics.add(self.connectionsTotal)
        self.metrics.add(self.connectionsActive)
    }

    func clientDisconnected() { self.metrics.add(self.connectionsActive, -1) }

    func upstreamConnected(_ upstream: UpstreamDefinition) {
        self.metrics.add(self.metrics.slot(.upstreamConnections, upstream.name, "opened"))
    }

    func upstreamFailed(_ upstream: UpstreamDefinition, _ failure: UpstreamFailure) {
        self.metrics.add(self.metrics.slot(.upstreamErrors, upstream.name, failure.label.description))
        self.logger.warning(
            "upstream failed",
            metadata: ["upstream.name": "\(upstream.name)", "upstream.failure": "\(failure.label)"])
    }

    // MARK: Exchanges

    func requestEnded(
        _ exchange: RequestRecord, route: RouteTerms?, upstream: UpstreamDefinition?, userID: String?,
        client: ClientConnection
    ) {
        let microseconds = exchange.microseconds(at: .now())
        let metrics = self.metrics(of: route)
        metrics.requestFinished(status: exchange.status, microseconds: microseconds)
        if exchange.refusal.utf8CodeUnitCount > 0 { metrics.refused(exchange.refusal) }
        guard let accessLog = self.accessLog else { return }
        var record = AccessRecord(time: exchange.time, id: client.exchangeID(exchange.number))
        record.client = client.address.bytes
        record.transport = exchange.minorVersion == 0 ? .http10 : .http11
        record.status = exchange.status
        record.bytesSent = exchange.responseBytes
        record.bytesReceived = exchange.requestBytes
        record.microseconds = microseconds
        record.route = route?.pattern ?? ""
        record.upstream = upstream?.name ?? ""
        record.user = userID ?? ""
        record.refusal = exchange.refusal
        let (method, path) = (exchange.method, exchange.path)
        accessLog.append(record, method: method.span.bytes, path: path.span.bytes, hasQuery: exchange.hasQuery)
    }

    // MARK: WebSockets

    func webSocketOpened(_ terms: RelayTerms, deflate: Bool) {
        self.metrics(of: terms.route).webSocketOpened()
        guard let accessLog = self.accessLog else { return }
        var record = WebSocketOpenRecord(time: terms.record.time, id: terms.id)
        record.client = terms.address.bytes
        record.route = terms.route.pattern
        record.upstream = terms.upstream.name
        record.user = terms.identity?.userID ?? ""
        record.subprotocol = terms.subprotocol
        record.isCompressed = deflate
        record.microseconds = terms.record.microseconds(at: .now())
        let path = terms.record.path
        accessLog.append(record, path: path.span.bytes, hasQuery: terms.record.hasQuery)
    }

    func webSocketClosed(_ terms: RelayTerms, _ summary: RelaySummary) {
        let microseconds = terms.record.microseconds(at: .now())
        let closer: WebSocketCloser =
            switch summary.cause?.side {
            case .client: .client
            case .upstream: .upstream
            case nil: .gateway
            }
        let clientCode = Self.code(summary.receivedFromClient, orElse: summary.sentToClient)
        let metrics = self.metrics(of: terms.route)
        metrics.webSocketRelayed(
            .toUpstream, messages: Int(clamping: summary.fromClient.messages),
            bytes: Int(clamping: summary.fromClient.payloadBytes))
        metrics.webSocketRelayed(
            .toClient, messages: Int(clamping: summary.fromUpstream.messages),
            bytes: Int(clamping: summary.fromUpstream.payloadBytes))
        metrics.webSocketClosed(
            code: closer == .client ? clientCode : Self.code(summary.sentToClient, orElse: summary.receivedFromClient),
            by: closer, microseconds: microseconds)
        guard let accessLog = self.accessLog else { return }
        var record = WebSocketCloseRecord(time: .now(), id: terms.id)
        record.client = terms.address.bytes
        record.route = terms.route.pattern
        record.upstream = terms.upstream.name
        record.user = terms.identity?.userID ?? ""
        record.closedBy = closer
        record.clientCode =
            closer == .client ? clientCode : Self.code(summary.sentToClient, orElse: summary.receivedFromClient)
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
