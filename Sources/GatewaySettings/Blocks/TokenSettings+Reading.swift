extension TokenSettings {
    mutating func read(_ block: inout SettingsBlock) {
        block.read("sources", into: &self.sources) { $0.tokenSources() }
        block.read("query_parameter", into: &self.queryParameter) { $0.queryParameter() }
        block.read("forward", into: &self.forward) { $0.choice(of: TokenForwarding.self) }
    }
}

extension SettingsField {
    func tokenSources() -> [TokenSource]? {
        self.distinctList(of: "token sources (header, query)") { $0.choice(of: TokenSource.self) }?.map(\.value)
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
}
