import GatewaySettings

/// One request's refusal.
package struct Refusal: Sendable {
    /// The matched route; nil when the refusal came before a route was known.
    package var route: RouteTerms?
    package var reason: RejectionReason
    /// What the log says beside the reason; never on the wire.
    package var logDetail: StaticString

    package init(route: RouteTerms?, reason: RejectionReason, logDetail: StaticString) {
        self.route = route
        self.reason = reason
        self.logDetail = logDetail
    }
}

/// How a refusal is delivered.
package enum RefusalDelivery: Sendable {
    case http(status: Int)
    /// Answer the handshake with 101 and close at once, with a code that a browser shows to its page.
    case acceptThenClose(code: UInt16, reason: StaticString)
}

/// Chooses between an HTTP status and accept-then-close by the route's `refuse` mode.
package func delivery(of refusal: Refusal, hasOrigin: Bool, isWebSocket: Bool) -> RefusalDelivery {
    let http = RefusalDelivery.http(status: refusal.reason.status)
    guard isWebSocket, let mode = refusal.route?.webSocket?.refuse, let close = refusal.reason.webSocketClose else {
        return http
    }
    switch mode {
    case .http: return http
    case .auto where !hasOrigin: return http
    case .auto, .close: return .acceptThenClose(code: close.code, reason: close.reason)
    }
}
