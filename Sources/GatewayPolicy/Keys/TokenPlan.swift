import GatewayTokens

/// Whose tokens are accepted, and where the keys come from: one block for `SIMPLE_JWT` and one for each other issuer.
struct TokenPlan: Sendable {
    struct Block: Sendable {
        /// What routes call it.
        var name: String
        var rules: TokenRules
        /// Nil: the keys are in the file.
        var remote: RemoteKeys?
        /// With remote keys; those of the file are in the rules already.
        var previous: [PreviousKey] = []
    }

    let blocks: [Block]
    /// With the keys of the file; remote ones are put in by gatekeepers.
    let authority: TokenAuthority
    /// The blocks whose keys are fetched.
    let remoteBlocks: [Int]

    init(_ blocks: [Block]) throws(TokenAuthorityProblem) {
        self.authority = try TokenAuthority(blocks.map(\.rules))
        self.blocks = blocks
        self.remoteBlocks = blocks.indices.filter { blocks[$0].remote != nil }
    }

    /// Whether the key behind an identity still verifies tokens of its issuer. Keys that are not there, or too old, do not say
    /// that one is gone.
    func knowsKey(of identity: VerifiedIdentity) -> Bool {
        let fingerprint = identity.keyFingerprint
        return self.blocks(of: identity.issuer).contains { block in
            guard let remote = block.remote else { return block.rules.keySet.contains(fingerprint: fingerprint) }
            guard let keys = remote.current else { return true }
            // Asked for every open socket: no set is built for it.
            return keys.contains { $0.fingerprint == fingerprint }
                || block.previous.contains { $0.key.fingerprint == fingerprint }
        }
    }

    /// Those that would judge a token of this issuer; all when none would.
    private func blocks(of issuer: String?) -> [Block] {
        let named = self.blocks.filter { block in
            guard let issuer, let issuers = block.rules.issuer else { return false }
            return issuers.contains { $0.utf8.elementsEqual(issuer.utf8) }
        }
        if !named.isEmpty { return named }
        let nameless = self.blocks.filter { $0.rules.issuer == nil }
        return nameless.isEmpty ? self.blocks : nameless
    }
}
