package import GatewayMessage
import GatewayPolicy
import GatewayProtocol
import GatewaySettings
package import GatewayTokens
import NIOCore

/// Does with a described request what `Exchange` does with one that has arrived, up to the point where it would be sent on,
/// and tells of it.
package struct RequestExplainer {
    private let snapshot: Snapshot
    private let revocations: RevocationList?

    /// The snapshot must be fresh: its revocations are taken.
    package init(_ snapshot: Snapshot) {
        self.snapshot = snapshot
        self.revocations = snapshot.takeRevocationFile()?.list
    }

    /// `client` is the other end of the connection; nil for whoever comes over a Unix-domain socket.
    package func explain(_ request: DescribedRequest, client: IPAddress?, now: WallClock) -> RequestExplanation {
        let block = ByteBuffer(bytes: request.bytes(self.snapshot.settings.simpleJWT))
        var explanation = RequestExplanation(
            method: Self.shown(method: request.method),
            target: Self.withoutQuery(request.target),
            host: request.authority,
            isWebSocket: request.isWebSocket,
            client: client.map { String(decoding: $0.text, as: UTF8.self) } ?? "unix",
            answer: .renewal
        )
        var parser = HTTPRequestParser(limits: self.snapshot.requestLimits)
        do throws(HTTPViolation) {
            // The bytes end like a head, so there is nothing to wait for unless they are broken.
            guard try parser.parse(block) == .complete else { throw .badRequestLine }
        } catch {
            explanation.violation = "\(error.label)"
            explanation.answer = .answered(Self.answer(.violation(error), isHead: false, detail: "malformed request"))
            return explanation
        }
        self.judge(&parser.head, block: block.readableBytesSpan, request, client, now, into: &explanation)
        return explanation
    }

    /// Everything behind a `?` may be a secret.
    static func withoutQuery(_ target: String) -> String {
        // Scalars, not characters: a combining mark must not hide it.
        let scalars = target.unicodeScalars
        guard let mark = scalars.firstIndex(of: "?") else { return target }
        return String(scalars[...mark]) + "…"
    }

    /// What is no method may be anything, a token that came to the wrong place for one.
    private static func shown(method: String) -> String {
        let isName = method.utf8.count <= 24 && method.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 == 0x2D }
        return isName ? method : "…"
    }

    // MARK: Judging

    private func judge(
        _ head: inout RequestHead,
        block: RawSpan,
        _ request: DescribedRequest,
        _ client: IPAddress?,
        _ now: WallClock,
        into explanation: inout RequestExplanation
    ) {
        explanation.method = Self.shown(method: block.text(head.methodName))
        explanation.target = Self.withoutQuery(block.text(head.target))
        explanation.host = head.host.map { block.text($0) } ?? ""
        explanation.isWebSocket = head.upgrade == .webSocket
        explanation.limits = self.limits(ofRequest: head)
        var offer: WebSocketOffer?
        if head.upgrade == .webSocket {
            switch WebSocketHandshake.check(head, block: block) {
            case .valid(let valid): offer = valid
            case .malformed(let label):
                return self.refuse(.malformed(label), head, block: block, into: &explanation)
            case .unsupportedVersion:
                return self.refuse(.unsupportedVersion, head, block: block, into: &explanation)
            }
        }
        let gatekeeper = Gatekeeper(policy: self.snapshot.policy, cacheEntries: 4)
        gatekeeper.revocations = self.revocations
        let peer = self.peer(request, client)
        let vetted = gatekeeper.vet(head, bytes: block, peer: peer)
        let sender = vetted.map(\.address) ?? client
        if let vetted { explanation.notes.append(Self.note(on: vetted)) }
        if self.snapshot.settings.tokens.revocation?.url != nil {
            explanation.notes.append("the list behind tokens.revocation.url is not fetched")
        }
        let received = head
        let readsOffer = offer != nil && self.snapshot.policy.readsOffers
        let offered = readsOffer ? WebSocketHandshake.findToken(in: head, block: block) : .none
        let (verdict, reasons) = gatekeeper.explain(
            &head, bytes: block, isWebSocket: offer != nil, client: sender, now: now, offered: OfferedToken(offered))
        explanation.verdict = reasons
        explanation.limits += self.limits(of: verdict, isWebSocket: offer != nil)
        if reasons.token?.lacksKeys ?? false {
            explanation.notes.append("the keys of JWK_URL are not loaded: --jwks gives them")
        }
        explanation.answer = self.answer(to: verdict, head, block: block, hasOrigin: received.first(.origin) != nil)
        if case .forward(let admission) = verdict {
            self.compose(
                &head, received, block: block, admission, (offer, offered), vetted, peer, into: &explanation)
        }
        if case .length(let length) = received.framing, let limit = self.snapshot.bodyLimit, length > limit {
            var answer = Self.answer(
                .bodyTooLarge, .preferred(by: received, bytes: block), isHead: head.method == .head,
                detail: "more than limits.body")
            answer.headerLines += self.readingLines(on: verdict.route, received, block: block).filter {
                !reasons.cors.lines.contains($0)
            }
            explanation.headers = nil
            explanation.answer = .answered(answer)
        }
    }

    /// For answers that are not the verdict's.
    private func readingLines(on route: RouteTerms?, _ head: RequestHead, block: RawSpan) -> [String] {
        let lines = self.snapshot.policy.readingLines(on: route, head: head, bytes: block)
        return String(decoding: lines, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    private func refuse(
        _ problem: Exchange.HandshakeProblem,
        _ head: RequestHead,
        block: RawSpan,
        into explanation: inout RequestExplanation
    ) {
        var answer = Self.answer(
            .handshake(problem), .preferred(by: head, bytes: block), isHead: head.method == .head,
            detail: "malformed handshake")
        answer.headerLines += self.readingLines(on: nil, head, block: block)
        explanation.violation = answer.label
        explanation.answer = .answered(answer)
    }

    private static func note(on vetted: VettedSender) -> String {
        guard vetted.isKnown else { return "the client is a trusted proxy that does not say whom the request is from" }
        let address = vetted.address.map { String(decoding: $0.text, as: UTF8.self) } ?? "a Unix-domain socket"
        return "the client is a trusted proxy; it says that the request is from \(address)"
    }

    /// The listener of the URL's port, or the first one, says how the connection came.
    private func peer(_ request: DescribedRequest, _ client: IPAddress?) -> Peer {
        let listeners = self.snapshot.settings.listen
        let listener = listeners.first { $0.address.value.port == request.port } ?? listeners.first
        return Peer(
            address: client, isSecure: listener?.tls != nil, port: listener?.address.value.port ?? 0)
    }

    // MARK: Answers

    private func answer(
        to verdict: Verdict,
        _ head: RequestHead,
        block: RawSpan,
        hasOrigin: Bool
    ) -> ExplainedAnswer {
        let format = AnswerFormat.preferred(by: head, bytes: block)
        let isHead = head.method == .head
        switch verdict {
        case .forward(let admission):
            return .forwarded(
                upstream: self.snapshot.policy.upstreamNames[admission.route.upstream],
                method: Self.shown(method: block.text(head.methodName)),
                target: ""
            )
        case .refuse(let refusal):
            let label = refusal.reason.metricLabel
            switch delivery(of: refusal, hasOrigin: hasOrigin, isWebSocket: head.upgrade == .webSocket) {
            case .acceptThenClose(let code, let reason):
                return .closed(
                    code: code, reason: "\(reason)", label: "\(label)", detail: "\(refusal.logDetail)")
            case .http:
                let answer = GatewayAnswer(self.snapshot.policy.answer(to: refusal), label: label)
                return .answered(
                    Self.answer(answer, format, isHead: isHead, detail: "\(refusal.logDetail)"))
            }
        case .healthCheck:
            return .answered(Self.answer(.health(isDraining: false), isHead: isHead, detail: ""))
        case .preflight(_, let headerLines):
            // Told as `cors`.
            var answer = Self.answer(.preflight(headerLines), isHead: isHead, detail: "")
            answer.headerLines = []
            return .answered(answer)
        case .renewal: return .renewal
        }
    }

    private static func answer(
        _ answer: GatewayAnswer,
        _ format: AnswerFormat = .json,
        isHead: Bool,
        detail: String
    ) -> GatewaysAnswer {
        let (contentType, bytes) = answer.body(format, requestID: [])
        return GatewaysAnswer(
            status: answer.status,
            contentType: contentType.map { "\($0)" },
            body: isHead ? "" : String(decoding: bytes, as: UTF8.self),
            headerLines: String(decoding: answer.headerLines, as: UTF8.self).split(separator: "\r\n").map(String.init),
            label: "\(answer.label)",
            detail: detail
        )
    }

    // MARK: Forwarding

    /// What `Exchange` composes, as far as it can be told.
    private func compose(
        _ head: inout RequestHead,
        _ received: RequestHead,
        block: RawSpan,
        _ admission: Admission,
        _ handshake: (offer: WebSocketOffer?, token: SubprotocolFinding),
        _ vetted: VettedSender?,
        _ peer: Peer,
        into explanation: inout RequestExplanation
    ) {
        let rest = Self.pass(handshake.offer, handshake.token, in: &head, block: block, admission)
        var report = self.snapshot.policy.headerReport(
            received: received, forwarded: head, bytes: block, admission)
        report.injected += HeaderLines.read(rest).map {
            HeaderReport.Line(name: $0.name, value: nil, source: .rest)
        }
        let forwarded = vetted?.lines ?? self.snapshot.policy.forwardedLines(for: peer)
        report.injected += HeaderLines.read(forwarded).map {
            HeaderReport.Line(name: $0.name, value: $0.value, source: .forwarding)
        }
        if vetted == nil, let host = head.host {
            let value = block.text(host)
            report.injected.append(HeaderReport.Line(name: "X-Forwarded-Host", value: value, source: .forwarding))
        }
        if vetted == nil, self.snapshot.policy.sendsForwarded {
            report.injected.append(HeaderReport.Line(name: "Forwarded", value: nil, source: .forwarding))
        }
        report.injected.append(
            HeaderReport.Line(name: "X-Request-Id", value: nil, source: .requestID))
        explanation.headers = report
        var sent = ByteBuffer()
        HTTPWriter.writeRequestHead(head, block: block, pathPrefix: admission.route.addedPrefix, into: &sent)
        let line = sent.readableBytesView.prefix { $0 != 0x0D }
        let target = line.dropFirst(head.methodName.count + 1).dropLast(" HTTP/1.1".utf8.count)
        explanation.answer = .forwarded(
            upstream: self.snapshot.policy.upstreamNames[admission.route.upstream],
            method: Self.shown(method: block.text(head.methodName)),
            target: Self.withoutQuery(String(decoding: target, as: UTF8.self))
        )
    }
}

extension RequestExplainer {
    /// What is left of the handshake's offers: whole lines in the place of those that are marked.
    fileprivate static func pass(
        _ offer: WebSocketOffer?,
        _ token: SubprotocolFinding,
        in head: inout RequestHead,
        block: RawSpan,
        _ admission: Admission
    ) -> [UInt8] {
        guard var offer else { return [] }
        var lines: [UInt8] = []
        if case .token(let token) = token, admission.offeredToken == .removed {
            lines += WebSocketHandshake.removeToken(token, from: &head, block: block, offer: &offer)
        }
        lines += WebSocketHandshake.filterExtensions(
            &head, block: block, offer: &offer, compression: admission.route.webSocket?.compression ?? false)
        return lines
    }

    fileprivate func limits(ofRequest head: RequestHead) -> [LimitReport] {
        let limits = self.snapshot.settings.limits
        return [
            LimitReport("header_block", "\(head.blockLength) of \(SizeText.render(limits.headerBlock))"),
            LimitReport("header_count", "\(head.fields.count) of \(limits.headerCount)"),
        ]
    }

    fileprivate func limits(of verdict: Verdict, isWebSocket: Bool) -> [LimitReport] {
        guard case .forward(let admission) = verdict else { return [] }
        return LimitReport.all(self.snapshot.settings, admission, isWebSocket: isWebSocket)
    }
}

extension AddressSettings {
    fileprivate var port: Int? {
        if case .tcp(_, let port) = self { port } else { nil }
    }
}
