package import GatewayTokens

/// Why a request gets the verdict that it gets, piece by piece. The verdict itself comes from `Gatekeeper.judge`, and stands
/// beside this.
///
/// Names and claims are as the request says them: whoever shows them makes them harmless first. No token, no cookie, no key
/// and nothing of a query is in here.
package struct Explanation: Sendable {
    package internal(set) var path: PathReport
    /// In the file's order; empty when no route was looked at.
    package internal(set) var routes: [RouteReport] = []
    /// The one that decides; nil when none does.
    package internal(set) var route: RouteTerms?
    /// What is asked beside the token: the path's form, the client's address, the origin, the session's name.
    package internal(set) var checks: [CheckReport] = []
    /// Nil when the request never comes to a token.
    package internal(set) var token: TokenReport?
    /// The route's `require`.
    package internal(set) var requirements: [CheckReport] = []
    package internal(set) var cors: CORSReport
}

/// The path as it was read.
package struct PathReport: Sendable {
    package var received: String
    /// What patterns are about: decoded once, without its first slash. Nil for a path that was refused as such.
    package var matched: String?
}

/// How a route came to decide, or why it did not.
package struct RouteReport: Sendable {
    package enum Outcome: String, Sendable {
        case decides
        case passedOver = "passed_over"
        /// It would have decided if no other one had come before it.
        case later
    }

    package enum Objection: String, Sendable {
        /// It serves WebSockets only, and this is none.
        case webSocketOnly = "websocket_only"
        /// It serves no WebSockets.
        case noWebSocket = "no_websocket"
        case host
        case pattern
        case method
    }

    package var route: RouteTerms
    package var outcome: Outcome
    package var objections: [Objection]
}

/// Where a token was looked for, and what was made of it.
package struct TokenReport: Sendable {
    /// One for each place that the route reads, in order of precedence; `passed` is where the token was.
    package var carriers: [CheckReport]
    /// The name of the issuer whose rules and keys count; nil without a token, or when nobody's do.
    package var issuer: String?
    /// Empty without a token.
    package var checks: [CheckReport]
    /// Its keys are behind a JWK_URL and not there.
    package var lacksKeys = false
}

/// Who may read the answer.
package struct CORSReport: Sendable {
    package var check: CheckReport
    /// Whole lines that the gateway adds to the answer.
    package var lines: [String]
}
