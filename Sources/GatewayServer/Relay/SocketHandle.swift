import GatewayPolicy
import GatewayProtocol
import NIOCore

/// Reaches a relay from another loop. It does not keep the relay.
final class SocketHandle: Sendable {
    private let eventLoop: any EventLoop
    private let relay: NIOLoopBound<WeakRelay>

    private final class WeakRelay {
        weak var relay: Relay?
        init(_ relay: Relay) { self.relay = relay }
    }

    /// On the relay's loop.
    init(_ relay: Relay, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.relay = NIOLoopBound(WeakRelay(relay), eventLoop: eventLoop)
    }

    func stop(_ close: WebSocketClose) {
        self.eventLoop.execute { self.relay.value.relay?.stop(close) }
    }

    /// Whether the session now lasts as long as the token of `identity`.
    func renew(_ identity: VerifiedIdentity) -> EventLoopFuture<RenewalOutcome> {
        self.eventLoop.submit { self.relay.value.relay?.renew(identity) ?? .gone }
    }
}

enum RenewalOutcome: Sendable, Equatable {
    /// Until this second.
    case renewed(until: Int64)
    /// Another user's token, or one with other values.
    case notTheSame
    case gone
}
