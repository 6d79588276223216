import GatewayMessage
import GatewaySettings
import GatewayTokens

/// Where the token is, what is made of it, and what the route asks of its claims.
extension Gatekeeper {
    func explainToken(
        _ verdict: Verdict,
        _ request: ExplainedRequest,
        bytes: RawSpan,
        in explanation: inout Explanation
    ) {
        if case .preflight = verdict { return }
        guard let route = verdict.route else {
            guard explanation.path.matched != nil, self.isOwnPath(in: request.received, bytes: bytes) else { return }
            explanation.token = self.tokenReport(.header, nil, request, bytes: bytes).report
            return
        }
        guard route.auth != .none else { return }
        let sources = request.isWebSocket ? route.webSocketSources : route.httpSources
        var (report, verified) = self.tokenReport(sources, route.tokenCookie, request, bytes: bytes)
        if let issuers = route.issuers, let verified {
            let isTaken = issuers.indices.contains(verified.block) && issuers[verified.block]
            report.checks.append(
                CheckReport(
                    "route_issuer", isTaken ? .passed : .failed,
                    isTaken ? "the route takes it" : "the route takes no tokens of \(report.issuer ?? "this issuer")"))
        }
        explanation.token = report
        guard let requirement = route.requirement else { return }
        let captures = self.captures(of: route, request.received, bytes: bytes, isWebSocket: request.isWebSocket)
        explanation.requirements = requirement.examine(verified?.claims) { captures.text(of: $0) }
    }

    private func tokenReport(
        _ sources: TokenSources,
        _ cookie: CookieToken?,
        _ request: ExplainedRequest,
        bytes: RawSpan
    ) -> (report: TokenReport, verified: VerifiedToken?) {
        // Marks what must not be forwarded, which is not what is wanted here.
        var head = request.received
        var report = TokenReport(carriers: self.carrierReports(sources, cookie, request, bytes: bytes), checks: [])
        let token: [UInt8]
        switch self.carriers.find(sources, cookie: cookie, offered: request.offered, in: &head, bytes: bytes) {
        case .none, .badAuthorizationHeader, .badSubprotocol: return (report, nil)
        case .duplicates:
            report.carriers.append(CheckReport("all", .failed, "several carriers without one and the same token"))
            return (report, nil)
        case .token(let location), .cookie(let location):
            token =
                location.isDecoded ? Array(self.carriers.decoded[location.range.range]) : bytes.bytes(location.range)
        }
        guard let authority = self.authority else { return (report, nil) }
        let examination = TokenExamination(token, authority: authority, now: request.now)
        report.checks = examination.checks
        if let block = examination.block, let blocks = self.policy.tokens?.blocks, blocks.indices.contains(block) {
            report.issuer = blocks[block].name
            report.lacksKeys = blocks[block].remote.map { $0.current == nil } ?? false
        }
        if let verified = examination.verified { report.checks.append(self.revocationCheck(verified)) }
        return (report, examination.verified)
    }

    private func revocationCheck(_ verified: VerifiedToken) -> CheckReport {
        guard let revocations = self.revocations else {
            return CheckReport("revoked", .skipped, "no list of revoked tokens is here")
        }
        return revocations.revokes(verified)
            ? CheckReport("revoked", .failed, "\(TokenRejection.Reason.revoked.detail)")
            : CheckReport("revoked", .passed, "not on the list")
    }

    // MARK: Carriers

    /// A cookie does not do for everything: see `checkOrigin(ofCookieIn:)`.
    func asksForOrigin(_ route: RouteTerms, _ request: ExplainedRequest, bytes: RawSpan) -> Bool {
        if request.isWebSocket { return true }
        guard route.auth != .none, !request.received.method.isSafe else { return false }
        var head = request.received
        let finding = self.carriers.find(
            route.httpSources, cookie: route.tokenCookie, offered: request.offered, in: &head, bytes: bytes)
        if case .cookie = finding { return true }
        return false
    }

    private static let names: [(source: TokenSources, name: String)] = [
        (.header, "header"), (.query, "query"), (.subprotocol, "subprotocol"), (.cookie, "cookie"),
    ]

    /// Each place by itself.
    private func carrierReports(
        _ sources: TokenSources,
        _ cookie: CookieToken?,
        _ request: ExplainedRequest,
        bytes: RawSpan
    ) -> [CheckReport] {
        var reports: [CheckReport] = []
        for (source, name) in Self.names where sources.contains(source) {
            var head = request.received
            let place = self.place(of: source, cookie)
            if source == .cookie, reports.contains(where: { $0.outcome != .skipped }) {
                reports.append(CheckReport(name, .skipped, "not read: there is a token elsewhere"))
                continue
            }
            switch self.carriers.find(source, cookie: cookie, offered: request.offered, in: &head, bytes: bytes) {
            case .none: reports.append(CheckReport(name, .skipped, "no token in \(place)"))
            case .token, .cookie: reports.append(CheckReport(name, .passed, "a token in \(place)"))
            case .badAuthorizationHeader:
                reports.append(CheckReport(name, .failed, "not two words in \(place)"))
            case .badSubprotocol(let detail): reports.append(CheckReport(name, .failed, "\(detail)"))
            case .duplicates: reports.append(CheckReport(name, .failed, "different tokens in \(place)"))
            }
        }
        return reports
    }

    private func place(of source: TokenSources, _ cookie: CookieToken?) -> String {
        switch source {
        case .header: "the header \(String(decoding: self.carriers.header.name, as: UTF8.self))"
        case .query: "the query's \(String(decoding: self.carriers.query.parameter, as: UTF8.self))"
        case .cookie: "the cookie \(String(decoding: cookie?.name ?? [], as: UTF8.self))"
        default: "the sub-protocols"
        }
    }
}
