/// Which key verifies: `SIGNING_KEY` for HS*, `VERIFYING_KEY` for everything else, as in simplejwt.
extension SimpleJWTSettings {
    private static let algorithms = [
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES256K", "ES384",
        "ES512",
        "EdDSA",
    ]

    mutating func readKeys(_ block: inout SettingsBlock) {
        let algorithm = block.take("ALGORITHM")
        block.readAlgorithm(algorithm, into: &self.algorithm)
        let signingKey = block.take("SIGNING_KEY")
        let verifyingKey = block.take("VERIFYING_KEY")
        let jwkURL = block.take("JWK_URL")
        let isRemote = jwkURL.map { !$0.isNull } ?? false
        // With an algorithm that cannot be read nobody knows which key is wanted.
        guard algorithm == nil || self.algorithm != nil else { return }
        let name = self.algorithm?.value ?? Self.defaultAlgorithm
        if name.hasPrefix("HS") {
            self.readSecret(signingKey, name, block)
            if let verifyingKey, !verifyingKey.isBlank {
                verifyingKey.notice(
                    "\(name) does not use VERIFYING_KEY, it is ignored", hint: "tokens are verified with SIGNING_KEY")
            }
            if isRemote { jwkURL?.report("\(name) does not use JWK_URL", hint: "remove it, or choose RS256 or ES256") }
        } else {
            if isRemote {
                jwkURL?.report(
                    "keys are not fetched from a JWK_URL",
                    hint: "give the public key itself: VERIFYING_KEY: {file: key.pem}")
            }
            self.readPublicKey(verifyingKey, name, block, isRemote: isRemote)
            if let signingKey, !signingKey.isBlank {
                signingKey.notice(
                    "a private key does not belong at the edge: \(name) is verified with VERIFYING_KEY alone, SIGNING_KEY is "
                        + "not read",
                    hint: "remove it here, and renew it if this file or its environment is shared"
                )
            }
        }
    }

    private mutating func readSecret(_ field: SettingsField?, _ algorithm: String, _ block: SettingsBlock) {
        guard let field else {
            let hint = "Django's SECRET_KEY unless the backend sets another: ${JWT_SIGNING_KEY} or {file: path}"
            return block.reportMissing("SIGNING_KEY", hint: hint)
        }
        guard var text = field.secret() else { return }
        // Editors end a file with a line break, which is no part of the secret.
        if !field.isScalar { text = text.removingLastLineBreak }
        guard !text.isEmpty else { return field.report("the key is empty", hint: "\(algorithm) needs a secret") }
        if text.hasPrefix("django-insecure-") {
            field.notice(
                "this is a key that Django made for development",
                hint: "generate a new one before others can reach this")
        }
        self.signingKey = field.located(text)
    }

    private mutating func readPublicKey(
        _ field: SettingsField?, _ algorithm: String, _ block: SettingsBlock, isRemote: Bool
    ) {
        guard let field else {
            guard !isRemote else { return }
            return block.reportMissing(
                "VERIFYING_KEY", hint: "\(algorithm) needs the public key: VERIFYING_KEY: {file: public.pem}")
        }
        if isRemote, field.isBlank { return }
        guard let text = field.secret() else { return }
        guard !text.isEmpty else {
            return field.report("the key is empty", hint: "\(algorithm) needs a public key in PEM form")
        }
        self.verifyingKey = field.located(text)
    }

    fileprivate static func algorithm(_ field: SettingsField) -> Located<String>? {
        field.parsed(expected: "an algorithm such as HS256") { (text) throws(ScalarProblem) in
            if Self.algorithms.contains(text) { return field.located(text) }
            switch text.lowercased() {
            case "none":
                throw ScalarProblem(
                    "would accept unsigned tokens, it is refused", hint: "write HS256 or what the backend uses")
            case "es521": throw ScalarProblem("is no registered algorithm", hint: "write ES512, on the backend too")
            default:
                let nearest = Suggestion.nearest(to: text, among: Self.algorithms).map { "did you mean \($0)?" }
                throw ScalarProblem(
                    "is not a known algorithm", hint: nearest ?? "one of \(Self.algorithms.joined(separator: ", "))")
            }
        }
    }
}

extension SettingsBlock {
    fileprivate func readAlgorithm(_ field: SettingsField?, into algorithm: inout Located<String>?) {
        if let field { algorithm = SimpleJWTSettings.algorithm(field) }
    }
}

/// Secrets: shown nowhere, read only when they are used.
extension SettingsField {
    /// A text, or `{file: path}`.
    fileprivate func secret() -> String? {
        if case .mapping = self.node.content { return self.secretFile() }
        guard let interpolation = self.rawText(expected: "a text or {file: path}", isSecret: true) else { return nil }
        guard !self.isPythonExpression(interpolation) else { return nil }
        if interpolation.hasEscapes {
            self.notice(
                "`$$` in this key was read as one `$`",
                hint: "write $$$$ for two, or use {file: path}, which is read as it is")
        }
        return interpolation.text
    }

    /// Reports a key whose text is only Python's name for it.
    private func isPythonExpression(_ interpolation: Interpolation) -> Bool {
        guard case .scalar(let scalar) = self.node.content,
            let excerpt = PythonKeyExpression.excerpt(raw: scalar.text, text: interpolation.text)
        else { return false }
        let hint = PythonKeyExpression.hint(raw: scalar.text)
        self.report("\(excerpt) is Python's name for the key, not the key", hint: hint)
        return true
    }

    private func secretFile() -> String? {
        var text: String?
        self.readBlock { block in
            guard let file = block.require("file", hint: "write {file: path}"),
                let path = file.text(expected: "a file's path")
            else { return }
            switch self.context.contents(of: path) {
            case .unreadable(let reason):
                file.report(
                    "\(file.pathExcerpt) cannot be read: \(reason)", hint: "paths count from the settings file's folder"
                )
            case .bytes(let bytes):
                text = String(validating: bytes, as: UTF8.self)
                if text == nil { file.report("\(file.pathExcerpt) does not hold UTF-8 text") }
            }
        }
        return text
    }

    /// The path below a secret's key is no secret, unless a variable went into it.
    private var pathExcerpt: String {
        guard case .scalar(let scalar) = self.node.content else { return "the file" }
        return Excerpt.quote(scalar.text)
    }

    /// Nothing, or an empty text.
    var isBlank: Bool {
        if case .scalar(let scalar) = self.node.content { return scalar.text.isEmpty || self.isNull }
        return false
    }
}

extension String {
    fileprivate var removingLastLineBreak: String {
        // "\r\n" is one character.
        self.last == "\n" || self.last == "\r\n" ? String(self.dropLast()) : self
    }
}
