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
        if let seconds = self.client.secondsToWait(vetted) {
            return self.answer(.tooManyRequests(retryAfter: seconds), head, block: block)
        }
        if head.upgrade == .webSocket, let refusal = self.checkHandshake(head, block: block) {
            return self.answer(refusal, head, block: block)
        }
        let client = vetted.map(\.address) ?? self.client.peer.address
        switch gatekeeper.judge(&head, bytes: block, isWebSocket: self.isHandshake, client: client, now: wallClock) {
        case .forward(let admission):
            self.route = admission.route
            self.identity = admission.identity
            self.corsLines = admission.corsLines
            self.pool = self.worker.pool(admission.route.upstream)
            self.compose(&head, block: block, injected: admission.injected, vetted)
            return .forward
        case .refuse(let refusal):
            return self.refuse(refusal, head, block: block)
        case .healthCheck:
            return .answer(.health(isDraining: self.worker.isDraining))
        case .preflight(let route, let headerLines):
            self.route = route
            return .answer(.preflight(headerLines))
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
        self.requestID.removeAll(keepingCapacity: true)
        guard let vetted else {
            self.record.note(client: self.client.address.text, requestID: [])
            self.client.exchangeID(self.record.number).append(to: &self.requestID)
            return
        }
        if vetted.requestID.isEmpty {
            self.client.exchangeID(self.record.number).append(to: &self.requestID)
        } else {
            self.requestID = vetted.requestID
        }
        self.record.note(client: ClientAddress(vetted.address).text, requestID: vetted.requestID)
    }

    private func checkHandshake(_ head: RequestHead, block: RawSpan) -> GatewayAnswer? {
        switch WebSocketHandshake.check(head, block: block) {
        case .valid(let offer):
            self.handshake = Handshake(offer: offer, hasOrigin: head.first(.origin) != nil)
            return self.worker.isDraining ? .draining : nil
        case .malformed(let label): return .handshake(.malformed(label))
        case .unsupportedVersion: return .handshake(.unsupportedVersion)
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
    private func answer(_ answer: GatewayAnswer, _ head: borrowing RequestHead, block: RawSpan) -> Decision {
        var answer = answer
        self.format = .preferred(by: head, bytes: block)
        answer.headerLines += self.worker.snapshot.policy.readingLines(on: self.route, head: head, bytes: block)
        return .answer(answer)
    }

    private func compose(_ head: inout RequestHead, block: RawSpan, injected: [UInt8], _ vetted: VettedSender?) {
        self.requestIsChunked = head.framing == .chunked
        self.ownLines.removeAll(keepingCapacity: true)
        self.appendRequestIDLine(to: &self.ownLines)
        if var handshake = self.handshake {
            let compression = self.route?.webSocket?.compression ?? false
            self.ownLines += WebSocketHandshake.filterExtensions(
                &head, block: block, offer: &handshake.offer, compression: compression)
            self.handshake = handshake
        }
        let opening = vetted == nil ? self.client.forwardedOpening() : ForwardedOpening()
        self.outgoing.clear(minimumCapacity: head.blockLength + injected.count + 512)
        HTTPWriter.writeRequestHead(
            head,
            block: block,
            connection: self.handshake == nil ? .persistent : .webSocket,
            pathPrefix: self.route?.addedPrefix ?? [],
            defaultHost: self.pool?.definition.defaultHost ?? [],
            forwarded: vetted?.lines ?? opening.lines,
            forwardsHost: vetted == nil,
            forwardedOpening: opening.opening,
            identity: injected,
            routeLines: self.route?.requestLines ?? [],
            extra: self.ownLines,
            into: &self.outgoing
        )
    }

    func appendRequestIDLine(to lines: inout [UInt8]) {
        Self.requestIDName.withUTF8Buffer { lines.append(contentsOf: $0) }
        lines.append(contentsOf: self.requestID)
        lines.append(0x0D)
        lines.append(0x0A)
    }

    private static let requestIDName: StaticString = "X-Request-Id: "
}
