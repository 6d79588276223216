import GatewayPolicy
import GatewayProtocol

/// An answer that the gateway gives itself: the wire form and the word for logs and metrics.
struct GatewayAnswer {
    var wire: RefusalAnswer
    var label: StaticString

    var status: Int { self.wire.status }

    static func violation(_ violation: HTTPViolation) -> GatewayAnswer {
        GatewayAnswer(wire: self.problem(ofStatus: violation.status), label: violation.label)
    }

    static func upstream(_ failure: UpstreamFailure) -> GatewayAnswer {
        GatewayAnswer(wire: self.problem(ofStatus: failure.status), label: failure.label)
    }

    static let bodyTooLarge = GatewayAnswer(wire: problem(ofStatus: 413), label: "body_too_large")
    static let requestTimeout = GatewayAnswer(wire: problem(ofStatus: 408), label: "request_timeout")
    static let tooLateForHalfClosed = GatewayAnswer(wire: problem(ofStatus: 504), label: "half_closed")
    static let draining = GatewayAnswer(wire: problem(ofStatus: 503), label: "draining")

    static func handshake(_ problem: Exchange.HandshakeProblem) -> GatewayAnswer {
        switch problem {
        case .malformed(let label):
            GatewayAnswer(wire: self.problem(ofStatus: 400), label: label)
        case .unsupportedVersion:
            // RFC 6455 section 4.4: the version that would be understood.
            GatewayAnswer(
                wire: .problem(
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
