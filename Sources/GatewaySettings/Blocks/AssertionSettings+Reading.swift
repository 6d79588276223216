extension AssertionSettings {
    init?(reading block: inout SettingsBlock) {
        let location = block.location
        let header = block.take("header").map { $0.assertionHeader() } ?? Located(Self.defaultHeader, at: location)
        let algorithm =
            block.take("ALGORITHM").map { field in field.signingAlgorithm().map { field.located($0) } }
            ?? Located(Self.defaultAlgorithm, at: location)
        let key = block.require("SIGNING_KEY", hint: "a secret of its own, or {file: private.pem}")
            .flatMap { $0.assertionKey(algorithm?.value) }
        var lifetime: Duration?
        block.read("lifetime", into: &lifetime) { $0.duration(in: .seconds(1)...(.seconds(3600))).map { .some($0) } }
        var issuer: String?
        block.read("issuer", into: &issuer) { $0.text(expected: "a name").map { .some($0) } }
        let audience = block.take("audience").flatMap { $0.text(expected: "a name") }
        let keyID = block.take("kid").flatMap { $0.keyID() }
        guard let header, let algorithm, let key else { return nil }
        self.init(header: header, signingKey: key, algorithm: algorithm)
        self.lifetime = lifetime ?? self.lifetime
        self.issuer = issuer ?? self.issuer
        self.audience = audience
        self.keyID = keyID
    }
}

extension SettingsField {
    fileprivate func assertionHeader() -> Located<String>? {
        self.parsed(expected: "a header's name such as X-Tollgate-Assertion") { (text) throws(ScalarProblem) in
            if let objection = HeaderNameRule.objection(toIdentity: text) { throw objection }
            return text
        }.map { self.located($0) }
    }

    /// Without algorithm nobody knows which key is wanted.
    fileprivate func assertionKey(_ algorithm: String?) -> Located<Secret>? {
        guard let algorithm else { return nil }
        return SigningAlgorithmText.usesSecret(algorithm)
            ? self.sharedSecret(hint: "\(algorithm) needs a secret")
            : self.keyText(hint: "\(algorithm) needs a private key in PEM form, or a JSON Web Key")
    }
}
