import GatewayMessage
import GatewayPolicy
import GatewaySettings
import NIOCore

/// What tokens that are not valid cost, and whom.
extension Worker {
    /// Whether a token of this address that is not known yet may be verified. Asked for every request: it costs one load while
    /// nobody has failed too often. Nobody is held up of whom no address is known.
    func mayVerify(_ address: IPAddress?, at now: NIODeadline) -> Bool {
        guard self.shared.addresses.isThrottling(now: Int64(clamping: now.uptimeNanoseconds)), let address,
            let rate = self.snapshot.settings.tokens.failures.rate
        else { return true }
        if self.shared.addresses.mayFail(address, rate, now: Int64(clamping: now.uptimeNanoseconds)) { return true }
        if self.shared.throttlingHint.isFirst() { self.observation.addressThrottled(address) }
        return false
    }

    func verificationFailed(_ address: IPAddress?) {
        guard let address, let rate = self.snapshot.settings.tokens.failures.rate else { return }
        self.shared.addresses.failed(address, rate, now: self.ledgerTime)
    }

    /// Of a token that came as a message. Nil when it is not valid, or its sender has failed too often.
    func identity(ofToken token: [UInt8], from address: IPAddress?) -> VerifiedIdentity? {
        let identity = self.gatekeeper.identity(
            ofToken: token.span.bytes, now: self.wallClock(), mayVerify: self.mayVerify(address, at: self.now))
        if self.gatekeeper.takeFailure() { self.verificationFailed(address) }
        return identity
    }
}

extension Gatekeeper {
    convenience init(_ snapshot: Snapshot) {
        let cache = snapshot.settings.tokens.cache
        self.init(policy: snapshot.policy, cacheEntries: cache.entries, cacheBytes: cache.size)
    }
}
