import GatewayPolicy

/// The lines about a client that are the same for every request of its connection, for the policy they were made by.
struct ForwardedOpening {
    /// Whole `X-Forwarded-*` lines.
    private(set) var lines: [UInt8] = []
    /// The beginning of a `Forwarded` line; empty when none is sent.
    private(set) var opening: [UInt8] = []
    private var policy: Policy?

    mutating func update(_ snapshot: Snapshot, _ peer: Peer) {
        guard self.policy !== snapshot.policy else { return }
        self.policy = snapshot.policy
        self.lines = snapshot.policy.forwardedLines(for: peer)
        self.opening = snapshot.policy.forwardedOpening(for: peer)
    }
}
