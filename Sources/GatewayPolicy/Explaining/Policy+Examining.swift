package import GatewayTokens

extension Policy {
    /// The checks of a token by itself, whatever a route asks; empty when no keys are there to check it with.
    package func examine(_ token: [UInt8], now: WallClock) -> [CheckReport] {
        guard let tokens = self.tokens else { return [] }
        let examination = TokenExamination(token, authority: tokens.authority, now: now)
        if let block = examination.block, tokens.blocks[block].remote != nil { return [] }
        return examination.checks
    }
}
