import GatewayMessage
import GatewayPolicy
import NIOCore

/// Requests that bring an open WebSocket a new token. The token is valid; whether it is good for that socket is for the
/// socket's worker to say.
extension Exchange {
    func renew(
        _ session: [UInt8],
        _ identity: VerifiedIdentity,
        _ head: borrowing RequestHead,
        block: RawSpan
    ) -> Decision {
        self.identity = identity
        // Who may not renew it is not told whether it exists.
        guard let socket = self.worker.shared.sockets.socket(ofSession: session)?.reachable else {
            return self.answer(.renewal(.gone), head, block: block)
        }
        self.format = .preferred(by: head, bytes: block)
        let headerLines = self.worker.snapshot.policy.readingLines(on: nil, head: head, bytes: block)
        return .renew(socket, identity, headerLines: headerLines)
    }

    func awaitRenewal(_ socket: SocketHandle, _ identity: VerifiedIdentity, headerLines: [UInt8]) {
        let ticket = self.ticket
        let bound = NIOLoopBound(self, eventLoop: self.worker.eventLoop)
        socket.renew(identity).hop(to: self.worker.eventLoop).whenComplete { result in
            bound.value.renewed((try? result.get()) ?? .gone, ticket: ticket, headerLines: headerLines)
        }
    }

    private func renewed(_ outcome: RenewalOutcome, ticket: UInt64, headerLines: [UInt8]) {
        // The client may have left, and its connection may be about something else by now.
        guard self.isWaiting(ticket: ticket) else { return }
        var answer = GatewayAnswer.renewal(outcome)
        answer.headerLines += headerLines
        self.answer(answer)
        self.flush()
    }
}

extension GatewayAnswer {
    /// One refusal for all reasons: whose socket it is, or whether there is one, is nobody else's business.
    static func renewal(_ outcome: RenewalOutcome) -> GatewayAnswer {
        switch outcome {
        case .renewed(let end):
            return GatewayAnswer(
                status: 200, headerLines: Array("Cache-Control: no-store\r\n".utf8),
                content: .json(Array(#"{"expires_at":\#(end)}"#.utf8)))
        case .notTheSame, .gone:
            return GatewayAnswer(
                .problem(
                    status: 403, type: "renewal-refused", title: "The token does not renew the session",
                    headerLines: "Cache-Control: no-store\r\n"),
                label: "renewal_refused")
        }
    }
}
