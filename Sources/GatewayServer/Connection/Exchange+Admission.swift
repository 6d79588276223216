import GatewayMessage
import GatewayPolicy
import GatewayProtocol
import GatewaySettings
import GatewayTokens
import NIOCore

/// Judging a request and composing what goes upstream. Touches no connection: the block is still borrowed.
extension Exchange {
    enum Decision {
        case forward
        case answer(GatewayAnswer)
        case acceptThenClose(WebSocketClose, label: StaticString)
        /// What comes of it is said by the socket's own worker, and answered with these lines besides.
        case renew(SocketHandle, VerifiedIdentity, headerLines: [UInt8])
    }

    enum HandshakeProblem {
        case malformed(StaticString)
        case unsupportedVersion
    }

    func admit(_ head: inout RequestHead, block: RawSpan) -> Decision {
        let wallClock = self.worker.wallClock()
        self.begin(head, block: block, wallClock)
        let gatekeeper = self.worker.gatekeeper
        let vetted = gatekeeper.vet(head, bytes: block, peer: self.client.peer)
        self.identify(vetted)
        if let refusal = self.checkRate(head, block: block, vetted) {
            return self.answer(refusal, head, block: block)
        }
        if head.upgrade == .webSocket, let refusal = self.checkHandshake(head, block: block) {
            return self.answer(refusal, head, block: block)
        }
        let client = vetted.map(\.address) ?? self.client.peer.address
        // Those whom their proxy does not name would answer for each other.
        let guesser = vetted?.isKnown ?? true ? client : nil
        let offered = self.offeredToken(head, block: block)
        switch self.judge(&head, block: block, offered, client, guesser: guesser, wallClock) {
        case .forward(let admission):
            self.route = admission.route
            self.identity = admission.identity
            self.corsLines = admission.corsLines
            self.handshake?.guesser = guesser
            if self.isHandshake, let refusal = self.enterSocket(admission, client) {
                return self.refuse(refusal, head, block: block)
            }
            self.pool = self.worker.pool(admission.route.upstream)
            // What is composed does not say any more how the client likes its answers.
            if admission.route.editsRequests { self.format = .preferred(by: head, bytes: block) }
            self.ownLines += admission.extraLines
            self.passOffer(offered, admission.offeredToken, in: &head, block: block)
            self.compose(&head, block: block, admission.route, injected: admission.injected, vetted)
            return .forward
        case .refuse(let refusal):
            return self.refuse(refusal, head, block: block)
        case .healthCheck:
            return self.answer(.health(isDraining: self.worker.isDraining), head, block: block)
        case .preflight(let route, let headerLines):
            self.route = route
            return .answer(.preflight(headerLines))
        case .renewal(let session, let identity):
            return self.renew(session, identity, head, block: block)
        }
    }

    private func begin(_ head: borrowing RequestHead, block: RawSpan, _ wallClock: WallClock) {
        self.ticket &+= 1
        self.method = head.method
        self.route = nil
        self.identity = nil
        self.handshake = nil
        self.pool = nil
        if !self.corsLines.isEmpty { self.corsLines = [] }
        self.format = nil
        self.record.begin(
            head, block: block, now: self.worker.now, wallClock: wallClock,
            keepsText: self.worker.observation.logsAccess)
    }

    /// Settles what the request is called and whom it is from.
    func identify(_ vetted: VettedSender?) {
        self.ownLines.removeAll(keepingCapacity: true)
        if let vetted, !vetted.requestID.isEmpty {
            self.ownLines.append(contentsOf: RequestIDLine.name)
            self.ownLines.append(contentsOf: vetted.requestID)
        } else {
            self.client.requestIDLine.append(self.record.number, to: &self.ownLines)
        }
        self.requestIDEnd = self.ownLines.count
        self.ownLines.append(0x0D)
        self.ownLines.append(0x0A)
        if let vetted {
            self.record.note(client: ClientAddress(vetted.address).text, requestID: vetted.requestID)
        } else if self.wasVetted || self.record.client.isEmpty {
            self.record.note(client: self.client.address.text, requestID: [])
        }
        self.wasVetted = vetted != nil
    }

    private func checkRate(_ head: borrowing RequestHead, block: RawSpan, _ vetted: VettedSender?) -> GatewayAnswer? {
        guard self.worker.snapshot.limitsAddresses, !self.worker.gatekeeper.isExempt(head, bytes: block),
            let seconds = self.client.secondsToWait(vetted)
        else { return nil }
        return .tooManyRequests(retryAfter: seconds, endsConnection: self.client.isTooMany)
    }

    private func checkHandshake(_ head: RequestHead, block: RawSpan) -> GatewayAnswer? {
        switch WebSocketHandshake.check(head, block: block) {
        case .valid(let offer):
            let origin = head.first(.origin)
            self.handshake = Handshake(offer: offer, hasOrigin: origin != nil)
            if let origin { self.handshake?.origin = self.worker.shared(origin: block.extracting(origin.value.range)) }
            return self.worker.isDraining ? .draining : nil
        case .malformed(let label): return .handshake(.malformed(label))
        case .unsupportedVersion: return .handshake(.unsupportedVersion)
        }
    }

    /// Counts and names the socket that is going to be opened.
    private func enterSocket(_ admission: Admission, _ client: IPAddress?) -> Refusal? {
        guard let plan = self.worker.snapshot.relayPlans[admission.route.index] else { return nil }
        self.handshake?.plan = plan
        var session = admission.session
        if session.isEmpty, plan.needsSession { session = SessionID.random() }
        self.handshake?.session = session
        self.handshake?.captures = admission.captures
        let caps = self.worker.snapshot.socketCaps(admission, client, plan)
        guard !caps.isEmpty || plan.settings.renewal.http else { return nil }
        let dropsOldest = plan.settings.limits.whenFull == .dropOldest
        switch self.worker.shared.sockets.enter(caps, session: session, dropsOldest: dropsOldest) {
        case .admitted(let ticket):
            self.handshake?.ticket = ticket
            return nil
        case .full:
            return Refusal(route: admission.route, reason: .tooManySockets, logDetail: "too many open WebSockets")
        case .sessionInUse:
            return Refusal(route: admission.route, reason: .sessionInUse, logDetail: "the session's id is in use")
        }
    }

    private func refuse(_ refusal: Refusal, _ head: borrowing RequestHead, block: RawSpan) -> Decision {
        self.route = refusal.route
        let label = refusal.reason.metricLabel
        let hasOrigin = self.handshake?.hasOrigin ?? false
        switch delivery(of: refusal, hasOrigin: hasOrigin, isWebSocket: self.isHandshake) {
        case .acceptThenClose(let code, let reason):
            return .acceptThenClose(WebSocketClose(code, reason), label: label)
        case .http:
            let answer = GatewayAnswer(self.worker.snapshot.policy.answer(to: refusal), label: label)
            return self.answer(answer, head, block: block)
        }
    }

    /// An answer that is shown as the client likes it, and to pages that may see it.
    func answer(_ answer: GatewayAnswer, _ head: borrowing RequestHead, block: RawSpan) -> Decision {
        var answer = answer
        self.format = .preferred(by: head, bytes: block)
        answer.headerLines += self.worker.snapshot.policy.readingLines(on: self.route, head: head, bytes: block)
        return .answer(answer)
    }

    private func compose(
        _ head: inout RequestHead,
        block: RawSpan,
        _ route: RouteTerms,
        injected: [UInt8],
        _ vetted: VettedSender?
    ) {
        self.requestIsChunked = head.framing == .chunked
        if var handshake = self.handshake {
            let compression = route.webSocket?.compression ?? false
            self.ownLines += WebSocketHandshake.filterExtensions(
                &head, block: block, offer: &handshake.offer, compression: compression)
            self.handshake = handshake
        }
        self.client.refreshForwarded()
        self.outgoing.clear(minimumCapacity: head.blockLength + injected.count + 512)
        HTTPWriter.writeRequestHead(
            head,
            block: block,
            connection: self.handshake == nil ? .persistent : .webSocket,
            pathPrefix: route.addedPrefix,
            defaultHost: head.host == nil ? self.pool?.definition.defaultHost ?? [] : [],
            forwarded: vetted?.lines ?? self.client.forwarded.lines,
            forwardsHost: vetted == nil,
            forwardedOpening: vetted == nil ? self.client.forwarded.opening : [],
            identity: injected,
            routeLines: route.requestLines,
            extra: self.ownLines,
            into: &self.outgoing
        )
    }
}
