extension ClaimRequirementSettings {
    /// `captures`: nil when the route's pattern cannot be read.
    static func readAll(_ block: inout SettingsBlock, _ captures: RouteCaptures?) -> [ClaimRequirementSettings] {
        block.takeAll().compactMap { claim, field in
            let objection = ClaimPathText.objection(to: claim.value)
            if let objection {
                let message = "\(Excerpt.quote(claim.value)) \(objection.message)"
                field.context.report(message, at: claim.location, hint: objection.hint)
            }
            guard let rule = field.claimRule(captures), objection == nil else { return nil }
            return ClaimRequirementSettings(claim: claim, rule: rule)
        }
    }
}

extension SettingsField {
    private static let ruleHint = "write a value, a list of values or {contains: value}"

    /// A value, a list of values, or a mapping with one of four words.
    fileprivate func claimRule(_ captures: RouteCaptures?, mayBeAny: Bool = true) -> ClaimRuleSettings? {
        switch self.node.content {
        case .scalar: return self.claimScalar(captures).map { .value($0) }
        case .sequence: return self.list(of: "values") { $0.claimScalar(captures) }.map { .oneOf($0) }
        case .mapping: break
        }
        if self.reportUnquotedCapture(besides: ["equals", "contains", "present", "any"]) { return nil }
        var rules: [ClaimRuleSettings?] = []
        self.readBlock { block in
            if let field = block.take("equals") { rules.append(field.claimScalar(captures).map { .equals($0) }) }
            if let field = block.take("contains") { rules.append(field.claimScalar(captures).map { .contains($0) }) }
            if let field = block.take("present") { rules.append(field.presence()) }
            if mayBeAny, let field = block.take("any") {
                rules.append(
                    field.list(of: "rules") { $0.claimRule(captures, mayBeAny: false) }.map { .any($0) })
            }
            if block.isEmpty { self.report("says nothing about the claim", hint: Self.ruleHint) }
        }
        if rules.count > 1 {
            self.report("holds several rules", hint: "write one of them, or {any: […]} if one of them is enough")
        }
        return rules.count == 1 ? rules.first ?? nil : nil
    }

    private func presence() -> ClaimRuleSettings? {
        guard let isThere = self.boolean() else { return nil }
        guard isThere else {
            self.report("no rule says that a claim must not be there", hint: "write present: true, or delete it")
            return nil
        }
        return .present
    }

    private func claimScalar(_ captures: RouteCaptures?) -> Located<ClaimScalarSettings>? {
        if self.reportUnquotedCapture(besides: []) { return nil }
        guard !self.isNull || !self.isScalar else {
            self.reportMismatch(expected: "a value", hint: "write {present: true} for any")
            return nil
        }
        return self.parsed(expected: "a text, a number, true or false") { (text) throws(ScalarProblem) in
            try self.claimScalar(text, captures)
        }.map { self.located($0) }
    }

    private func claimScalar(_ text: String, _ captures: RouteCaptures?) throws(ScalarProblem) -> ClaimScalarSettings {
        if let plain = self.plainText {
            if ["true", "True", "TRUE"].contains(plain) { return .bool(true) }
            if ["false", "False", "FALSE"].contains(plain) { return .bool(false) }
            if ClaimValueText.isFraction(plain) {
                throw ScalarProblem(
                    "is a number with a fraction, and those are not compared",
                    hint: "write it in quotes if it is a text")
            }
        }
        if let name = try CaptureText.captureName(in: text) { try captures?.check(name) }
        return .text(text)
    }

    private var plainText: String? {
        guard case .scalar(let scalar) = self.node.content, scalar.isPlain else { return nil }
        return scalar.text
    }

    /// `{room_id}` without quotes, which YAML takes for a mapping with a key and no value.
    /// `meaning` is the key that wants the name alone.
    func reportUnquotedCapture(besides known: [String], meaning key: String? = nil) -> Bool {
        guard case .mapping(let entries) = self.node.content, let entry = entries.first, entries.count == 1,
            entry.hasNoValue, CaptureText.isName(entry.key.utf8), !known.contains(entry.key)
        else { return false }
        let name = Excerpt.clean(entry.key)
        let hint =
            key.map { self.path.lastKey == $0 ? "write \(name)" : "write {\($0): \(name)}" } ?? "write '{\(name)}'"
        self.report("YAML takes braces without quotes for a mapping", hint: hint)
        return true
    }
}
