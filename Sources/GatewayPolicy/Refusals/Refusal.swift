import GatewaySettings

/// One request's refusal.
package struct Refusal: Error, Sendable {
    /// The matched route; nil when the refusal came before a route was known.
    package var route: RouteTerms?
    package var reason: RejectionReason
    /// What the log says beside the reason; never on the wire.
    package var logDetail: StaticString
    /// With `methodNotAllowed` the methods that are, as the value of an `Allow` line.
    package var allow: [UInt8]

    package init(route: RouteTerms?, reason: RejectionReason, logDetail: StaticString, allow: [UInt8] = []) {
        self.route = route
        self.reason = reason
        self.logDetail = logDetail
        self.allow = allow
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
    guard isWebSocket, let close = refusal.reason.webSocketClose,
        refusal.route?.acceptsToClose(hasOrigin: hasOrigin) == true
    else { return .http(status: refusal.reason.status) }
    return .acceptThenClose(code: close.code, reason: close.reason)
}

/// What becomes of a handshake that the backend answered with `status`. With a verified token a 401 or 403 means that this
/// user may not enter here, without one that a token is wanted. Other statuses are passed on.
package func deliveryOfBackendRefusal(
    status: Int,
    on route: RouteTerms,
    hasOrigin: Bool,
    wasVerified: Bool
) -> RefusalDelivery {
    guard status == 401 || status == 403, route.acceptsToClose(hasOrigin: hasOrigin) else {
        return .http(status: status)
    }
    let reason = wasVerified ? RejectionReason.forbidden : .notAuthenticated
    guard let close = reason.webSocketClose else { return .http(status: status) }
    return .acceptThenClose(code: close.code, reason: close.reason)
}

extension RouteTerms {
    /// Whether refused handshakes are accepted and closed with a code.
    fileprivate func acceptsToClose(hasOrigin: Bool) -> Bool {
        switch self.webSocket?.refuse {
        case .close: true
        case .auto: hasOrigin
        case .http, nil: false
        }
    }
}
