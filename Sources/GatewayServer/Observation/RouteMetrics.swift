/// Which way a WebSocket message went.
package enum RelayDirection: Sendable {
    case toUpstream, toClient
}

/// One worker's slots of one route, so that counting a request or a frame looks nothing up.
///
/// Confined to the worker's loop. What outlives a policy (an open WebSocket) keeps the object it began with: the next
/// policy's routes may have other indices.
package final class RouteMetrics {
    private struct WebSocketSlots {
        let active, opened: MetricSlot
        let messagesToUpstream, messagesToClient: MetricSlot
        let bytesToUpstream, bytesToClient: MetricSlot
        let duration: HistogramSlot
    }

    private let metrics: WorkerMetrics
    private let route: String
    /// Slots by status, made when a status is first seen; 0 stands for statuses outside 100–599. A route answers with a
    /// handful, so looking through them is as fast as an index and takes no room.
    private var requests: [(status: Int, slot: MetricSlot)] = []
    private lazy var requestDuration = self.metrics.histogram(.requestDuration, self.route)
    private lazy var webSocket = self.makeWebSocketSlots()
    /// By the address of the reason's text, of which the program has a fixed number.
    private var refusals: [(reason: UnsafePointer<UInt8>, slot: MetricSlot)] = []

    /// `route` is the label; requests without a route share one with the label `none`.
    package init(_ metrics: WorkerMetrics, route: String, isWebSocket: Bool) {
        self.metrics = metrics
        self.route = route
        // Shown with zeros from the start, so that a rate has something to begin with.
        if isWebSocket { _ = self.webSocket }
    }

    /// Not for handshakes that were answered with 101: those are WebSockets.
    package func requestFinished(status: Int, microseconds: Int64) {
        self.metrics.add(self.requestSlot(status))
        self.metrics.observe(self.requestDuration, microseconds: microseconds)
    }

    package func refused(_ reason: StaticString) {
        self.metrics.add(self.refusalSlot(reason))
    }

    package func webSocketOpened() {
        self.metrics.add(self.webSocket.opened)
        self.metrics.add(self.webSocket.active)
    }

    /// Called as frames pass, not at the end: a socket may live for days.
    package func webSocketRelayed(_ direction: RelayDirection, messages: Int, bytes: Int) {
        switch direction {
        case .toUpstream:
            self.metrics.add(self.webSocket.messagesToUpstream, messages)
            self.metrics.add(self.webSocket.bytesToUpstream, bytes)
        case .toClient:
            self.metrics.add(self.webSocket.messagesToClient, messages)
            self.metrics.add(self.webSocket.bytesToClient, bytes)
        }
    }

    /// `code` as on the client's side; nil when the connection ended without a close frame.
    package func webSocketClosed(code: UInt16?, by closer: WebSocketCloser, microseconds: Int64) {
        self.metrics.add(self.webSocket.active, -1)
        self.metrics.observe(self.webSocket.duration, microseconds: microseconds)
        let label = Self.label(ofCloseCode: code, isTrusted: closer != .client)
        self.metrics.add(self.metrics.slot(.webSocketsClosed, self.route, label, closer.label.description))
    }

    /// Rare: the slot is looked up.
    package func webSocketRenewed(isAccepted: Bool) {
        self.metrics.add(self.metrics.slot(.webSocketRenewals, self.route, isAccepted ? "accepted" : "refused"))
    }

    private func makeWebSocketSlots() -> WebSocketSlots {
        WebSocketSlots(
            active: self.metrics.slot(.webSocketsActive, self.route),
            opened: self.metrics.slot(.webSocketsOpened, self.route),
            messagesToUpstream: self.metrics.slot(.webSocketMessages, self.route, "to_upstream"),
            messagesToClient: self.metrics.slot(.webSocketMessages, self.route, "to_client"),
            bytesToUpstream: self.metrics.slot(.webSocketBytes, self.route, "to_upstream"),
            bytesToClient: self.metrics.slot(.webSocketBytes, self.route, "to_client"),
            duration: self.metrics.histogram(.webSocketDuration, self.route)
        )
    }

    private func requestSlot(_ status: Int) -> MetricSlot {
        let status = (100...599).contains(status) ? status : 0
        for known in self.requests where known.status == status { return known.slot }
        let slot = self.metrics.slot(.requests, self.route, status == 0 ? "other" : "\(status)")
        self.requests.append((status, slot))
        return slot
    }

    private func refusalSlot(_ reason: StaticString) -> MetricSlot {
        // A reason of a single character would have no address.
        guard reason.hasPointerRepresentation else {
            return self.metrics.slot(.refusals, self.route, reason.description)
        }
        for known in self.refusals where known.reason == reason.utf8Start { return known.slot }
        let slot = self.metrics.slot(.refusals, self.route, reason.description)
        self.refusals.append((reason.utf8Start, slot))
        return slot
    }

    /// Clients may choose among 2000 application codes, so only those of the backend and the gateway are told apart.
    private static func label(ofCloseCode code: UInt16?, isTrusted: Bool) -> String {
        guard let code else { return "none" }
        switch code {
        case 1000...1015: return "\(code)"
        case 4001, 4003: return "\(code)"
        case 3000...3999: return isTrusted ? "\(code)" : "3xxx"
        case 4000...4999: return isTrusted ? "\(code)" : "4xxx"
        default: return "other"
        }
    }
}

/// One worker's routes by their label, across policies: a label always means the same object.
package final class RouteMetricsTable {
    private let metrics: WorkerMetrics
    private var routes: [String: RouteMetrics] = [:]

    package init(_ metrics: WorkerMetrics) {
        self.metrics = metrics
    }

    package func route(_ label: String, isWebSocket: Bool) -> RouteMetrics {
        if let route = self.routes[label] { return route }
        // Reloads may bring new labels without end.
        let isFull = self.routes.count > WorkerMetrics.seriesPerFamily
        if isFull, label != WorkerMetrics.overflowLabel {
            return self.route(WorkerMetrics.overflowLabel, isWebSocket: isWebSocket)
        }
        let route = RouteMetrics(self.metrics, route: label, isWebSocket: isWebSocket)
        self.routes[label] = route
        return route
    }
}
