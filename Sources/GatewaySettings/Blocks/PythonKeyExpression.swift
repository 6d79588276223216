/// A key's text that is Python's way to the key: its name, or the call that would fetch it. Such a text is public, and whoever
/// knows it could sign tokens.
enum PythonKeyExpression {
    private static let environmentCalls = [
        "os.environ", "os.getenv(", "environ[", "environ.get(", "getenv(", "env(", "config(",
    ]
    private static let fileCalls = ["open(", "Path("]
    private static let calls = environmentCalls + fileCalls + ["settings."]

    /// What of a value may be shown in place of the key, or nil when the value is no such text. `raw` is the value as
    /// written, `text` the same with variables filled in.
    static func excerpt(raw: String, text: String) -> String? {
        let written = self.trimmed(raw)
        if self.isName(written) { return Excerpt.quote(written) }
        // Not the whole call: it may hold a default, which is a secret.
        if let call = self.calls.first(where: { written.hasPrefix($0) }) { return Excerpt.quote(call + "…") }
        return self.isName(self.trimmed(text)) ? "the value" : nil
    }

    static func hint(raw: String) -> String {
        let name = self.trimmed(raw)
        if self.fileCalls.contains(where: { name.hasPrefix($0) }) { return "write {file: path}" }
        // More than Django's own names: most likely a variable whose ${ } was forgotten.
        let isVariable = self.isName(name) && !["SECRET_KEY", "SIGNING_KEY"].contains(name) && !name.contains(".")
        let variable = isVariable ? name : self.variable(asked: name) ?? "JWT_SIGNING_KEY"
        // In quotes, which a pasted block in { } needs.
        return "write \"${\(variable)}\" or {file: path}"
    }

    /// What the call asks the environment for; nil unless it looks like a variable's name.
    private static func variable(asked call: String) -> String? {
        guard self.environmentCalls.contains(where: { call.hasPrefix($0) }) else { return nil }
        let parts = call.split(maxSplits: 2, omittingEmptySubsequences: false) { $0 == "'" || $0 == "\"" }
        guard parts.count == 3, parts[0].hasSuffix("(") || parts[0].hasSuffix("["), let first = parts[1].utf8.first,
            first == 0x5F || (first >= 0x41 && first <= 0x5A), parts[1].utf8.count <= 40,
            parts[1].utf8.allSatisfy({ $0 == 0x5F || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39) })
        else { return nil }
        return String(parts[1])
    }

    /// `^(settings\.)?[A-Z_]*(SECRET_KEY|SIGNING_KEY)$`
    private static func isName(_ text: String) -> Bool {
        let name = text.hasPrefix("settings.") ? text.dropFirst(9) : text[...]
        guard name.hasSuffix("SECRET_KEY") || name.hasSuffix("SIGNING_KEY") else { return false }
        return name.utf8.allSatisfy { $0 == 0x5F || ($0 >= 0x41 && $0 <= 0x5A) }
    }

    /// Without the spaces and the comma that a line of Python ends with.
    private static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace || last == "," { rest = rest.dropLast() }
        return String(rest)
    }
}
