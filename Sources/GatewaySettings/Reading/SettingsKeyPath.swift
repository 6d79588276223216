/// The keys that lead to a value: `routes[2].websocket.max_frame`.
struct SettingsKeyPath: Sendable, Hashable {
    /// For people.
    private(set) var text = ""
    /// The same with every index and every name the operator chose left open: `routes[].websocket.max_frame`.
    private(set) var pattern = ""
    /// The last key holds a secret: nothing that stands below it may be shown.
    private(set) var isSecret = false
    private(set) var lastKey = ""

    mutating func append(_ key: String, isChosenByOperator: Bool = false) {
        let dot = self.text.isEmpty ? "" : "."
        self.text += dot + Excerpt.clean(key)
        self.pattern += dot + (isChosenByOperator ? "*" : key)
        self.lastKey = Excerpt.clean(key)
        self.isSecret = self.isSecret || Self.secretKeys.contains(key) || Self.secretPatterns.contains(self.pattern)
    }

    private static let secretKeys: Set = ["SIGNING_KEY", "VERIFYING_KEY"]
    private static let secretPatterns: Set = ["tokens.previous_keys[].key", "tokens.revocation.token"]

    mutating func append(index: Int) {
        self.text += "[\(index)]"
        self.pattern += "[]"
    }
}

/// Text of the file as it appears in messages: short, on one line, without control characters.
enum Excerpt {
    private static let limit = 60

    static func clean(_ text: String) -> String {
        var result = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < self.limit else { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func quote(_ text: String) -> String { "`\(self.clean(text))`" }
}
