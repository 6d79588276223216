extension TokenSettings {
    /// To be asked after `SIMPLE_JWT`.
    mutating func read(_ block: inout SettingsBlock, _ simpleJWT: SimpleJWTSettings?) {
        block.read("sources", into: &self.sources) { $0.tokenSources() }
        block.read("query_parameter", into: &self.queryParameter) { $0.queryParameter() }
        block.read("cookie", into: &self.cookie) { $0.cookieName() }
        block.read("forward", into: &self.forward) { $0.choice(of: TokenForwarding.self) }
        self.readLimits(&block, simpleJWT)
        block.readBlock("jwks") { self.jwks.read(&$0) }
        self.readBesideSimpleJWT(&block, simpleJWT)
        block.readBlock("revocation") { self.revocation = RevocationSettings(reading: &$0) }
        block.readBlock("cache") { cache in
            cache.read("entries", into: &self.cache.entries) { $0.integer(in: 64...(1 << 20)) }
            cache.read("size", into: &self.cache.size) { $0.size(in: (64 << 10)...(4 << 30)) }
        }
        block.readBlock("failures") { failures in
            failures.read("rate", into: &self.failures.rate) { $0.rateOrOff() }
        }
    }

    private mutating func readLimits(_ block: inout SettingsBlock, _ simpleJWT: SimpleJWTSettings?) {
        block.read("max_lifetime", into: &self.maxLifetime) { field in
            let lifetime = field.tokenTimeOrOff()
            // Other issuers do not keep to the backend's settings.
            if case .some(.some(let lifetime)) = lifetime, let simpleJWT, simpleJWT.jwkURL == nil,
                lifetime < simpleJWT.accessTokenLifetime
            {
                let longer = DurationText.render(simpleJWT.accessTokenLifetime)
                field.notice("refuses the backend's tokens, if they live as long as ACCESS_TOKEN_LIFETIME: \(longer)")
            }
            return lifetime
        }
        block.read("max_age", into: &self.maxAge) { $0.tokenTimeOrOff() }
        block.read("typ", into: &self.types) { $0.headerTypes() }
    }

    /// What has no meaning without it.
    private mutating func readBesideSimpleJWT(_ block: inout SettingsBlock, _ simpleJWT: SimpleJWTSettings?) {
        let keys = ["algorithms", "previous_keys", "issuers"].compactMap { block.take($0) }
        guard let simpleJWT else {
            for key in keys {
                key.report("needs SIMPLE_JWT, which is missing", hint: "it says how tokens are carried and checked")
            }
            return
        }
        block.read("algorithms", into: &self.algorithms) { field in
            field.signingAlgorithms(simpleJWT).map { .some($0) }
        }
        block.read("previous_keys", into: &self.previousKeys) { PreviousKeySettings.readAll($0, simpleJWT) }
        block.read("issuers", into: &self.issuers) { IssuerSettings.readAll($0, simpleJWT) }
    }
}

extension SettingsField {
    func tokenSources() -> [TokenSource]? {
        self.distinctList(of: "token sources such as header") { $0.choice(of: TokenSource.self) }?.map(\.value)
    }

    /// RFC 6265 section 4.1.1
    func cookieName() -> String? {
        self.parsed(expected: "a cookie's name") { (text) throws(ScalarProblem) in
            guard text.utf8.allSatisfy(HeaderNameRule.isToken) else {
                throw ScalarProblem("is not a cookie's name", hint: "letters, digits, - and _, such as access")
            }
            return text
        }
    }

    /// A name that no one has to escape in a query, so that every server finds it in the same way.
    fileprivate func queryParameter() -> String? {
        self.parsed(expected: "a query parameter's name") { (text) throws(ScalarProblem) in
            let isPlain = text.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
                default: false
                }
            }
            guard isPlain else {
                throw ScalarProblem("is not a query parameter's name", hint: "letters, digits, - . _ ~")
            }
            return text
        }
    }

    /// Nil inside for `off`.
    fileprivate func tokenTimeOrOff() -> Duration?? {
        self.orOff { $0.duration(in: .seconds(1)...(.seconds(100 * 366 * 86_400))) }
    }

    fileprivate func headerTypes() -> [String]? {
        var seen: Set<String> = []
        return self.list(of: "types such as JWT") { item in
            let type = item.parsed(expected: "a type such as JWT") { (text) throws(ScalarProblem) in
                try HeaderTypeText.parse(text)
            }
            guard let type else { return nil }
            guard seen.insert(HeaderTypeText.mediaType(type)).inserted else {
                item.report("\(item.quoted) is listed twice", hint: "letter case and application/ make no difference")
                return nil
            }
            return type
        }
    }
}
