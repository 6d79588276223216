import GatewayPolicy
import GatewayProtocol
import GatewaySettings

/// Why a socket that is open would not be opened any more.
enum SocketObjection {
    case route
    case origin
    /// The key that has verified its token.
    case key

    var close: WebSocketClose {
        switch self {
        case .route: WebSocketClose(WebSocketCloseCode.policyViolation, "route removed")
        case .origin: WebSocketClose(WebSocketCloseCode.policyViolation, "origin not allowed")
        // As for any token of that key from now on: the client needs another one.
        case .key: WebSocketClose(WebSocketCloseCode.notAuthenticated, "token invalid")
        }
    }
}

/// What a new policy meant for the sockets that were open.
struct ReviewedSockets: Sendable, Equatable {
    /// Nothing they were admitted by is gone.
    var kept = 0
    /// By what is gone. They go on by the terms they were admitted by, unless `close_removed` says otherwise.
    var withoutRoute = 0
    var withoutOrigin = 0
    var withoutKey = 0
    var closed = 0

    mutating func count(_ objection: SocketObjection?) {
        switch objection {
        case nil: self.kept += 1
        case .route: self.withoutRoute += 1
        case .origin: self.withoutOrigin += 1
        case .key: self.withoutKey += 1
        }
    }

    mutating func add(_ other: ReviewedSockets) {
        self.kept += other.kept
        self.withoutRoute += other.withoutRoute
        self.withoutOrigin += other.withoutOrigin
        self.withoutKey += other.withoutKey
        self.closed += other.closed
    }
}

extension Worker {
    /// Holds the open sockets against a new policy.
    func reviewSockets(_ snapshot: Snapshot) -> ReviewedSockets {
        let closesRemoved = snapshot.settings.reload.closeRemoved
        var sockets = ReviewedSockets()
        for client in self.clients.entries {
            guard case .relaying(let relay) = client.phase else { continue }
            let objection = snapshot.policy.objection(to: relay.terms)
            sockets.count(objection)
            guard closesRemoved, let objection else { continue }
            sockets.closed += 1
            relay.stop(objection.close, cutsClient: true)
        }
        return sockets
    }
}

extension Policy {
    fileprivate func objection(to terms: RelayTerms) -> SocketObjection? {
        guard let route = self.route(like: terms.route) else { return .route }
        guard route.allowsOrigin(terms.origin) else { return .origin }
        if let identity = terms.identity, !self.knowsKey(of: identity) { return .key }
        return nil
    }
}
