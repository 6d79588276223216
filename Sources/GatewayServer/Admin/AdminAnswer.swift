/// What the admin listener says to one request: pure, so that it is tested without a socket.
struct AdminAnswer: Sendable, Equatable {
    var status: Int
    var contentType = "text/plain; charset=utf-8"
    var body: [UInt8]
    /// The methods that would have been right, for 405.
    var allow: String?

    init(status: Int, contentType: String = "text/plain; charset=utf-8", body: [UInt8], allow: String? = nil) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.allow = allow
    }

    init(status: Int, text: String, allow: String? = nil) {
        self.init(status: status, body: Array(text.utf8) + [0x0A], allow: allow)
    }
}

/// Which endpoint a request is for.
enum AdminEndpoint: Equatable {
    case live
    case ready
    case metrics
    case refused(AdminAnswer)

    static func find(method: String, target: String) -> AdminEndpoint {
        let endpoint: AdminEndpoint
        switch target.prefix(while: { $0 != "?" }) {
        case "/livez": endpoint = .live
        case "/readyz": endpoint = .ready
        case "/metrics": endpoint = .metrics
        default: return .refused(AdminAnswer(status: 404, text: "not found; there are /livez, /readyz and /metrics"))
        }
        guard method == "GET" || method == "HEAD" else {
            return .refused(AdminAnswer(status: 405, text: "only GET and HEAD", allow: "GET, HEAD"))
        }
        return endpoint
    }
}

extension AdminAnswer {
    static let live = AdminAnswer(status: 200, text: "ok")

    static func ready(reasonNotReady: String?, warnings: [String] = []) -> AdminAnswer {
        guard let reasonNotReady else {
            let lines = ["ok"] + warnings.map { "warning: \($0)" }
            return AdminAnswer(status: 200, text: lines.joined(separator: "\n"))
        }
        return AdminAnswer(status: 503, text: reasonNotReady)
    }

    static func metrics(_ reading: AdminMetrics) -> AdminAnswer {
        AdminAnswer(
            status: 200,
            contentType: PrometheusText.contentType,
            body: PrometheusText.render(reading.snapshots, extra: reading.extra)
        )
    }

    static let metricsUnavailable = AdminAnswer(status: 503, text: "the workers did not answer in time")
}
