extension LogSettings {
    mutating func read(_ block: inout SettingsBlock) {
        block.read("level", into: &self.level) { $0.choice(of: LogLevel.self) }
        block.read("format", into: &self.format) { $0.choice(of: LogFormat.self) }
        block.read("access", into: &self.access) { $0.accessLogTarget() }
    }
}

extension SettingsField {
    fileprivate func accessLogTarget() -> AccessLogTarget? {
        self.parsed(expected: "on, off or a file's path") { (text) throws(ScalarProblem) in
            if let isOn = try? BooleanText.parse(text) { return isOn ? .on : .off }
            // A bare word is more likely a mistyped `off` than a file's name.
            guard text.contains("/") else {
                throw ScalarProblem("is neither on nor off", hint: "a file's path holds a slash: ./access.log")
            }
            return .file(self.context.resolve(text))
        }
    }
}
