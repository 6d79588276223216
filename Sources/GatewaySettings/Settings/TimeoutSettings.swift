/// The `timeouts` block.
package struct TimeoutSettings: Sendable, Equatable {
    /// From a request's first byte (or the connection's start) to its whole head.
    package var head: Duration = .seconds(15)
    /// Between two reads of a request body.
    package var bodyIdle: Duration = .seconds(30)
    /// How long a peer may accept nothing of what is waiting for it.
    package var writeStall: Duration = .seconds(60)
    /// An idle client connection between two requests.
    package var keepAlive: Duration = .seconds(75)
    package var drain: Duration = .seconds(20)
    /// How long the gateway says that it is going to stop before it stops listening.
    package var drainDelay: Duration = .zero

    package init() {}
}
