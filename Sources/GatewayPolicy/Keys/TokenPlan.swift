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

    /// Keys that are not there, or too old, do not say that one is gone.
    func knowsKey(_ fingerprint: UInt64) -> Bool {
        self.blocks.contains { block in
            let keys = block.remote?.keySet(previous: block.previous) ?? block.rules.keySet
            return !keys.isLoaded || keys.contains(fingerprint: fingerprint)
        }
    }
}
