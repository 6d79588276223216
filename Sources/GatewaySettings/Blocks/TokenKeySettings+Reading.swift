extension JWKSSettings {
    mutating func read(_ block: inout SettingsBlock) {
        block.read("refresh", into: &self.refresh) { $0.duration(in: .seconds(1)...(.seconds(86_400))) }
        let refresh = self.refresh
        block.read("stale", into: &self.stale) { $0.duration(upTo: .seconds(366 * 86_400), atLeastRefresh: refresh) }
        block.read("cooldown", into: &self.cooldown) { $0.duration(in: .seconds(1)...(.seconds(86_400))) }
        block.read("timeout", into: &self.timeout) { $0.duration(in: .milliseconds(1)...(.seconds(600))) }
        // No more than what the reader of key sets takes.
        block.read("max_size", into: &self.maxSize) { $0.size(in: 256...(1 << 20)) }
        block.read("max_keys", into: &self.maxKeys) { $0.integer(in: 1...100) }
    }
}

extension RevocationSettings {
    init?(reading block: inout SettingsBlock) {
        self.init()
        let file = block.take("file")
        let url = block.take("url")
        self.file = file?.filePath()
        self.url = url?.url()
        block.read("refresh", into: &self.refresh) { $0.duration(in: .seconds(1)...(.seconds(86_400))) }
        let refresh = self.refresh
        block.read("stale", into: &self.stale) { $0.duration(upTo: .seconds(366 * 86_400), atLeastRefresh: refresh) }
        if let token = block.take("token"), !token.says("none") {
            self.token = token.feedToken()
            if url == nil { token.report("there is no url that it could be sent to", hint: "delete it, or write url") }
        }
        if file == nil, url == nil {
            block.field.report("says nowhere what is revoked", hint: "write file: revoked.json, or url: https://…")
        }
        guard self.file != nil || self.url != nil else { return nil }
    }
}

extension SettingsField {
    fileprivate func duration(upTo longest: Duration, atLeastRefresh refresh: Duration) -> Duration? {
        guard let duration = self.duration(in: .zero...longest) else { return nil }
        guard duration >= refresh else {
            self.report("is shorter than refresh", hint: "at least \(DurationText.render(refresh))")
            return nil
        }
        return duration
    }

    fileprivate func feedToken() -> Located<Secret>? {
        guard let secret = self.sharedSecret(hint: "write none, or leave it out") else { return nil }
        guard secret.value.text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            self.report("cannot stand in a header", hint: "visible ASCII without blanks")
            return nil
        }
        return secret
    }

    /// A key's name in token headers.
    func keyID() -> String? {
        self.parsed(expected: "a key's name") { (text) throws(ScalarProblem) in
            guard text.utf8.count <= 256 else { throw ScalarProblem("is too long", hint: "at most 256 bytes") }
            return text
        }
    }
}

extension PreviousKeySettings {
    static func readAll(_ field: SettingsField, _ simpleJWT: SimpleJWTSettings) -> [PreviousKeySettings]? {
        let keys = field.list(of: "keys such as {key: {file: path}, not_after: 2026-12-31T00:00:00Z}", mayBeEmpty: true)
        {
            PreviousKeySettings(reading: $0, simpleJWT)
        }
        var seen = Set([simpleJWT.signingKey, simpleJWT.verifyingKey].compactMap { $0?.value })
        for key in keys ?? [] where !seen.insert(key.key.value.text).inserted {
            field.context.notice("this key is there already", at: key.key.location, hint: "delete it here")
        }
        return keys
    }

    private init?(reading field: SettingsField, _ simpleJWT: SimpleJWTSettings) {
        var reading: PreviousKeySettings?
        field.readBlock { block in
            let key = block.require("key", hint: "write key: {file: path}, or a variable")?.previousKey(simpleJWT)
            let notAfter = block.require(
                "not_after", hint: "the moment when the last tokens that it has signed are over")?
                .instant()
            let keyID = block.take("kid")?.keyID()
            guard let key, let notAfter else { return }
            // What simplejwt does with a JWK_URL. A JSON Web Key may bear its own name.
            if simpleJWT.jwkURL != nil, keyID == nil, !key.value.text.contains("{") {
                field.notice("is never tried: beside a JWK_URL tokens must name their key", hint: "write kid")
            }
            reading = PreviousKeySettings(key: key, notAfter: notAfter, keyID: keyID)
        }
        guard let reading else { return nil }
        self = reading
    }
}

extension SettingsField {
    fileprivate func previousKey(_ simpleJWT: SimpleJWTSettings) -> Located<Secret>? {
        let hint = "delete the entry when the key is gone"
        let isSecret = SigningAlgorithmText.usesSecret(simpleJWT.algorithmName)
        return isSecret ? self.sharedSecret(hint: hint) : self.keyText(hint: hint)
    }

    fileprivate func instant() -> Located<Int64>? {
        self.parsed(expected: "a moment such as 2026-12-31T00:00:00Z") { (text) throws(ScalarProblem) in
            try InstantText.parse(text)
        }.map { self.located($0) }
    }
}
