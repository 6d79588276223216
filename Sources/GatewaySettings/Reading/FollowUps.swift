/// Tells keys from what YAML makes of the rest of a value that holds a comma inside `{ }`: `("Bearer",)`,
/// `timedelta(days=1, hours=2)`.
struct FollowUps {
    enum Role {
        case key
        /// The value it belongs to is reported already, or has no effect.
        case restOfSettledValue
        case restOfValue
        /// Must not be shown.
        case restOfSecret
    }

    private let block: SettingsField
    /// Parentheses that the last settled value left open.
    private var open = 0
    /// Where the last value began, if it is a secret.
    private var secretLine: Int?

    init(_ block: SettingsField) { self.block = block }

    /// To be asked for each entry of the block, in their order.
    mutating func role(of entry: YAMLEntry) -> Role {
        if entry.hasNoValue {
            let isRest = entry.key.hasSuffix(")")
            if self.open > 0, isRest || entry.key.contains("=") {
                self.open += Self.balance(entry.key)
                return .restOfSettledValue
            }
            if entry.keyMark.line == self.secretLine { return .restOfSecret }
            if isRest { return .restOfValue }
        }
        self.note(entry)
        return .key
    }

    private mutating func note(_ entry: YAMLEntry) {
        self.open = 0
        self.secretLine = nil
        guard case .scalar(let value) = entry.value.content else { return }
        var path = self.block.path
        path.append(entry.key)
        if path.isSecret { self.secretLine = entry.value.mark.line }
        let balance = Self.balance(value.text)
        if balance > 0, self.isSettled(entry) { self.open = balance }
    }

    /// Otherwise the unknown key may be the only sign that the value is cut off.
    private func isSettled(_ entry: YAMLEntry) -> Bool {
        if self.block.path.pattern == "SIMPLE_JWT", SimpleJWTForeignSettings.ignored.contains(entry.key) { return true }
        return self.block.context.problems.contains {
            ($0.location.line, $0.location.column) == (entry.value.mark.line, entry.value.mark.column)
        }
    }

    private static func balance(_ text: String) -> Int {
        text.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "(") ? 1 : $1 == UInt8(ascii: ")") ? -1 : 0) }
    }
}

extension YAMLEntry {
    var hasNoValue: Bool {
        guard case .scalar(let scalar) = self.value.content else { return false }
        return scalar.isPlain && scalar.text.isEmpty
    }
}
