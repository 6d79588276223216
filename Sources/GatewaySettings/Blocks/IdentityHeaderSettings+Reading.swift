extension IdentityHeaderSettings {
    static func read(_ block: inout SettingsBlock) -> [IdentityHeaderSettings] {
        var names: Set<String> = []
        var headers: [IdentityHeaderSettings] = []
        for (header, field) in block.takeAll() {
            let objection = self.objection(to: header.value)
            if let objection {
                let message = "\(Excerpt.quote(header.value)) \(objection.message)"
                field.context.report(message, at: header.location, hint: objection.suggestion ?? objection.hint)
            } else if !names.insert(HeaderNameRule.folded(header.value)).inserted {
                let hint = "letter case and punctuation make no difference to the servers behind"
                field.context.report("this header is already listed above", at: header.location, hint: hint)
            }
            // Reported as it is: what other blocks say about such a header would only follow from that.
            guard let claim = field.claimPath(), objection == nil else { continue }
            headers.append(IdentityHeaderSettings(header: header, claim: field.located(claim)))
        }
        return headers
    }

    private static func objection(to header: String) -> ScalarProblem? {
        guard HeaderNameRule.folded(header) != "authorization" else {
            return ScalarProblem("cannot be used: this header carries credentials")
        }
        return HeaderNameRule.objection(to: header)
    }
}

extension SettingsField {
    /// A claim's name; dots reach into objects.
    fileprivate func claimPath() -> String? {
        self.parsed(expected: "a claim's name") { (text) throws(ScalarProblem) in
            guard text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ !$0.isEmpty }) else {
                throw ScalarProblem(
                    "is not a claim's name", hint: "write user_id, or org.id for a claim inside a claim")
            }
            return text
        }
    }
}
