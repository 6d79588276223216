import GatewayPolicy
import GatewayServer
import GatewaySettings
import GatewayTokens

/// An explanation for programs. Keys and words stay as they are; more may come.
enum ExplanationJSON {
    static func text(_ explanation: RequestExplanation) -> String {
        let verdict = explanation.verdict
        return JSONText.object([
            ("request", self.request(explanation)),
            ("violation", .text(explanation.violation)),
            ("path", verdict.map { self.path($0.path) } ?? .null),
            ("routes", .list((verdict?.routes ?? []).map(self.route))),
            ("route", verdict?.route.map { .number($0.index) } ?? .null),
            ("checks", self.checks(verdict?.checks ?? [])),
            ("token", self.token(verdict)),
            ("require", self.checks(verdict?.requirements ?? [])),
            ("headers", explanation.headers.map(self.headers) ?? .null),
            ("limits", .list(explanation.limits.map(self.limit))),
            ("cors", verdict.map { self.cors($0.cors) } ?? .null),
            ("notes", .list(explanation.notes.map { .text($0) })),
            ("answer", .object(self.answer(explanation.answer))),
        ]).rendered()
    }

    private static func request(_ explanation: RequestExplanation) -> JSONText {
        .object([
            ("method", .text(explanation.method)), ("target", .text(explanation.target)),
            ("host", .text(explanation.host)), ("websocket", .bool(explanation.isWebSocket)),
            ("client", .text(explanation.client)),
        ])
    }

    private static func path(_ path: PathReport) -> JSONText {
        .object([("received", .text(path.received)), ("matched", .text(path.matched))])
    }

    private static func route(_ report: RouteReport) -> JSONText {
        .object([
            ("index", .number(report.route.index)), ("line", .number(report.route.location.line)),
            ("pattern", .text(report.route.pattern)), ("outcome", .text(report.outcome.rawValue)),
            ("objections", .list(report.objections.map { .text($0.rawValue) })),
        ])
    }

    private static func checks(_ checks: [CheckReport]) -> JSONText {
        .list(
            checks.map { check in
                .object([
                    ("check", .text(check.name)), ("outcome", .text(check.outcome.rawValue)),
                    ("detail", .text(check.detail)),
                ])
            })
    }

    private static func token(_ verdict: Explanation?) -> JSONText {
        guard let token = verdict?.token else { return .null }
        return .object([
            ("auth", .text(verdict?.route?.auth.rawValue)), ("carriers", self.checks(token.carriers)),
            ("issuer", .text(token.issuer)), ("checks", self.checks(token.checks)),
        ])
    }

    private static func headers(_ headers: HeaderReport) -> JSONText {
        .object([
            (
                "removed",
                .list(
                    headers.removed.map { .object([("name", .text($0.name)), ("reason", .text($0.reason.rawValue))]) })
            ),
            (
                "injected",
                .list(
                    headers.injected.map { line in
                        .object([
                            ("name", .text(line.name)), ("value", .text(line.value)),
                            ("source", .text(line.source.rawValue)),
                        ])
                    })
            ),
        ])
    }

    private static func limit(_ limit: LimitReport) -> JSONText {
        .object([("limit", .text(limit.name)), ("value", .text(limit.value))])
    }

    private static func cors(_ cors: CORSReport) -> JSONText {
        .object([
            ("outcome", .text(cors.check.outcome.rawValue)), ("detail", .text(cors.check.detail)),
            ("lines", .list(cors.lines.map { .text($0) })),
        ])
    }

    private static func answer(_ answer: ExplainedAnswer) -> [(String, JSONText)] {
        switch answer {
        case .forwarded(let upstream, let method, let target):
            [
                ("outcome", .text("forwarded")), ("upstream", .text(upstream)), ("method", .text(method)),
                ("target", .text(target)),
            ]
        case .answered(let own):
            [
                ("outcome", .text(own.label.isEmpty ? "answered" : "refused")), ("status", .number(own.status)),
                ("reason", .text(own.label.isEmpty ? nil : own.label)), ("detail", .text(own.detail)),
                ("content_type", .text(own.contentType)), ("body", .text(own.body)),
                ("headers", .list(own.headerLines.map { .text($0) })),
            ]
        case .closed(let code, let reason, let label, let detail):
            [
                ("outcome", .text("refused")), ("status", .number(101)),
                ("close", .object([("code", .number(Int(code))), ("reason", .text(reason))])),
                ("reason", .text(label)), ("detail", .text(detail)),
            ]
        case .renewal: [("outcome", .text("renewal"))]
        }
    }
}
