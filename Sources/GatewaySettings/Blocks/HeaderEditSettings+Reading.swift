extension HeaderEditSettings {
    mutating func read(_ block: inout SettingsBlock, _ side: HeaderEditRule.Side) {
        block.readBlock("set") { self.set = HeaderLineSettings.readAll(&$0, side) }
        block.readBlock("add") { self.add = HeaderLineSettings.readAll(&$0, side, isAddition: true) }
        block.read("remove", into: &self.remove) { field in
            field.distinctList(of: "header names", mayBeEmpty: true) { item in
                item.parsed(expected: "a header name") { (text) throws(ScalarProblem) in
                    if let objection = HeaderEditRule.objection(to: text, in: side) { throw objection }
                    return text.lowercased()
                }
            }
        }
        self.reportContradictions(block.field.context)
    }

    /// One header, one edit: nobody has to know an order.
    private func reportContradictions(_ context: ReadingContext) {
        let set = Set(self.set.map { HeaderNameRule.folded($0.name.value) })
        let added = Set(self.add.map { HeaderNameRule.folded($0.name.value) })
        for name in self.remove {
            let folded = HeaderNameRule.folded(name.value)
            if set.contains(folded) {
                context.report("is set as well", at: name.location, hint: "delete one; set replaces what was there")
            } else if added.contains(folded) {
                context.report("is added as well", at: name.location, hint: "write it under set instead of both")
            }
        }
        for line in self.add where set.contains(HeaderNameRule.folded(line.name.value)) {
            context.report(
                "is set as well", at: line.name.location, hint: "write all its values under set: [first, second]")
        }
    }
}

extension HeaderLineSettings {
    /// One line for a value, several for a list of values.
    fileprivate static func readAll(
        _ block: inout SettingsBlock, _ side: HeaderEditRule.Side, isAddition: Bool = false
    ) -> [HeaderLineSettings] {
        var names: Set<String> = []
        var lines: [HeaderLineSettings] = []
        for (name, field) in block.takeAll() {
            let values = field.headerValues()
            guard self.isUsable(name, side, isAddition: isAddition, field.context) else { continue }
            guard names.insert(HeaderNameRule.folded(name.value)).inserted else {
                field.context.report(
                    "this header is already listed above", at: name.location,
                    hint: "letter case makes no difference; several values are a list: [first, second]")
                continue
            }
            if HeaderEditRule.isSingle(name.value), let second = values?.dropFirst().first {
                field.context.report("a message has one \(name.value) at most", at: second.location)
            }
            lines += (values ?? []).map { HeaderLineSettings(name: name, value: $0) }
        }
        return lines
    }

    private static func isUsable(
        _ name: Located<String>, _ side: HeaderEditRule.Side, isAddition: Bool, _ context: ReadingContext
    ) -> Bool {
        if let objection = HeaderEditRule.objection(to: name.value, in: side) {
            let message = "\(Excerpt.quote(name.value)) \(objection.message)"
            context.report(message, at: name.location, hint: objection.suggestion ?? objection.hint)
            return false
        }
        if isAddition, HeaderEditRule.isSingle(name.value) {
            context.report(
                "a message has one \(name.value) at most", at: name.location, hint: "write it under set, which replaces"
            )
            return false
        }
        return true
    }
}

extension SettingsField {
    fileprivate func headerValues() -> [Located<String>]? {
        guard self.items == nil else {
            return self.list(of: "header values") { item in item.editedValue().map { item.located($0) } }
        }
        return self.editedValue().map { [self.located($0)] }
    }

    private func editedValue() -> String? {
        if self.isScalar, self.isBlank {
            self.report("is empty", hint: "to take a header away, list it under remove")
            return nil
        }
        return self.headerValue()
    }

    /// What every server reads alike: visible ASCII, with blanks inside.
    func headerValue() -> String? {
        self.parsed(expected: "a header's value") { (text) throws(ScalarProblem) in
            guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
                throw ScalarProblem("is not ASCII", hint: "servers read other bytes in different ways: encode them")
            }
            guard text.utf8.first != 0x20, text.utf8.last != 0x20 else {
                throw ScalarProblem("begins or ends with a blank", hint: "no server sees it: delete it")
            }
            // Servers behind drop or stall on header lines beyond 8 KiB.
            guard text.utf8.count <= 4096 else { throw ScalarProblem("is too long", hint: "at most 4096 bytes") }
            return text
        }
    }
}
