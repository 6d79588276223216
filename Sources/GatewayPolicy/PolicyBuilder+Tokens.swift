import GatewaySettings
import GatewayTokens

/// `SIMPLE_JWT` and the other issuers become rules and keys.
extension PolicyBuilder {
    /// Nil without `SIMPLE_JWT`, or with problems.
    mutating func tokenPlan(_ remoteKeys: (RemoteKeys.Source) -> RemoteKeys) -> TokenPlan? {
        guard let simpleJWT = self.settings.simpleJWT else { return nil }
        let tokens = self.settings.tokens
        var blocks: [TokenPlan.Block?] = [
            self.block(
                IssuerSettings.defaultName, simpleJWT, tokens.algorithms, tokens.previousKeys, remoteKeys)
        ]
        for issuer in tokens.issuers {
            blocks.append(self.block(issuer.name.value, issuer.rules, issuer.algorithms, [], remoteKeys))
        }
        let complete = blocks.compactMap { $0 }
        guard complete.count == blocks.count else { return nil }
        do throws(TokenAuthorityProblem) {
            return try TokenPlan(complete)
        } catch {
            let place: Int
            switch error {
            case .noBlocks: place = 0
            case .severalWithoutIssuer(_, let index), .issuerTwice(_, _, let index): place = index
            }
            let rules = place == 0 ? simpleJWT : tokens.issuers[place - 1].rules
            self.report(error.message, at: rules.issuer?.location ?? rules.location)
            return nil
        }
    }

    /// What is wrong with the keys and algorithms alone.
    mutating func checkTokenTexts() {
        if let simpleJWT = self.settings.simpleJWT, Self.hasKey(simpleJWT) {
            let tokens = self.settings.tokens
            _ = self.block("", simpleJWT, tokens.algorithms, tokens.previousKeys) { RemoteKeys($0) }
        }
        for issuer in self.settings.tokens.issuers where Self.hasKey(issuer.rules) {
            _ = self.block("", issuer.rules, issuer.algorithms, []) { RemoteKeys($0) }
        }
    }

    private static func hasKey(_ settings: SimpleJWTSettings) -> Bool {
        let name = settings.algorithm?.value ?? SimpleJWTSettings.defaultAlgorithm
        guard let algorithm = SigningAlgorithm(rawValue: name) else { return false }
        return (algorithm.usesSecret ? settings.signingKey : settings.verifyingKey) != nil
    }

    private mutating func block(
        _ name: String,
        _ settings: SimpleJWTSettings,
        _ algorithms: Located<[String]>?,
        _ previous: [PreviousKeySettings],
        _ remoteKeys: (RemoteKeys.Source) -> RemoteKeys
    ) -> TokenPlan.Block? {
        guard let algorithms = self.algorithms(settings, algorithms), let first = algorithms.first else { return nil }
        let previous = previous.flatMap { self.previousKeys($0, algorithms) }
        var block: TokenPlan.Block
        if !first.usesSecret, let url = settings.jwkURL {
            block = TokenPlan.Block(name: name, rules: self.rules(settings, algorithms, .unavailable))
            block.rules.requiresKeyID = true
            block.remote = remoteKeys(RemoteKeys.Source(url: url.value, algorithms: algorithms))
            block.previous = previous
        } else {
            guard let keys = self.keys(settings, algorithms) else { return nil }
            block = TokenPlan.Block(
                name: name, rules: self.rules(settings, algorithms, KeySet(keys, previous: previous)))
        }
        return block
    }

    private func rules(_ settings: SimpleJWTSettings, _ algorithms: [SigningAlgorithm], _ keys: KeySet) -> TokenRules {
        var rules = TokenRules(
            algorithms: algorithms,
            keySet: keys,
            audience: settings.audience?.value,
            issuer: settings.issuer?.value,
            // Fractions are dropped, here and below, which is on the strict side.
            leeway: max(0, settings.leeway.components.seconds),
            tokenClasses: settings.tokenClasses.map { TokenClass(name: $0.name, type: $0.type) },
            typeClaim: settings.tokenTypeClaim,
            jtiClaim: settings.jtiClaim,
            userIDClaim: settings.userIDClaim
        )
        let tokens = self.settings.tokens
        rules.maximumLifetime = tokens.maxLifetime.map(\.components.seconds)
        rules.maximumAge = tokens.maxAge.map(\.components.seconds)
        rules.refusesEmptyID = tokens.revocation != nil
        rules.headerTypes = tokens.types.map { HeaderTypes($0) }
        return rules
    }

    /// `ALGORITHM` first. All of one kind: a public key must never pass for a secret.
    private mutating func algorithms(
        _ settings: SimpleJWTSettings,
        _ others: Located<[String]>?
    ) -> [SigningAlgorithm]? {
        let name = settings.algorithm?.value ?? SimpleJWTSettings.defaultAlgorithm
        guard let algorithm = SigningAlgorithm(rawValue: name) else {
            self.report("“\(name)” is not a signing algorithm", at: settings.algorithm?.location ?? settings.location)
            return nil
        }
        var algorithms = [algorithm]
        for name in others?.value ?? [] {
            guard let other = SigningAlgorithm(rawValue: name), other.usesSecret == algorithm.usesSecret else {
                self.report(
                    "“\(name)” cannot stand beside \(algorithm.rawValue)", at: others?.location ?? settings.location)
                return nil
            }
            if !algorithms.contains(other) { algorithms.append(other) }
        }
        return algorithms
    }

    // MARK: Keys

    private mutating func keys(
        _ settings: SimpleJWTSettings,
        _ algorithms: [SigningAlgorithm]
    ) -> [VerificationKey]? {
        let usesSecret = algorithms.first?.usesSecret ?? true
        guard let written = usesSecret ? settings.signingKey : settings.verifyingKey else {
            let key = usesSecret ? "SIGNING_KEY" : "VERIFYING_KEY"
            self.report("\(algorithms.first?.rawValue ?? "") needs \(key)", at: settings.location)
            return nil
        }
        return self.keys(written, algorithms)
    }

    private mutating func previousKeys(
        _ settings: PreviousKeySettings,
        _ algorithms: [SigningAlgorithm]
    ) -> [PreviousKey] {
        let written = Located(settings.key.value.text, at: settings.key.location)
        return (self.keys(written, algorithms) ?? []).map { key in
            PreviousKey(settings.keyID.map { key.named($0) } ?? key, notAfter: settings.notAfter.value)
        }
    }

    private mutating func keys(
        _ written: Located<String>,
        _ algorithms: [SigningAlgorithm]
    ) -> [VerificationKey]? {
        do throws(KeyProblem) {
            var keys: [VerificationKey] = []
            if algorithms.first?.usesSecret ?? true {
                for algorithm in algorithms {
                    keys.append(try VerificationKey.secret(Array(written.value.utf8), algorithm: algorithm))
                }
            } else {
                let loaded = try LoadedKeys.configured(Array(written.value.utf8), algorithms: algorithms)
                keys = loaded.keys
                for skipped in loaded.skipped { self.note("left out: \(skipped.message)", at: written.location) }
            }
            if let warning = keys.lazy.compactMap(\.warning).first { self.note(warning, at: written.location) }
            return keys
        } catch {
            self.report(error.message, at: written.location)
            return nil
        }
    }

    // MARK: Routes

    /// For each block whether the route takes its tokens; nil: it takes all.
    mutating func issuers(of route: RouteSettings) -> [Bool]? {
        guard let names = route.issuers else { return nil }
        let known = [IssuerSettings.defaultName] + self.settings.tokens.issuers.map(\.name.value)
        for name in names where !known.contains(name.value) {
            self.report("no issuer has this name", at: name.location)
        }
        return known.map { name in names.contains { $0.value == name } }
    }
}
