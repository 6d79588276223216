/// A mapping whose keys are asked for one by one; whatever nobody asked for is unknown.
struct SettingsBlock {
    let field: SettingsField
    private let entries: [YAMLEntry]
    private let indices: [String: Int]
    private var asked: [String] = []

    fileprivate init(_ field: SettingsField, _ entries: [YAMLEntry]) {
        self.field = field
        self.entries = entries
        self.indices = Dictionary(entries.indices.map { (entries[$0].key, $0) }) { first, _ in first }
    }

    var location: SettingsLocation { self.field.location }
    var isEmpty: Bool { self.entries.isEmpty }

    /// The value of a key, null included.
    mutating func take(_ key: String) -> SettingsField? {
        self.asked.append(key)
        self.field.context.noteAsked(self.path(to: key))
        guard let index = self.indices[key] else { return nil }
        return SettingsField(node: self.entries[index].value, path: self.path(to: key), context: self.field.context)
    }

    /// The value of a key that must not be suggested or documented.
    mutating func takeRemoved(_ key: String) -> SettingsField? {
        guard let index = self.indices[key] else { return nil }
        self.asked.append(key)
        return SettingsField(node: self.entries[index].value, path: self.path(to: key), context: self.field.context)
    }

    /// Whether a key is written; does not count as asking for it.
    func writes(_ key: String) -> Bool { self.indices[key] != nil }

    /// Replaces a default by what the key says, if it is written and can be read.
    mutating func read<Value>(_ key: String, into value: inout Value, _ parse: (SettingsField) -> Value?) {
        guard let field = self.take(key), let parsed = parse(field) else { return }
        value = parsed
    }

    /// Reads the block below a key. Without a value it counts as not written: its lines may all be commented out.
    mutating func readBlock(_ key: String, _ body: (inout SettingsBlock) -> Void) {
        guard let field = self.take(key), !field.isNull else { return }
        field.readBlock(body)
    }

    mutating func require(_ key: String, hint: String) -> SettingsField? {
        if let field = self.take(key) { return field }
        self.reportMissing(key, hint: hint)
        return nil
    }

    func reportMissing(_ key: String, hint: String) {
        let location = self.location
        self.field.context.report("\(Excerpt.quote(key)) is missing", at: location, hint: hint)
    }

    /// All keys at once, for mappings whose keys the operator chooses.
    mutating func takeAll() -> [(key: Located<String>, field: SettingsField)] {
        self.entries.map { entry in
            self.asked.append(entry.key)
            var path = self.field.path
            path.append(entry.key, isChosenByOperator: true)
            self.field.context.noteAsked(path)
            let location = self.field.context.location(entry.keyMark, path)
            return (
                Located(entry.key, at: location),
                SettingsField(node: entry.value, path: path, context: self.field.context)
            )
        }
    }

    fileprivate func reportUnknown() {
        let known = Set(self.asked)
        var followUps = FollowUps(self.field)
        for entry in self.entries {
            let role = followUps.role(of: entry)
            if !known.contains(entry.key) { self.reportUnknown(entry, role) }
        }
    }

    private func reportUnknown(_ entry: YAMLEntry, _ role: FollowUps.Role) {
        let context = self.field.context
        let location = context.location(entry.keyMark, self.field.path)
        guard !self.field.path.isSecret else {
            return context.report("unknown key", at: location, hint: "a secret is a text or {file: path}")
        }
        let name = Excerpt.quote(entry.key)
        switch role {
        case .key:
            context.report("unknown key \(name)", at: location, hint: self.hint(forUnknown: entry.key))
        case .restOfSettledValue: return
        case .restOfValue:
            let hint = "the value before it ends at the comma: write a list in [ ], or a text in quotes"
            context.report("unknown key \(name)", at: location, hint: hint)
        case .restOfSecret:
            let hint = "the key before it ends at the comma: write it in quotes"
            context.report("unknown key", at: location, hint: hint)
        }
    }

    private func hint(forUnknown key: String) -> String? {
        if self.field.path.pattern == "tokens.issuers[]", self.field.context.askedKeys.contains("SIMPLE_JWT.\(key)") {
            return SimpleJWTForeignSettings.ignored.contains(key)
                ? "delete it: only the issuer of tokens uses it"
                : "\(Excerpt.quote(key)) stands in SIMPLE_JWT, for all issuers"
        }
        let isOfTheFile = self.field.path.pattern == "routes[]" && self.field.context.askedKeys.contains(key)
        if isOfTheFile, Suggestion.nearest(to: key, among: self.asked) == nil {
            return "\(Excerpt.quote(key)) stands at the top of the file, for all routes"
        }
        return Suggestion.hint(for: key, among: self.asked) ?? self.hint(forNameOfDjango: key)
    }

    /// In capitals, at the top of the file: from settings.py, or from a SIMPLE_JWT that is not indented.
    private func hint(forNameOfDjango key: String) -> String? {
        let isName = key.utf8.allSatisfy { $0 == 0x5F || ($0 >= 0x41 && $0 <= 0x5A) }
        guard self.field.path.pattern.isEmpty, isName, !key.isEmpty else { return nil }
        return "of settings.py only SIMPLE_JWT belongs here, with its keys indented below it"
    }

    private func path(to key: String) -> SettingsKeyPath {
        var path = self.field.path
        path.append(key)
        return path
    }
}

extension SettingsField {
    /// Hands out the keys of a mapping, then reports those the body did not ask for.
    func readBlock(_ body: (inout SettingsBlock) -> Void) {
        guard case .mapping(let entries) = self.node.content else {
            self.reportMismatch(expected: self.path.isSecret ? "a text or {file: path}" : "a mapping of keys to values")
            return
        }
        var block = SettingsBlock(self, entries)
        body(&block)
        block.reportUnknown()
    }
}
