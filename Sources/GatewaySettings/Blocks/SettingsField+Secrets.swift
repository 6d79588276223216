/// Secrets: shown nowhere, read only when they are used.
extension SettingsField {
    /// A secret of one line, or `{file: path}`. `hint` is for one that is empty.
    func sharedSecret(hint: String) -> Located<Secret>? {
        // Editors end a file with a line break, which is no part of the secret.
        self.secret(hint: hint) { self.isScalar ? $0 : $0.removingLastLineBreak }
    }

    /// A key's whole text, or `{file: path}`. `hint` is for one that is empty.
    func keyText(hint: String) -> Located<Secret>? { self.secret(hint: hint) { $0 } }

    private func secret(hint: String, _ trim: (String) -> String) -> Located<Secret>? {
        guard let text = self.secretText().map(trim) else { return nil }
        guard !text.isEmpty else {
            self.report("the key is empty", hint: hint)
            return nil
        }
        return self.located(Secret(text))
    }

    private func secretText() -> String? {
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
