extension IssuerSettings {
    static func readAll(_ field: SettingsField, _ simpleJWT: SimpleJWTSettings) -> [IssuerSettings]? {
        let issuers = field.list(of: "issuers such as {name: partner, ISSUER: …}", mayBeEmpty: true) {
            IssuerSettings(reading: $0)
        }
        if let issuers { self.reportOverlaps(of: issuers, simpleJWT, field.context) }
        return issuers
    }

    private init?(reading field: SettingsField) {
        var reading: IssuerSettings?
        field.readBlock { block in
            let name = block.require("name", hint: "write name: partner, for routes to name it")?.issuerName()
            let rules = SimpleJWTSettings(issuer: &block)
            let algorithms = block.take("algorithms")?.signingAlgorithms(rules)
            guard let name, rules.issuer != nil else { return }
            reading = IssuerSettings(name: name, rules: rules)
            reading?.algorithms = algorithms
        }
        guard let reading else { return nil }
        self = reading
    }

    /// `iss` alone says whose rules and keys a token is checked with.
    private static func reportOverlaps(
        of issuers: [IssuerSettings], _ simpleJWT: SimpleJWTSettings, _ context: ReadingContext
    ) {
        var names: Set<String> = []
        var owners: [String: String] = [:]
        var signers: [String: String] = [:]
        func claim(_ rules: SimpleJWTSettings) {
            let block = rules.location.key
            if let issuer = rules.issuer, let owner = issuer.value.lazy.compactMap({ owners[$0] }).first {
                context.report(
                    "\(owner) has it too: such a token could belong to either", at: issuer.location,
                    hint: "list each issuer once")
            }
            if let key = rules.signingKey, let signer = signers[key.value] {
                context.notice(
                    "\(signer) has the same key: whoever signs tokens of one can sign those of the other",
                    at: key.location)
            }
            for issuer in rules.issuer?.value ?? [] where owners[issuer] == nil { owners[issuer] = block }
            if let key = rules.signingKey, signers[key.value] == nil { signers[key.value] = block }
        }
        claim(simpleJWT)
        for issuer in issuers {
            if !names.insert(issuer.name.value).inserted {
                context.report("another issuer has this name already", at: issuer.name.location)
            }
            claim(issuer.rules)
        }
    }
}

extension SettingsField {
    fileprivate func issuerName() -> Located<String>? {
        self.parsed(expected: "an issuer's name") { (text) throws(ScalarProblem) in
            let hint = "letters, digits, - and _, such as partner"
            guard text.utf8.allSatisfy(self.isNameByte) else { throw ScalarProblem("is not a name", hint: hint) }
            guard text != IssuerSettings.defaultName else {
                throw ScalarProblem("is what SIMPLE_JWT is called", hint: "choose another name")
            }
            return text
        }.map { self.located($0) }
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
    }
}
