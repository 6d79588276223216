/// One named group of equal backend servers.
package struct UpstreamSettings: Sendable {
    package var name: Located<String>
    package var servers: [Located<AddressSettings>]
    package var pool = PoolSettings()
    package var connectTimeout: Duration = .seconds(5)
    /// From the whole request sent to the response's head.
    package var responseTimeout: Duration = .seconds(60)
    /// Between two reads of a response body or none at all; nil is off, for server-sent events.
    package var idleTimeout: Duration? = .seconds(300)
    /// Requests that may be under way at once, of all event loops together; open WebSockets do not count. Nil is off.
    package var maxInFlight: Int? = 10_000

    package init(name: Located<String>, servers: [Located<AddressSettings>]) {
        self.name = name
        self.servers = servers
    }
}

/// What is kept of unused upstream connections.
package struct PoolSettings: Sendable, Equatable {
    /// How long an unused upstream connection is kept; uvicorn closes its side after 5 s.
    package var idle: Duration = .seconds(3)
    /// Unused connections kept per event loop and server.
    package var size = 256

    package init() {}
}
