package import GatewayPolicy

/// What would become of one request, and why. Nothing was sent.
///
/// Whoever shows it makes its texts harmless first: names, paths and claims are as the request has them. There is no token, no
/// cookie, no key and nothing of a query in it.
package struct RequestExplanation: Sendable {
    /// Of the request as the gateway has read it; as it was described when it could not be read.
    package internal(set) var method: String
    /// With an ellipsis for the query.
    package internal(set) var target: String
    package internal(set) var host: String
    package internal(set) var isWebSocket: Bool
    package internal(set) var client: String
    /// The rule of HTTP or of the WebSocket handshake that was broken; nothing was judged then.
    package internal(set) var violation: String?
    package internal(set) var verdict: Explanation?
    /// Nil unless it is forwarded.
    package internal(set) var headers: HeaderReport?
    package internal(set) var limits: [LimitReport] = []
    /// What an operator should know, such as keys that are not there.
    package internal(set) var notes: [String] = []
    package internal(set) var answer: ExplainedAnswer
}

/// One limit, and how much of it the request uses where that can be said.
package struct LimitReport: Sendable {
    package var name: String
    package var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What the client would get.
package enum ExplainedAnswer: Sendable {
    /// The target with an ellipsis for the query.
    case forwarded(upstream: String, method: String, target: String)
    case answered(GatewaysAnswer)
    /// Accepted and closed at once.
    case closed(code: UInt16, reason: String, label: String, detail: String)
    /// The token renews a WebSocket's session, if there is one of that name and user.
    case renewal

    package var isRefusal: Bool {
        switch self {
        case .forwarded, .renewal: false
        case .answered(let answer): !answer.label.isEmpty
        case .closed: true
        }
    }
}

/// An answer that the gateway gives itself.
package struct GatewaysAnswer: Sendable {
    package var status: Int
    package var contentType: String?
    package var body: String
    /// Whole lines beside those that every answer has.
    package var headerLines: [String]
    /// The word for logs and metrics; empty for what is no refusal.
    package var label: String
    /// What the log says besides.
    package var detail: String
}
