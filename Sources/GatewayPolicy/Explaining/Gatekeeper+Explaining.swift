package import GatewayMessage
package import GatewayTokens

extension Gatekeeper {
    /// `judge`, and the reasons for what it says: for commands, not for the way of a request. Whom the request is from has been
    /// settled by `vet`, as before `judge`.
    package func explain(
        _ head: inout RequestHead,
        bytes: RawSpan,
        isWebSocket: Bool,
        client: IPAddress?,
        now: WallClock,
        offered: OfferedToken = .none
    ) -> (verdict: Verdict, explanation: Explanation) {
        let request = ExplainedRequest(
            received: head, isWebSocket: isWebSocket, client: client, isClientUnknown: self.isClientUnknown, now: now,
            offered: offered)
        let verdict = self.judge(
            &head, bytes: bytes, isWebSocket: isWebSocket, client: client, now: now, offered: offered)
        var explanation = Explanation(
            path: self.pathReport(request, bytes: bytes),
            cors: self.corsReport(verdict, request, bytes: bytes)
        )
        explanation.route = verdict.route
        if explanation.path.matched != nil, !self.isOwnPath(in: request.received, bytes: bytes) {
            explanation.routes = self.routeReports(request, deciding: verdict.route, bytes: bytes)
        }
        explanation.checks = self.requestChecks(verdict, request, bytes: bytes)
        self.explainToken(verdict, request, bytes: bytes, in: &explanation)
        return (verdict, explanation)
    }

    // MARK: Path

    private func pathReport(_ request: ExplainedRequest, bytes: RawSpan) -> PathReport {
        let path = request.received.path
        var report = PathReport(received: bytes.text(path), matched: nil)
        guard (try? self.readPath(path, in: bytes)) != nil else { return report }
        if self.isOwnPath(in: request.received, bytes: bytes) {
            // A session's id is for those who have it.
            if RenewalRules.session(in: path, bytes: bytes) != nil { report.received = "/.tollgate/sessions/…/token" }
            report.matched = ""
            return report
        }
        let decoded = self.path.isVerbatim ? bytes.bytes(path) : self.path.decoded
        let start = Self.startOfMatched(decoded.span.bytes, isWebSocket: request.isWebSocket)
        report.matched = String(decoding: decoded.dropFirst(start), as: UTF8.self)
        return report
    }

    // MARK: Routes

    private func routeReports(
        _ request: ExplainedRequest,
        deciding: RouteTerms?,
        bytes: RawSpan
    ) -> [RouteReport] {
        let decoded = self.path.isVerbatim ? bytes.bytes(request.received.path) : self.path.decoded
        let matched = Array(
            decoded.dropFirst(Self.startOfMatched(decoded.span.bytes, isWebSocket: request.isWebSocket)))
        let host = request.received.host.flatMap { HostRules.name(of: $0, in: bytes) }
        let method =
            (request.isWebSocket ? nil : Preflight(request.received, bytes: bytes)?.method)
            ?? request.received.methodName
        return self.policy.routes.map { route in
            var objections: [RouteReport.Objection] = []
            if !route.serves(webSocket: request.isWebSocket) {
                objections.append(request.isWebSocket ? .noWebSocket : .webSocketOnly)
            }
            if let hosts = route.hosts, !hosts.matches(host, in: bytes) { objections.append(.host) }
            let isMatch = self.policy.patterns[route.index].matches(matched.span.bytes, with: &self.matcher)
            if !isMatch { objections.append(.pattern) }
            if !request.isWebSocket, let methods = route.methods, !methods.allows(method, in: bytes) {
                objections.append(.method)
            }
            let outcome: RouteReport.Outcome =
                route === deciding ? .decides : objections.isEmpty && deciding != nil ? .later : .passedOver
            return RouteReport(route: route, outcome: outcome, objections: objections)
        }
    }

    // MARK: Beside the token

    private func requestChecks(_ verdict: Verdict, _ request: ExplainedRequest, bytes: RawSpan) -> [CheckReport] {
        var checks = [Self.pathCheck(verdict)]
        guard let route = verdict.route else { return checks }
        if let addresses = route.addresses { checks.append(Self.addressCheck(addresses, request)) }
        checks.append(self.originCheck(route, request, bytes: bytes))
        if request.isWebSocket, route.takesSession {
            switch SessionID.find(self.policy.sessionQuery, in: request.received, bytes: bytes) {
            case .none: checks.append(CheckReport("session", .skipped, "no \(SessionID.parameter) in the query"))
            case .id: checks.append(CheckReport("session", .passed, "named by the client"))
            case .bad: checks.append(CheckReport("session", .failed, "not one proper id in the query"))
            }
        }
        return checks
    }

    private static func pathCheck(_ verdict: Verdict) -> CheckReport {
        guard case .refuse(let refusal) = verdict else { return CheckReport("path", .passed) }
        switch refusal.reason {
        case .badPath, .badHost: return CheckReport("path", .failed, "\(refusal.logDetail)")
        default: return CheckReport("path", .passed)
        }
    }

    private static func addressCheck(_ addresses: AddressRules, _ request: ExplainedRequest) -> CheckReport {
        guard !request.isClientUnknown else {
            return CheckReport("address", .failed, "the proxy does not say whom the request is from")
        }
        let client = request.client.map { String(decoding: $0.text, as: UTF8.self) } ?? "a Unix-domain socket"
        return addresses.admits(request.client)
            ? CheckReport("address", .passed, client) : CheckReport("address", .failed, "\(client) is not allowed")
    }

    private func originCheck(_ route: RouteTerms, _ request: ExplainedRequest, bytes: RawSpan) -> CheckReport {
        let origins = request.received.fields.filter { $0.known == .origin }
        let shown = origins.map { bytes.text($0.value).quotedForReport }.joined(separator: " and ")
        guard self.asksForOrigin(route, request, bytes: bytes) else {
            return CheckReport(
                "origin", .skipped, "asked of WebSocket handshakes, and where a cookie changes something")
        }
        let isAllowed = route.origins?.allow(request.received, bytes: bytes) ?? false
        guard !origins.isEmpty else {
            return CheckReport("origin", isAllowed ? .passed : .failed, "no Origin header")
        }
        if origins.count > 1 { return CheckReport("origin", .failed, "several Origin headers: \(shown)") }
        return isAllowed
            ? CheckReport("origin", .passed, shown)
            : CheckReport("origin", .failed, "\(shown) is not among allowed_origins")
    }

    // MARK: CORS

    private func corsReport(_ verdict: Verdict, _ request: ExplainedRequest, bytes: RawSpan) -> CORSReport {
        let lines: [UInt8]
        switch verdict {
        case .forward where request.isWebSocket:
            return CORSReport(check: CheckReport("cors", .skipped, "asked of plain requests"), lines: [])
        case .forward(let admission):
            guard self.policy.cors != nil else {
                return CORSReport(check: CheckReport("cors", .skipped, "the backend's own: no cors is set"), lines: [])
            }
            lines = admission.corsLines
        case .preflight(_, let headerLines): lines = headerLines
        case .refuse(let refusal):
            let hasOrigin = request.received.first(.origin) != nil
            if case .acceptThenClose = delivery(of: refusal, hasOrigin: hasOrigin, isWebSocket: request.isWebSocket) {
                return CORSReport(check: CheckReport("cors", .skipped, "asked of plain requests"), lines: [])
            }
            lines = self.policy.readingLines(on: refusal.route, head: request.received, bytes: bytes)
        case .renewal, .healthCheck:
            lines = self.policy.readingLines(on: verdict.route, head: request.received, bytes: bytes)
        }
        let texts = String(decoding: lines, as: UTF8.self).split(separator: "\r\n").map(String.init)
        let isReadable = texts.contains { $0.hasPrefix("Access-Control-Allow-Origin:") }
        if isReadable {
            return CORSReport(check: CheckReport("cors", .passed, "pages may read the answer"), lines: texts)
        }
        guard request.received.first(.origin) != nil else {
            return CORSReport(check: CheckReport("cors", .skipped, "no Origin header"), lines: texts)
        }
        return CORSReport(check: CheckReport("cors", .failed, "pages of this origin may not"), lines: texts)
    }
}

/// What is explained.
struct ExplainedRequest {
    /// As it was before it was judged.
    let received: RequestHead
    let isWebSocket: Bool
    let client: IPAddress?
    let isClientUnknown: Bool
    let now: WallClock
    let offered: OfferedToken
}

extension Verdict {
    /// Nil when no route was found or asked.
    package var route: RouteTerms? {
        switch self {
        case .forward(let admission): admission.route
        case .refuse(let refusal): refusal.route
        case .preflight(let route, _): route
        case .healthCheck, .renewal: nil
        }
    }
}
