import GatewayPolicy

/// The lines about a client that are the same for every request of its connection, for the policy they were made by.
struct ForwardedOpening {
    /// Whole `X-Forwarded-*` lines.
    private(set) var lines: [UInt8] = []
    /// The beginning of a `Forwarded` line; empty when none is sent.
    private(set) var opening: [UInt8] = []
    private var policy: Policy?

    mutating func update(_ policy: Policy, _ peer: Peer) {
        guard self.policy !== policy else { return }
        self.policy = policy
        self.lines = policy.forwardedLines(for: peer)
        self.opening = policy.forwardedOpening(for: peer)
    }
}
