/// What there is to say about a relay: for the log line and the metrics of a session.
package struct RelaySummary: Sendable, Equatable {
    /// Who ended the session, and why.
    package var cause: RelayEnd?
    /// Codes of the Close frames; 1005 for one without a code, 1006 for none, as RFC 6455 section 7.1.5 names them.
    package var receivedFromClient = WebSocketCloseCode.noClose
    package var receivedFromUpstream = WebSocketCloseCode.noClose
    package var sentToClient = WebSocketCloseCode.noClose
    package var sentToUpstream = WebSocketCloseCode.noClose
    package var fromClient = RelayTraffic()
    package var fromUpstream = RelayTraffic()
}

/// What one side sent.
package struct RelayTraffic: Sendable, Equatable {
    package var frames: UInt64 = 0
    package var messages: UInt64 = 0
    package var payloadBytes: UInt64 = 0

    package init(frames: UInt64 = 0, messages: UInt64 = 0, payloadBytes: UInt64 = 0) {
        self.frames = frames
        self.messages = messages
        self.payloadBytes = payloadBytes
    }
}

/// The event that ended the open state of a relay.
package enum RelayEnd: Sendable, Equatable {
    /// A Close frame came.
    case closed(by: RelaySide)
    /// The side's connection ended without a Close frame.
    case lost(RelaySide)
    case violated(by: RelaySide, FrameViolation)
    /// The side did not answer a ping of ours.
    case silent(RelaySide)
    /// The side took nothing of what waited for it.
    case slow(RelaySide)
    /// The client sent more than it may.
    case rateExceeded
    case tokenExpired
    case tokenRevoked
    /// No message came for too long.
    case idle
    case tooOld
    /// The gateway ended it: drain, policy.
    case stopped(code: UInt16)

    /// Who was first to end it; nil is the gateway.
    package var side: RelaySide? {
        switch self {
        case .closed(let side), .lost(let side), .violated(let side, _), .silent(let side): side
        case .slow, .rateExceeded, .tokenExpired, .tokenRevoked, .idle, .tooOld, .stopped: nil
        }
    }

    package var label: StaticString {
        switch self {
        case .closed(.client): "client_close"
        case .closed(.upstream): "upstream_close"
        case .lost(.client): "client_lost"
        case .lost(.upstream): "upstream_lost"
        case .violated(.client, _): "client_violation"
        case .violated(.upstream, _): "upstream_violation"
        case .silent(.client): "client_silent"
        case .silent(.upstream): "upstream_silent"
        case .slow(.client): "client_slow"
        case .slow(.upstream): "upstream_slow"
        case .rateExceeded: "rate_exceeded"
        case .tokenExpired: "token_expired"
        case .tokenRevoked: "token_revoked"
        case .idle: "idle"
        case .tooOld: "too_old"
        case .stopped: "stopped"
        }
    }
}
