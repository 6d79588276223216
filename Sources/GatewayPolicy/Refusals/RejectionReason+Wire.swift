import GatewayTokens

/// Every reason's status, close code, label and public texts: the one table of what a refused client sees.
extension RejectionReason {
    package var status: Int {
        switch self {
        case .badPath, .badHost, .badSession: 400
        case .noRoute: 404
        case .methodNotAllowed: 405
        case .addressNotAllowed, .originNotAllowed, .originMissing, .forbidden: 403
        case .notAuthenticated, .badAuthorizationHeader, .badSubprotocol, .duplicateTokens, .tokenNotValid,
            .noUserIdentification:
            401
        case .tooManySockets, .tooManyFailures: 429
        case .sessionInUse: 409
        case .keysUnavailable: 503
        }
    }

    /// Nil for reasons that never accept a handshake: they are answered with their status.
    package var webSocketClose: (code: UInt16, reason: StaticString)? {
        switch self {
        case .badPath, .badHost, .noRoute, .methodNotAllowed, .addressNotAllowed, .originNotAllowed, .originMissing,
            .badSession, .sessionInUse, .tooManyFailures:
            nil
        case .notAuthenticated: (4001, "authentication required")
        case .tokenNotValid(let rejection) where rejection.reason == .expired: (4001, "token expired")
        case .tokenNotValid(let rejection) where rejection.reason == .revoked: (4001, "token revoked")
        case .badAuthorizationHeader, .badSubprotocol, .duplicateTokens, .tokenNotValid, .noUserIdentification:
            (4001, "token invalid")
        case .forbidden: (4003, "forbidden")
        case .tooManySockets: (4008, "too many connections")
        case .keysUnavailable: (1013, "try again later")
        }
    }

    /// A constant, bounded set of words for metrics.
    package var metricLabel: StaticString {
        switch self {
        case .badPath: "bad_path"
        case .badHost: "bad_host"
        case .noRoute: "no_route"
        case .methodNotAllowed: "method"
        case .addressNotAllowed: "address"
        case .originNotAllowed: "origin"
        case .originMissing: "origin_missing"
        case .notAuthenticated: "missing"
        case .badAuthorizationHeader: "bad_header"
        case .badSubprotocol: "bad_subprotocol"
        case .duplicateTokens: "duplicate"
        case .tokenNotValid(let rejection), .noUserIdentification(let rejection): rejection.reason.label
        case .forbidden: "claim"
        case .tooManySockets: "socket_limit"
        case .tooManyFailures: "throttled"
        case .badSession: "bad_session"
        case .sessionInUse: "session_in_use"
        case .keysUnavailable: "keys_unavailable"
        }
    }

    /// The last part of the problem's `type`, and its title (RFC 9457). Nil for the reasons that Django REST framework has
    /// a body for: those are answered in its words.
    var problem: (type: StaticString, title: StaticString)? {
        switch self {
        case .badPath: ("bad-path", "The path is not acceptable")
        case .badHost: ("bad-host", "The host name is not acceptable")
        case .noRoute: ("no-route", "No route matches the request")
        case .methodNotAllowed: ("method-not-allowed", "The method is not allowed")
        case .addressNotAllowed: ("address-not-allowed", "The address is not allowed")
        case .originNotAllowed: ("origin-not-allowed", "The origin is not allowed")
        case .originMissing: ("origin-missing", "The request has no Origin header")
        case .tooManySockets: ("too-many-sockets", "Too many WebSockets are open")
        case .sessionInUse: ("session-in-use", "An open WebSocket has this session id")
        case .tooManyFailures: ("too-many-failures", "Too many tokens were not valid")
        case .badSession: ("bad-session", "The session id is not acceptable")
        case .keysUnavailable: ("keys-unavailable", "The token cannot be checked yet")
        case .forbidden, .notAuthenticated, .badAuthorizationHeader, .badSubprotocol, .duplicateTokens, .tokenNotValid,
            .noUserIdentification:
            nil
        }
    }
}
