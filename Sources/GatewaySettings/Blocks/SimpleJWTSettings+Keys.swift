/// Which key verifies: `SIGNING_KEY` for HS*; for everything else `JWK_URL`, or `VERIFYING_KEY` without one. As in simplejwt.
extension SimpleJWTSettings {
    /// What verifies tokens when the file does not say.
    var algorithmName: String { self.algorithm?.value ?? Self.defaultAlgorithm }

    mutating func readKeys(_ block: inout SettingsBlock) {
        let algorithm = block.take("ALGORITHM")
        if let algorithm { self.algorithm = algorithm.signingAlgorithm().map { algorithm.located($0) } }
        let signingKey = block.take("SIGNING_KEY")
        let verifyingKey = block.take("VERIFYING_KEY")
        let jwkURL = block.take("JWK_URL").flatMap { $0.isBlank ? nil : $0 }
        // With an algorithm that cannot be read nobody knows which key is wanted.
        guard algorithm == nil || self.algorithm != nil else { return }
        if SigningAlgorithmText.usesSecret(self.algorithmName) {
            self.readSecret(signingKey, block)
            self.noteUnused(verifyingKey)
            jwkURL?.report(
                "\(self.algorithmName) does not use JWK_URL", hint: "remove it, or choose RS256 or ES256")
        } else {
            if let jwkURL {
                self.jwkURL = jwkURL.keySetURL()
                self.noteOutranked(verifyingKey)
            } else {
                self.readPublicKey(verifyingKey, block)
            }
            self.noteUnread(signingKey, isRemote: jwkURL != nil)
        }
    }

    private mutating func readSecret(_ field: SettingsField?, _ block: SettingsBlock) {
        guard let field else {
            let hint = "Django's SECRET_KEY unless the backend sets another: \"${JWT_SIGNING_KEY}\" or {file: path}"
            return block.reportMissing("SIGNING_KEY", hint: hint)
        }
        guard let secret = field.sharedSecret(hint: "\(self.algorithmName) needs a secret") else { return }
        if secret.value.text.hasPrefix("django-insecure-") {
            field.notice(
                "this is a key that Django made for development",
                hint: "generate a new one before others can reach this")
        }
        self.signingKey = Located(secret.value.text, at: secret.location)
    }

    private mutating func readPublicKey(_ field: SettingsField?, _ block: SettingsBlock) {
        let name = self.algorithmName
        guard let field else {
            let hint = "\(name) needs the public key: VERIFYING_KEY: {file: public.pem}, or JWK_URL: https://…"
            return block.reportMissing("VERIFYING_KEY", hint: hint)
        }
        guard let key = field.keyText(hint: "\(name) needs a public key in PEM form, or a JSON Web Key") else { return }
        self.verifyingKey = Located(key.value.text, at: key.location)
    }

    private func noteUnused(_ verifyingKey: SettingsField?) {
        guard let verifyingKey, !verifyingKey.isBlank else { return }
        verifyingKey.notice(
            "\(self.algorithmName) does not use VERIFYING_KEY, it is ignored",
            hint: "tokens are verified with SIGNING_KEY")
    }

    private func noteOutranked(_ verifyingKey: SettingsField?) {
        guard let verifyingKey, !verifyingKey.isBlank else { return }
        verifyingKey.notice(
            "JWK_URL comes before VERIFYING_KEY, as in simplejwt: it is ignored", hint: "delete one of them")
    }

    private func noteUnread(_ signingKey: SettingsField?, isRemote: Bool) {
        guard let signingKey, !signingKey.isBlank else { return }
        let source = isRemote ? "JWK_URL" : "VERIFYING_KEY"
        signingKey.notice(
            "a private key does not belong at the edge: \(self.algorithmName) is verified with \(source) alone, SIGNING_KEY is "
                + "not read",
            hint: "remove it here, and renew it if this file or its environment is shared"
        )
    }
}

extension SimpleJWTSettings {
    fileprivate func hasUnknownAlgorithm(_ context: ReadingContext) -> Bool {
        context.problems.contains { $0.location.key == "\(self.location.key).ALGORITHM" }
    }
}

extension SettingsField {
    func signingAlgorithm() -> String? {
        self.parsed(expected: "an algorithm such as HS256") { (text) throws(ScalarProblem) in
            try SigningAlgorithmText.parse(text)
        }
    }

    /// What one block's keys may verify, where that is more than its `ALGORITHM`.
    func signingAlgorithms(_ rules: SimpleJWTSettings) -> Located<[String]>? {
        guard let names = self.distinctList(of: "algorithms such as RS256", { $0.signingAlgorithm() }),
            let first = names.first
        else { return nil }
        let usesSecret = SigningAlgorithmText.usesSecret
        if let other = names.first(where: { usesSecret($0.value) != usesSecret(first.value) }) {
            self.context.report(
                "HS* and the others never stand together: a public key could pass for a secret", at: other.location,
                hint: "list those of one kind")
        } else if !names.contains(where: { $0.value == rules.algorithmName }), !rules.hasUnknownAlgorithm(self.context)
        {
            let origin = rules.algorithm == nil ? ", which is the default" : ""
            self.report(
                "lacks the ALGORITHM itself: \(rules.algorithmName)\(origin)",
                hint: "add it, or write another ALGORITHM")
        }
        return self.located(names.map(\.value))
    }

    fileprivate func keySetURL() -> Located<URLSettings>? {
        guard let url = self.url() else { return nil }
        if url.value.path.hasSuffix("/.well-known/openid-configuration") {
            self.report("this document names the keys' URL and has no keys", hint: "write what it says as jwks_uri")
            return nil
        }
        return url
    }
}
