import GatewayPolicy
import GatewayProtocol

/// An answer that the gateway gives itself: the wire form and the word for logs and metrics.
struct GatewayAnswer {
    enum Content {
        case refusal(RefusalAnswer.Content)
        /// Plain text.
        case text(StaticString)
        case json([UInt8])
        case nothing
    }

    var status: Int
    /// Whole lines.
    var headerLines: [UInt8]
    var content: Content
    /// Empty for answers that refuse nothing.
    var label: StaticString
    /// Whether the client's connection is closed behind it.
    var endsConnection = false

    init(_ refusal: RefusalAnswer, label: StaticString) {
        self.status = refusal.status
        self.headerLines = refusal.headerLines
        self.content = .refusal(refusal.content)
        self.label = label
    }

    init(status: Int, headerLines: [UInt8] = [], content: Content) {
        self.status = status
        self.headerLines = headerLines
        self.content = content
        self.label = ""
    }

    /// The content as it is written; `format` and `requestID` are for refusals.
    func body(_ format: AnswerFormat, requestID: [UInt8]) -> (contentType: StaticString?, bytes: [UInt8]) {
        switch self.content {
        case .refusal(let content):
            let refusal = RefusalAnswer(status: self.status, headerLines: [], content: content)
            let body = refusal.body(format, requestID: requestID)
            return (body.contentType, body.bytes)
        case .text(let text): return ("text/plain; charset=utf-8", text.withUTF8Buffer { Array($0) })
        case .json(let bytes): return ("application/json", bytes)
        case .nothing: return (nil, [])
        }
    }

    static func violation(_ violation: HTTPViolation) -> GatewayAnswer {
        GatewayAnswer(self.problem(ofStatus: violation.status), label: violation.label)
    }

    static func upstream(_ failure: UpstreamFailure) -> GatewayAnswer {
        GatewayAnswer(self.problem(ofStatus: failure.status), label: failure.label)
    }

    static let bodyTooLarge = GatewayAnswer(problem(ofStatus: 413), label: "body_too_large")
    static let requestTimeout = GatewayAnswer(problem(ofStatus: 408), label: "request_timeout")
    static let tooLateForHalfClosed = GatewayAnswer(problem(ofStatus: 504), label: "half_closed")
    static let draining = GatewayAnswer(problem(ofStatus: 503), label: "draining")
    /// `max_in_flight` requests are on their way to the upstream.
    static let upstreamBusy = GatewayAnswer(problem(ofStatus: 503), label: "upstream_busy")

    /// A client that has used up what `limits.address` grants (RFC 6585 section 4).
    static func tooManyRequests(retryAfter seconds: Int, endsConnection: Bool) -> GatewayAnswer {
        var answer = GatewayAnswer(
            .problem(status: 429, type: "too-many-requests", title: "Too many requests from this address"),
            label: "rate")
        answer.endsConnection = endsConnection
        answer.headerLines += Array("Retry-After: \(seconds)\r\n".utf8)
        return answer
    }

    /// What `health` answers to a balancer.
    static func health(isDraining: Bool) -> GatewayAnswer {
        let status = isDraining ? 503 : 200
        return GatewayAnswer(
            status: status, headerLines: Array("Cache-Control: no-store\r\n".utf8),
            content: .text(isDraining ? "draining\n" : "ok\n"))
    }

    /// The answer to a CORS preflight.
    static func preflight(_ headerLines: [UInt8]) -> GatewayAnswer {
        GatewayAnswer(status: 204, headerLines: headerLines, content: .nothing)
    }

    static func handshake(_ problem: Exchange.HandshakeProblem) -> GatewayAnswer {
        switch problem {
        case .malformed(let label):
            GatewayAnswer(self.problem(ofStatus: 400), label: label)
        case .unsupportedVersion:
            // RFC 6455 section 4.4: the version that would be understood.
            GatewayAnswer(
                .problem(
                    status: 426,
                    type: "websocket-version",
                    title: "Only WebSocket version 13 is supported",
                    headerLines: "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n"
                ),
                label: "websocket_version"
            )
        }
    }

    /// The problem document of a status that says all there is to say in public; the rule that was broken is in the log.
    private static func problem(ofStatus status: Int) -> RefusalAnswer {
        switch status {
        case 405:
            .problem(
                status: 405, type: "method-not-allowed", title: "The method is not allowed",
                headerLines: "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n")
        case 408: .problem(status: 408, type: "request-timeout", title: "The request took too long to arrive")
        case 413: .problem(status: 413, type: "body-too-large", title: "The request body is too large")
        case 414: .problem(status: 414, type: "target-too-long", title: "The request target is too long")
        case 417: .problem(status: 417, type: "expectation-failed", title: "The expectation cannot be met")
        case 431: .problem(status: 431, type: "header-too-large", title: "The request header fields are too large")
        case 501: .problem(status: 501, type: "not-implemented", title: "The transfer coding is not supported")
        case 502:
            .problem(status: 502, type: "bad-gateway", title: "The upstream server could not be reached or understood")
        case 503:
            .problem(
                status: 503, type: "unavailable", title: "The gateway cannot serve the request now",
                headerLines: "Retry-After: 5\r\n")
        case 504: .problem(status: 504, type: "gateway-timeout", title: "The upstream server did not answer in time")
        case 505: .problem(status: 505, type: "version-not-supported", title: "The HTTP version is not supported")
        default: .problem(status: 400, type: "bad-request", title: "The request is malformed")
        }
    }
}
