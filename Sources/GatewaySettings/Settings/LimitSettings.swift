/// The `limits` block: what one client may make the gateway hold.
package struct LimitSettings: Sendable, Equatable {
    /// Bytes of the request line.
    package var requestLine = 8 << 10
    /// Bytes of one header line.
    package var header = 8 << 10
    /// Bytes of the whole head.
    package var headerBlock = 32 << 10
    package var headerCount = 100
    /// Bytes of a request body; nil is off.
    package var body: Int? = 100 << 20
    /// Client connections in all; nil derives it from the file-descriptor limit.
    package var connections: Int?
    /// Requests after which a client's connection is closed; nil is off.
    package var keepAliveRequests: Int?
    /// Open WebSockets in all; nil is off.
    package var webSockets: Int?
    package var address = AddressLimitSettings()

    package init() {}
}

/// `limits.address`: what one client address may do. Off until written.
package struct AddressLimitSettings: Sendable, Equatable {
    package var connectionsPerSecond: RateSettings?
    package var requestsPerSecond: RateSettings?

    package init() {}
}

/// A token bucket: `perSecond` on average, `burst` at once.
package struct RateSettings: Sendable, Equatable {
    package var perSecond: Int
    package var burst: Int

    package init(perSecond: Int, burst: Int) {
        self.perSecond = perSecond
        self.burst = burst
    }
}
