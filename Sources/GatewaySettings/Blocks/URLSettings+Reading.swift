extension SettingsField {
    func url() -> Located<URLSettings>? {
        let expected = "a URL such as https://id.example.com/jwks.json"
        guard let text = self.text(expected: expected) else { return nil }
        guard !URLText.holdsUserName(text) else {
            self.report("the URL holds a user name", hint: "credentials do not belong there: leave them out")
            return nil
        }
        return self.parsed(expected: expected) { (text) throws(ScalarProblem) in
            try URLText.parse(text)
        }.map { self.located($0) }
    }
}
