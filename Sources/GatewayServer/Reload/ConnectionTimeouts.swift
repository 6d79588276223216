import GatewaySettings
import NIOCore

/// The timeouts of a client's connection as the loop counts time: converted once, not at each request.
struct ConnectionTimeouts {
    let head: TimeAmount
    let bodyIdle: TimeAmount
    let writeStall: TimeAmount
    let keepAlive: TimeAmount

    init(_ settings: TimeoutSettings) {
        self.head = TimeAmount(settings.head)
        self.bodyIdle = TimeAmount(settings.bodyIdle)
        self.writeStall = TimeAmount(settings.writeStall)
        self.keepAlive = TimeAmount(settings.keepAlive)
    }
}
