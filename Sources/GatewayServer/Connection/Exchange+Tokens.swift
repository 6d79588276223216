import GatewayMessage
import GatewayPolicy
import GatewayProtocol
import GatewayTokens

/// What the gatekeeper cannot know by itself: the tokens among sub-protocols, and who has guessed too often.
extension Exchange {
    func judge(
        _ head: inout RequestHead,
        block: RawSpan,
        _ offered: SubprotocolFinding,
        _ client: IPAddress?,
        guesser: IPAddress?,
        _ wallClock: WallClock
    ) -> Verdict {
        let gatekeeper = self.worker.gatekeeper
        let verdict = gatekeeper.judge(
            &head, bytes: block, isWebSocket: self.isHandshake, client: client, now: wallClock,
            mayVerify: self.worker.mayVerify(guesser, at: self.record.start), offered: OfferedToken(offered))
        if gatekeeper.takeFailure() { self.worker.verificationFailed(guesser) }
        return verdict
    }

    /// To be asked before anything in `head` is marked.
    func offeredToken(_ head: RequestHead, block: RawSpan) -> SubprotocolFinding {
        guard self.isHandshake, self.worker.snapshot.policy.readsOffers else { return .none }
        return WebSocketHandshake.findToken(in: head, block: block)
    }

    func passOffer(
        _ offered: SubprotocolFinding,
        _ passage: OfferedTokenPassage,
        in head: inout RequestHead,
        block: RawSpan
    ) {
        guard case .token(let token) = offered, var handshake = self.handshake else { return }
        switch passage {
        case .untouched: return
        case .kept: WebSocketHandshake.withholdToken(token, block: block, offer: &handshake.offer)
        case .removed:
            self.ownLines += WebSocketHandshake.removeToken(
                token, from: &head, block: block, offer: &handshake.offer)
        }
        self.handshake = handshake
    }
}

extension OfferedToken {
    init(_ finding: SubprotocolFinding) {
        switch finding {
        case .none: self = .none
        case .token(let token): self = .token(token.value, isBase64URL: token.isBase64URL)
        case .several: self = .several
        case .incomplete: self = .incomplete
        case .alone: self = .alone
        }
    }
}
