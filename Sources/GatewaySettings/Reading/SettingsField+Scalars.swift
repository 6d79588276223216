/// Reading a scalar by the type its key wants. Each function reports what is wrong and then answers nil.
extension SettingsField {
    /// The text with variables filled in, as it came: maybe empty, maybe several lines.
    /// A secret's default would be written into the file, and known to whoever reads it: none is advised.
    func rawText(expected: String, isSecret: Bool = false) -> Interpolation? {
        guard case .scalar(let scalar) = self.node.content, !self.isNull else {
            self.reportMismatch(expected: expected, hint: self.items == nil ? nil : "write one value, not a list")
            return nil
        }
        let interpolation = Interpolation(scalar.text, environment: self.context.environment)
        for problem in interpolation.problems { self.report(problem.message, hint: problem.hint) }
        for name in interpolation.unsetVariables {
            let hint =
                isSecret
                ? "export \(name)='…', or write \(self.path.lastKey): {file: path}"
                : "set it, or write ${\(name):-default}"
            self.report("the environment variable \(name) is not set", hint: hint)
        }
        return interpolation.isComplete ? interpolation : nil
    }

    /// How the value is shown in a message: as written, so without what variables hold.
    var quoted: String {
        guard case .scalar(let scalar) = self.node.content, !self.path.isSecret else { return "the value" }
        return Excerpt.quote(scalar.text)
    }

    /// One line of text, not empty.
    func text(expected: String = "a text") -> String? {
        guard let text = self.rawText(expected: expected)?.text else { return nil }
        guard !text.isEmpty else {
            self.report("is empty", hint: "expected \(expected)")
            return nil
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            self.report("holds a line break or another control character", hint: "write it on one line")
            return nil
        }
        return text
    }

    func parsed<Value>(expected: String, _ parse: (String) throws(ScalarProblem) -> Value) -> Value? {
        guard let text = self.text(expected: expected) else { return nil }
        do {
            return try parse(text)
        } catch {
            let hint = self.usesVariables ? error.hint : error.suggestion ?? error.hint
            self.report("\(self.quoted) \(error.message)", hint: hint)
            return nil
        }
    }

    var usesVariables: Bool {
        guard case .scalar(let scalar) = self.node.content else { return false }
        return Interpolation(scalar.text, environment: self.context.environment).usesVariables
    }

    func boolean() -> Bool? {
        self.parsed(expected: "true or false") { (text) throws(ScalarProblem) in try BooleanText.parse(text) }
    }

    func integer(in range: ClosedRange<Int>) -> Int? {
        self.parsed(expected: "a whole number") { (text) throws(ScalarProblem) in
            try self.check(NumberText.parse(text), in: range) { "\($0)" }
        }
    }

    func size(in range: ClosedRange<Int>) -> Int? {
        self.parsed(expected: "a size such as 64KiB") { (text) throws(ScalarProblem) in
            try self.check(SizeText.parse(text), in: range, render: SizeText.render)
        }
    }

    func duration(in range: ClosedRange<Duration>) -> Duration? {
        self.parsed(expected: "a duration such as 30s") { (text) throws(ScalarProblem) in
            try self.check(DurationText.parse(text), in: range, render: DurationText.render)
        }
    }

    /// A duration as `SIMPLE_JWT` knows it.
    func pythonDuration(in range: ClosedRange<Duration>) -> Duration? {
        self.parsed(expected: "seconds or a duration") { (text) throws(ScalarProblem) in
            try self.check(PythonDurationText.parse(text), in: range, render: DurationText.render)
        }
    }

    /// Nil inside for `off`, the word that switches a limit off.
    func orOff<Value>(_ read: (SettingsField) -> Value?) -> Value?? {
        if self.says("off") { return .some(nil) }
        if case .scalar(let scalar) = self.node.content {
            if scalar.text == "0" || self.isNull {
                self.report(
                    "\(self.isNull ? "has no value" : "`0` would refuse everything")", hint: "write off for no limit")
                return nil
            }
        }
        return read(self).map { .some($0) }
    }

    /// Whether the value is one certain word.
    func says(_ word: String) -> Bool {
        guard case .scalar(let scalar) = self.node.content else { return false }
        return Interpolation(scalar.text, environment: self.context.environment).text == word
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(of type: Choice.Type) -> Choice? {
        let words = Choice.allCases.map(\.rawValue)
        return self.parsed(expected: "one of \(words.joined(separator: ", "))") { (text) throws(ScalarProblem) in
            if let choice = Choice(rawValue: text) { return choice }
            let nearest = Suggestion.nearest(to: text, among: words).map { "did you mean \($0)?" }
            let hint = nearest ?? "write one of \(words.joined(separator: ", "))"
            throw ScalarProblem("is not known here", hint: hint)
        }
    }

    /// Paths of sockets and files count from the settings file's folder.
    func address(ports: ClosedRange<Int>) -> Located<AddressSettings>? {
        self.parsed(expected: "an address such as 127.0.0.1:8080") { (text) throws(ScalarProblem) in
            let address = try AddressText.parse(text, ports: ports)
            guard case .unix(let path) = address else { return address }
            let resolved = self.context.resolve(path)
            guard resolved.utf8.count <= AddressText.longestUnixPath else {
                let limit = AddressText.longestUnixPath
                throw ScalarProblem("is too long for a Unix socket", hint: "the whole path may have \(limit) bytes")
            }
            return .unix(path: resolved)
        }.map { Located($0, at: self.location) }
    }

    func filePath() -> Located<String>? {
        self.text(expected: "a file's path").map { Located(self.context.resolve($0), at: self.location) }
    }

    func located<Value: Sendable>(_ value: Value) -> Located<Value> { Located(value, at: self.location) }

    private func check<Value: Comparable>(
        _ value: Value, in range: ClosedRange<Value>, render: (Value) -> String
    ) throws(ScalarProblem) -> Value {
        guard range.contains(value) else {
            let hint = "from \(render(range.lowerBound)) to \(render(range.upperBound))"
            throw ScalarProblem("is out of range", hint: hint)
        }
        return value
    }
}

/// Lists.
extension SettingsField {
    /// The readable elements of a list that has at least one, unless it `mayBeEmpty`. With `orSingle`, a bare value stands
    /// for a list of one, as simplejwt takes it.
    func list<Value>(
        of what: String, orSingle: Bool = false, mayBeEmpty: Bool = false,
        example: String = "write it in brackets: […]",
        _ read: (SettingsField) -> Value?
    ) -> [Value]? {
        guard let items = self.items else {
            if orSingle, self.isScalar, !self.isNull { return read(self).map { [$0] } }
            self.reportMismatch(
                expected: "a list of \(what)", hint: self.isScalar && !self.isNull ? example : nil)
            return nil
        }
        guard !items.isEmpty || mayBeEmpty else {
            self.report("the list is empty", hint: "expected \(what), at least one")
            return nil
        }
        return items.compactMap(read)
    }

    /// The same, with every value at most once.
    func distinctList<Value: Hashable & Sendable>(
        of what: String, mayBeEmpty: Bool = false, _ read: (SettingsField) -> Value?
    ) -> [Located<Value>]? {
        var seen: Set<Value> = []
        return self.list(of: what, mayBeEmpty: mayBeEmpty) { item in
            guard let value = read(item) else { return nil }
            guard seen.insert(value).inserted else {
                item.report("\(item.quoted) is listed twice")
                return nil
            }
            return item.located(value)
        }
    }
}
