import GatewayPolicy
import GatewayServer
import GatewaySettings
import GatewayTokens

/// An explanation for people: one block for each step, its subject on the left.
struct ExplanationText {
    private var lines: [String] = []

    static func text(_ explanation: RequestExplanation) -> String {
        var text = ExplanationText()
        text.write(explanation)
        return text.lines.map { Self.harmless($0) + "\n" }.joined()
    }

    private mutating func write(_ explanation: RequestExplanation) {
        let kind = explanation.isWebSocket ? ", a WebSocket handshake" : ""
        self.add("request", "\(explanation.method) \(explanation.target)\(kind)")
        self.add("", "for \(explanation.host), from \(explanation.client)")
        for note in explanation.notes { self.add("note", note) }
        if let violation = explanation.violation { self.add("request", "FAILED   \(violation)") }
        if let verdict = explanation.verdict { self.write(verdict) }
        if let headers = explanation.headers { self.write(headers) }
        self.write(explanation.limits)
        if let cors = explanation.verdict?.cors, !explanation.isWebSocket || cors.check.outcome != .skipped {
            self.write(cors)
        }
        self.write(explanation.answer)
    }

    // MARK: Verdict

    private mutating func write(_ verdict: Explanation) {
        if let matched = verdict.path.matched {
            self.add(
                "path", matched.isEmpty ? verdict.path.received : "\(verdict.path.received), matched as \(matched)")
        } else {
            self.add("path", verdict.path.received)
        }
        let width = min(40, verdict.routes.map { Self.pattern($0.route).count }.max() ?? 0)
        for (index, report) in verdict.routes.enumerated() {
            let pattern = Self.padded(Self.pattern(report.route), width)
            self.add(index == 0 ? "routes" : "", "\(report.route.index + 1)  \(pattern)  \(Self.outcome(report))")
        }
        for check in verdict.checks where check.outcome == .failed || check.outcome == .passed && check.name != "path" {
            self.add(check.name, Self.outcome(check))
        }
        if let token = verdict.token { self.write(token, auth: verdict.route?.auth.rawValue) }
        for (index, check) in verdict.requirements.enumerated() {
            self.add(index == 0 ? "require" : "", "\(Self.padded(check.name, 14))  \(Self.outcome(check))")
        }
    }

    private static func pattern(_ route: RouteTerms) -> String { route.pattern.isEmpty ? "''" : route.pattern }

    private static func outcome(_ report: RouteReport) -> String {
        let objections = report.objections.map { self.text($0) }.joined(separator: ", ")
        switch report.outcome {
        case .decides: return objections.isEmpty ? "decides" : "decides, but: \(objections)"
        case .later: return "would match, but comes later"
        case .passedOver: return "no: \(objections.isEmpty ? "not looked at" : objections)"
        }
    }

    private static func text(_ objection: RouteReport.Objection) -> String {
        switch objection {
        case .webSocketOnly: "WebSockets only"
        case .noWebSocket: "takes no WebSockets"
        case .host: "another host"
        case .pattern: "another path"
        case .method: "another method"
        }
    }

    private mutating func write(_ token: TokenReport, auth: String?) {
        for (index, carrier) in token.carriers.enumerated() {
            let detail = carrier.outcome == .failed ? "FAILED   \(carrier.detail)" : carrier.detail
            self.add(index == 0 ? "token" : "", index == 0 ? "\(auth.map { "\($0): " } ?? "")\(detail)" : detail)
        }
        if let issuer = token.issuer, issuer != "default" { self.add("", "judged by the rules and keys of \(issuer)") }
        for check in token.checks where check.outcome != .skipped {
            self.add("", "\(Self.padded(check.name, 14))  \(Self.outcome(check))")
        }
        let skipped = token.checks.filter { $0.outcome == .skipped }.map(\.name)
        if !skipped.isEmpty { self.add("", "not asked: \(skipped.joined(separator: ", "))") }
    }

    private static func outcome(_ check: CheckReport) -> String {
        let word =
            switch check.outcome {
            case .passed: "ok    "
            case .failed: "FAILED"
            case .skipped: "-     "
            }
        return check.detail.isEmpty ? word : "\(word)  \(check.detail)"
    }

    // MARK: Headers, limits, CORS

    private mutating func write(_ headers: HeaderReport) {
        for (index, line) in headers.removed.enumerated() {
            self.add(index == 0 ? "removed" : "", "\(line.name): \(Self.text(line.reason))")
        }
        for (index, line) in headers.injected.enumerated() {
            self.add(index == 0 ? "injected" : "", "\(line.name): \(line.value ?? Self.text(line.source))")
        }
    }

    private static func text(_ reason: HeaderReport.Removal) -> String {
        switch reason {
        case .oneHop: "concerns this connection only"
        case .underscore: "has an underscore, which servers fold"
        case .owned: "only the gateway says that"
        case .token: "carried the token"
        case .lookalike: "a server could take it for the token's header"
        case .extensions: "only permessage-deflate is passed on"
        case .route: "the route removes or replaces it"
        }
    }

    private static func text(_ source: HeaderReport.Source) -> String {
        switch source {
        case .token: "(the token)"
        case .route: "(of the route, as the settings say)"
        case .gateway: "(as the settings say)"
        case .rest: "(what is left of it)"
        case .assertion: "(signed by the gateway)"
        case .requestID: "(one for each request)"
        case .claim, .capture, .forwarding: "(not shown)"
        }
    }

    private mutating func write(_ limits: [LimitReport]) {
        let width = limits.map(\.name.count).max() ?? 0
        for (index, limit) in limits.enumerated() {
            self.add(index == 0 ? "limits" : "", "\(Self.padded(limit.name, width))  \(limit.value)")
        }
    }

    private mutating func write(_ cors: CORSReport) {
        self.add("cors", Self.outcome(cors.check))
        for line in cors.lines { self.add("", line) }
    }

    // MARK: Answer

    private mutating func write(_ answer: ExplainedAnswer) {
        self.lines.append("")
        switch answer {
        case .forwarded(let upstream, let method, let target):
            self.add("answer", "forwarded to upstream \(upstream) as \(method) \(target)")
        case .answered(let own):
            let reason = own.label.isEmpty ? "" : " (\(own.label)\(own.detail.isEmpty ? "" : ": \(own.detail)"))"
            self.add("answer", "\(own.status)\(reason)")
            for line in own.headerLines { self.add("", line) }
            guard let contentType = own.contentType, !own.body.isEmpty else { return }
            self.add("", contentType == "text/html; charset=utf-8" ? "a page for browsers" : own.body)
        case .closed(let code, let reason, let label, let detail):
            self.add("answer", "accepted, then closed with \(code) “\(reason)” (\(label): \(detail))")
        case .renewal:
            self.add("answer", "the token is good; the running gateway knows whether it has a socket of this session")
        }
    }

    // MARK: Lines

    private mutating func add(_ subject: String, _ text: String) {
        self.lines.append(Self.padded(subject, 10) + text)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// What terminals obey, and what turns the direction of a line around, is written out.
    private static func harmless(_ line: String) -> String {
        var result = ""
        for scalar in line.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
                0xFFF9...0xFFFB:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
