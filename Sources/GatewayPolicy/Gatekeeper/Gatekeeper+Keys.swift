import GatewayTokens

extension Gatekeeper {
    /// Takes over keys that were fetched since, and forgets the tokens of those that are gone.
    func refreshKeys() {
        guard let tokens = self.policy.tokens else { return }
        var hasChanged = false
        for (place, index) in tokens.remoteBlocks.enumerated() {
            let block = tokens.blocks[index]
            guard let remote = block.remote else { continue }
            let generation = remote.generation
            guard generation != self.keyGenerations[place] else { continue }
            self.keyGenerations[place] = generation
            self.authority?.replaceKeys(of: index, with: remote.keySet(previous: block.previous))
            hasChanged = true
        }
        guard hasChanged, let blocks = self.authority?.blocks else { return }
        self.cache.removeAll { identity in
            !blocks.indices.contains(identity.block)
                || !blocks[identity.block].keySet.contains(fingerprint: identity.keyFingerprint)
        }
    }

    /// The token just refused names a key that its issuer's set does not have.
    func noteUnknownKey() {
        guard let block = self.verifier.lastBlock, let tokens = self.policy.tokens, tokens.blocks[block].remote != nil
        else { return }
        if !self.unknownKeys.contains(block) { self.unknownKeys.append(block) }
    }

    /// The keys that should be fetched again, because since the last call a token has named one that is not among them.
    package func takeUnknownKeys() -> [RemoteKeys] {
        guard !self.unknownKeys.isEmpty, let tokens = self.policy.tokens else { return [] }
        defer { self.unknownKeys.removeAll() }
        return self.unknownKeys.compactMap { tokens.blocks[$0].remote }
    }
}
