package import GatewayMessage

extension Gatekeeper {
    /// What a trusted proxy says about its client; nil when the peer is none. To be asked before `judge`, which drops all of
    /// these lines.
    package func vet(_ head: borrowing RequestHead, bytes: RawSpan, peer: Peer) -> VettedSender? {
        self.isVetted = self.policy.forwarding.trusts(peer)
        guard self.isVetted else { return nil }
        let sender = self.policy.forwarding.vet(head, bytes: bytes, peer: peer)
        self.isClientUnknown = !sender.isKnown
        return sender
    }

    /// The first peer since the last call whose `X-Forwarded-For` was dropped because it is not among `trusted_proxies`: an
    /// operator who has put the gateway behind another proxy wants to hear of it. Peers without an address go unnoticed.
    package func takeIgnoredForwarding() -> IPAddress? {
        defer { self.ignoredForwarding = nil }
        return self.ignoredForwarding
    }

    func noteIgnoredForwarding(of client: IPAddress?) {
        if !self.isVetted, self.ignoredForwarding == nil { self.ignoredForwarding = client }
    }
}
