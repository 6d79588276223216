extension IdentityHeaderSettings {
    static func read(_ block: inout SettingsBlock) -> [IdentityHeaderSettings] {
        var names: Set<String> = []
        var headers: [IdentityHeaderSettings] = []
        for (header, field) in block.takeAll() {
            let objection = HeaderNameRule.objection(toIdentity: header.value)
            if let objection {
                let message = "\(Excerpt.quote(header.value)) \(objection.message)"
                field.context.report(message, at: header.location, hint: objection.suggestion ?? objection.hint)
            } else if !names.insert(HeaderNameRule.folded(header.value)).inserted {
                let hint = "letter case and punctuation make no difference to the servers behind"
                field.context.report("this header is already listed above", at: header.location, hint: hint)
            }
            // Reported as it is: what other blocks say about such a header would only follow from that.
            guard let source = field.identitySource(), objection == nil else { continue }
            headers.append(IdentityHeaderSettings(header: header, source: source))
        }
        return headers
    }
}

extension HeaderNameRule {
    /// Which headers can say who the user is.
    static func objection(toIdentity header: String) -> ScalarProblem? {
        guard self.folded(header) != "authorization" else {
            return ScalarProblem("cannot be used: this header carries credentials")
        }
        return self.objection(to: header)
    }
}

extension SettingsField {
    /// A claim's name, or a mapping that says what else the value is.
    fileprivate func identitySource() -> Located<IdentitySourceSettings>? {
        guard case .mapping = self.node.content else { return self.claimPath().map { self.located(.claim($0, .text)) } }
        if self.reportUnquotedCapture(besides: ["claim", "capture", "constant"], meaning: "capture") { return nil }
        var sources: [Located<IdentitySourceSettings>?] = []
        self.readBlock { block in
            var format = IdentityFormat.text
            block.read("format", into: &format) { $0.choice(of: IdentityFormat.self) }
            if let field = block.take("claim") {
                sources.append(field.claimPath().map { field.located(.claim($0, format)) })
            } else if block.writes("format") {
                self.report("format says how a claim is written", hint: "write claim: name, or delete format")
            }
            if let field = block.take("capture") {
                sources.append(field.captureName().map { field.located(.capture($0)) })
            }
            if let field = block.take("constant") {
                sources.append(field.headerValue().map { field.located(.constant($0)) })
            }
            if block.isEmpty {
                self.report("says no value", hint: "write claim: name, capture: name or constant: text")
            }
        }
        if sources.count > 1 {
            self.report("holds several values", hint: "write one of claim, capture and constant")
        }
        return sources.count == 1 ? sources.first ?? nil : nil
    }

    private func claimPath() -> String? {
        self.parsed(expected: "a claim's name") { (text) throws(ScalarProblem) in
            guard var objection = ClaimPathText.objection(to: text) else { return text }
            if text.hasPrefix("{") { objection.hint = "what the pattern captured is written {capture: name}" }
            throw objection
        }
    }

    private func captureName() -> String? {
        if self.reportUnquotedCapture(besides: [], meaning: "capture") { return nil }
        return self.parsed(expected: "the name of what a pattern captures") { (text) throws(ScalarProblem) in
            guard CaptureText.isName(text.utf8) else {
                let bare = text.drop { $0 == "{" }.prefix { $0 != "}" }
                throw ScalarProblem(
                    "is not the name of a capture", hint: "write it without braces: room_id",
                    suggestion: CaptureText.isName(bare.utf8) ? "write \(bare)" : nil)
            }
            return text
        }
    }
}
