/// Which way a WebSocket message went.
package enum RelayDirection: Sendable {
    case toUpstream, toClient
}

/// One worker's slots of one route, so that counting a request or a frame looks nothing up.
///
/// Confined to the worker's loop. A new policy makes new ones; series with the same label go on counting.
package final class RouteMetrics {
    private let metrics: WorkerMetrics
    private let route: String
    /// Slots by status, made when a status is first seen; the last one is for statuses outside 100–599.
    private var requests: [MetricSlot?] = Array(repeating: nil, count: 501)
    private let requestDuration: HistogramSlot
    private let active: MetricSlot
    private let opened: MetricSlot
    private let webSocketDuration: HistogramSlot
    private let messagesToUpstream: MetricSlot
    private let messagesToClient: MetricSlot
    private let bytesToUpstream: MetricSlot
    private let bytesToClient: MetricSlot

    /// `route` is the label; requests without a route share one with the label `none`.
    package init(_ metrics: WorkerMetrics, route: String, isWebSocket: Bool) {
        self.metrics = metrics
        self.route = route
        self.requestDuration = metrics.histogram(.requestDuration, route)
        self.active = metrics.slot(.webSocketsActive, route)
        self.opened = metrics.slot(.webSocketsOpened, route)
        self.webSocketDuration = metrics.histogram(.webSocketDuration, route)
        self.messagesToUpstream = metrics.slot(.webSocketMessages, route, "to_upstream")
        self.messagesToClient = metrics.slot(.webSocketMessages, route, "to_client")
        self.bytesToUpstream = metrics.slot(.webSocketBytes, route, "to_upstream")
        self.bytesToClient = metrics.slot(.webSocketBytes, route, "to_client")
    }

    package func requestFinished(status: Int, microseconds: Int64) {
        self.metrics.add(self.requestSlot(status))
        self.metrics.observe(self.requestDuration, microseconds: microseconds)
    }

    package func refused(_ reason: StaticString) {
        self.metrics.add(self.metrics.slot(.refusals, self.route, reason.description))
    }

    package func webSocketOpened() {
        self.metrics.add(self.opened)
        self.metrics.add(self.active)
    }

    /// Called as frames pass, not at the end: a socket may live for days.
    package func webSocketRelayed(_ direction: RelayDirection, messages: Int, bytes: Int) {
        switch direction {
        case .toUpstream:
            self.metrics.add(self.messagesToUpstream, messages)
            self.metrics.add(self.bytesToUpstream, bytes)
        case .toClient:
            self.metrics.add(self.messagesToClient, messages)
            self.metrics.add(self.bytesToClient, bytes)
        }
    }

    /// `code` as on the client's side; nil when the connection ended without a close frame.
    package func webSocketClosed(code: UInt16?, by closer: WebSocketCloser, microseconds: Int64) {
        self.metrics.add(self.active, -1)
        self.metrics.observe(self.webSocketDuration, microseconds: microseconds)
        let label = Self.label(ofCloseCode: code, isOurs: closer == .gateway)
        self.metrics.add(self.metrics.slot(.webSocketsClosed, self.route, label, closer.label.description))
    }

    private func requestSlot(_ status: Int) -> MetricSlot {
        let isKnown = (100...599).contains(status)
        let index = isKnown ? status - 100 : 500
        if let slot = self.requests[index] { return slot }
        let slot = self.metrics.slot(.requests, self.route, isKnown ? "\(status)" : "other")
        self.requests[index] = slot
        return slot
    }

    /// Peers may choose among 2000 application codes; only ours are told apart.
    private static func label(ofCloseCode code: UInt16?, isOurs: Bool) -> String {
        guard let code else { return "none" }
        switch code {
        case 1000...1015: return "\(code)"
        case 3000...3999: return isOurs ? "\(code)" : "3xxx"
        case 4000...4999: return isOurs || code == 4001 || code == 4003 ? "\(code)" : "4xxx"
        default: return "other"
        }
    }
}
