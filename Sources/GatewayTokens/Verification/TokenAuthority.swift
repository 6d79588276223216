/// Whose tokens are accepted: one block of rules for each issuer or group of issuers.
///
/// With several blocks a token's `iss` chooses one before anything is verified, by equality of all bytes; a token
/// without `iss` belongs to the block without issuers. That choice is all the unverified claim decides: algorithms,
/// keys and claims are then those of this block and of no other, so that an issuer can only ever speak for itself. With
/// one block there is nothing to choose, and `iss` is looked at last, like every claim.
package struct TokenAuthority: Sendable {
    package private(set) var blocks: [TokenRules]

    package init(_ blocks: [TokenRules]) throws(TokenAuthorityProblem) {
        guard !blocks.isEmpty else { throw .noBlocks }
        var owners: [[UInt8]: Int] = [:]
        var nameless: Int?
        for (index, block) in blocks.enumerated() where blocks.count > 1 {
            guard let issuers = block.issuer else {
                if let nameless { throw .severalWithoutIssuer(nameless, index) }
                nameless = index
                continue
            }
            for issuer in issuers {
                let owner = owners.updateValue(index, forKey: Array(issuer.utf8))
                if let owner, owner != index { throw .issuerTwice(issuer, owner, index) }
            }
        }
        self.blocks = blocks
    }

    /// For keys that were fetched again.
    package mutating func replaceKeys(of block: Int, with keySet: KeySet) { self.blocks[block].keySet = keySet }

    /// The block responsible for a payload, or nil.
    func block(for payload: JSONDocument) -> Int? {
        guard let node = payload.member("iss", of: payload.root) else {
            return self.blocks.firstIndex { $0.issuer == nil }
        }
        return self.blocks.firstIndex { block in
            block.issuer?.contains { payload.isString(node, $0) } ?? false
        }
    }
}

/// Why blocks cannot stand side by side. Numbers are places in the list.
package enum TokenAuthorityProblem: Error, Sendable, Equatable {
    case noBlocks
    case severalWithoutIssuer(Int, Int)
    case issuerTwice(String, Int, Int)

    package var message: String {
        switch self {
        case .noBlocks:
            "there is no issuer"
        case .severalWithoutIssuer:
            "only one issuer may be without a name (ISSUER): a token without iss could belong to either"
        case .issuerTwice(let issuer, _, _):
            "the issuer “\(issuer)” is there twice: its tokens could belong to either"
        }
    }
}
