/// `limits` of a route's sockets. All off until written.
package struct WebSocketLimitSettings: Sendable, Equatable {
    /// Messages of one client.
    package var messagesPerSecond: RateSettings?
    /// Bytes of one client's messages.
    package var bytesPerSecond: RateSettings?
    package var exceed = WebSocketRateExcess.close
    /// Open sockets of one user, of one client address, of the route.
    package var perUser: Int?
    package var perAddress: Int?
    package var perRoute: Int?
    package var whenFull = WebSocketOverflow.rejectNew

    package init() {}
}

/// What happens to a client that sends too fast.
package enum WebSocketRateExcess: String, Sendable, CaseIterable {
    /// Close 1008.
    case close
    /// It is read no faster than it may send.
    case delay
}

/// What happens when as many sockets are open as may be.
package enum WebSocketOverflow: String, Sendable, CaseIterable {
    case rejectNew = "reject_new"
    /// The one that has been open for longest makes room.
    case dropOldest = "drop_oldest"
}

/// `drain`: what both sides of a socket are told when the gateway stops.
package struct WebSocketDrainSettings: Sendable, Equatable {
    /// 1001 (going away) or 1012 (service restart).
    package var code: UInt16 = 1001
    /// At most 123 bytes, which is what a close frame holds; maybe empty.
    package var reason = "going away"

    package init() {}
}
