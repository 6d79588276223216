/// One value of the file together with the keys that lead to it: what the readers of single types work on.
struct SettingsField {
    let node: YAMLNode
    let path: SettingsKeyPath
    let context: ReadingContext

    var location: SettingsLocation { self.context.location(self.node.mark, self.path) }

    func report(_ message: String, hint: String? = nil) {
        self.context.report(message, at: self.location, hint: hint)
    }

    func notice(_ message: String, hint: String? = nil) {
        self.context.notice(message, at: self.location, hint: hint)
    }

    /// Nothing written, `~` or `null`; inside `SIMPLE_JWT` and blocks like it also Python's `None`.
    var isNull: Bool {
        guard case .scalar(let scalar) = self.node.content, scalar.isPlain else { return false }
        switch scalar.text {
        case "", "~", "null", "Null", "NULL": return true
        case "None": return ["SIMPLE_JWT.", "tokens.issuers[]."].contains { self.path.pattern.hasPrefix($0) }
        default: return false
        }
    }

    var isScalar: Bool {
        if case .scalar = self.node.content { true } else { false }
    }

    var items: [SettingsField]? {
        guard case .sequence(let nodes) = self.node.content else { return nil }
        return nodes.enumerated().map { index, node in
            var path = self.path
            path.append(index: index)
            return SettingsField(node: node, path: path, context: self.context)
        }
    }

    /// `expected` reads on after "expected ": "a list of …".
    func reportMismatch(expected: String, hint: String? = nil) {
        let found =
            switch self.node.content {
            case .scalar(let scalar): self.isNull ? "no value" : scalar.isPlain ? "a plain value" : "a text"
            case .sequence: "a list"
            case .mapping: "a mapping"
            }
        self.report("expected \(expected), found \(found)", hint: hint)
    }
}
