import GatewaySettings
import GatewayTokens

/// The `assertion` block becomes a key that signs.
extension PolicyBuilder {
    /// Nil without the block, and with problems.
    mutating func assertionPlan(_ tokens: TokenPlan?) -> AssertionPlan? {
        guard let settings = self.settings.assertion, let key = self.assertionKey() else { return nil }
        if tokens?.blocks.contains(where: { $0.rules.keySet.contains(counterpartOf: key) }) == true {
            self.report(
                "tokens are verified with this key or its public half: the one could pass for the other",
                at: settings.signingKey.location, hint: "make a key of its own")
        }
        return AssertionPlan(settings, key: key, upstreams: self.settings.upstreams.map(\.name.value))
    }

    /// The one key of the block, if it can be used.
    mutating func assertionKey() -> SigningKey? {
        guard let settings = self.settings.assertion else { return nil }
        guard let algorithm = SigningAlgorithm(rawValue: settings.algorithm.value) else {
            self.report("“\(settings.algorithm.value)” is not a signing algorithm", at: settings.algorithm.location)
            return nil
        }
        do throws(KeyProblem) {
            let text = Array(settings.signingKey.value.text.utf8)
            let key: SigningKey
            if algorithm.usesSecret {
                key = try .secret(text, algorithm: algorithm, keyID: settings.keyID)
                let warning = try VerificationKey.secret(text, algorithm: algorithm).warning
                if let warning { self.note(warning, at: settings.signingKey.location) }
            } else {
                key = try .privateKey(text, algorithm: algorithm, keyID: settings.keyID)
            }
            // A host's policy may allow a key to be loaded and not to be used.
            guard CompactSigner(key, type: AssertionPlan.type).sign([]) != nil else {
                self.report("libcrypto cannot sign with this key", at: settings.signingKey.location)
                return nil
            }
            return key
        } catch {
            self.report(error.message, at: settings.signingKey.location)
            return nil
        }
    }
}
