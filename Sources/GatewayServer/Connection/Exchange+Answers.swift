import GatewayMessage
import GatewayPolicy
import GatewayProtocol
import NIOCore

/// Answers of the gateway's own, in the upstream's place.
extension Exchange {
    /// Only before a response head has been forwarded.
    func answer(_ answer: GatewayAnswer) {
        let (format, readingLines) = self.audience()
        let body = answer.body(format, requestID: Array(self.ownLines[RequestIDLine.name.count..<self.requestIDEnd]))
        let headerLines = answer.headerLines + self.ownLines[..<(self.requestIDEnd + 2)] + readingLines
        self.record.status = answer.status
        self.record.refusal = answer.label
        self.record.responseBytes = self.method == .head ? 0 : body.bytes.count
        self.machine.answeredByGateway()
        self.client.write(answer, headerLines: headerLines, body: body, isHead: self.method == .head)
        self.logFinished()
        self.client.exchangeEnded()
    }

    /// Who reads the answer. After admission the request's block is gone, but what was composed for upstream says the same:
    /// read again only when something went wrong.
    private func audience() -> (format: AnswerFormat, readingLines: [UInt8]) {
        guard self.pool != nil else { return (self.format ?? .json, []) }
        var parser = HTTPRequestParser(limits: Self.ownLimits)
        guard (try? parser.parse(self.outgoing)) == .complete else { return (self.format ?? .json, []) }
        let sent = self.outgoing
        return (
            self.format ?? .preferred(by: parser.head, bytes: sent.readableBytesSpan),
            self.worker.snapshot.policy.readingLines(
                on: self.route, head: parser.head, bytes: sent.readableBytesSpan)
        )
    }

    /// More than what is composed from a head that was within the limits.
    private static let ownLimits = HTTPLimits(
        requestLine: 1 << 21, headerLine: 1 << 21, headerBlock: 1 << 22, headerCount: 1 << 14)

    /// The client takes nothing of its answer; its connection is about to be reset.
    func clientStalled() { self.record.refusal = "write_stalled" }

    /// The bytes are no request, or too many: there is nothing to judge.
    func refuseUnreadable(_ answer: GatewayAnswer) {
        if self.machine.isIdle { self.beginUnreadable() }
        self.abandonUpstream()
        if self.machine.isDraining {
            // The answer is out, and what follows it cannot be read.
            self.machine.leave()
            self.client.exchangeEnded()
            return
        }
        guard !self.machine.hasResponded else {
            self.record.refusal = answer.label
            self.drop()
            self.client.abort()
            return
        }
        self.machine.requestBroken()
        self.answer(answer)
    }

    private func beginUnreadable() {
        self.ticket &+= 1
        self.route = nil
        self.identity = nil
        self.pool = nil
        self.handshake = nil
        self.method = .get
        self.format = nil
        self.record.beginUnreadable(now: self.worker.now, wallClock: self.worker.wallClock())
        self.identify(nil)
        self.machine.begin(bodyFollows: false, mayRetry: false)
    }
}
