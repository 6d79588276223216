/// Something an operator has to change (or, as a notice, should know), and where.
package struct SettingsProblem: Error, Sendable, Hashable {
    package var location: SettingsLocation
    /// What is wrong. Never contains a secret's value, nor a value that came out of a variable.
    package var message: String
    /// What would be right.
    package var hint: String?

    package init(location: SettingsLocation, message: String, hint: String? = nil) {
        self.location = location
        self.message = message
        self.hint = hint
    }

    /// `gateway.yaml:12:7: routes[2].re_path: … (what would be right)`
    package func rendered() -> String {
        var text = "\(self.location.file):\(self.location.line):\(self.location.column): "
        if !self.location.key.isEmpty { text += "\(self.location.key): " }
        text += self.message
        if let hint = self.hint { text += " (\(hint))" }
        return text
    }
}

extension SettingsProblem: CustomStringConvertible {
    package var description: String { self.rendered() }
}

extension SettingsProblem {
    /// In the order in which an editor shows the places.
    package static func isOrdered(_ left: SettingsProblem, before right: SettingsProblem) -> Bool {
        let (a, b) = (left.location, right.location)
        return (a.file, a.line, a.column, a.key, left.message) < (b.file, b.line, b.column, b.key, right.message)
    }
}

/// What came out of reading a settings file.
package struct SettingsReading: Sendable {
    /// Nil exactly when there are problems.
    package var settings: Settings?
    /// What could be read of a file with problems, so that whoever understands its texts can report theirs in the same run;
    /// nothing may be built from it.
    package var remains: Settings?
    /// Every problem of the file, sorted by place.
    package var problems: [SettingsProblem]
    /// What works but deserves a look; never stops a start.
    package var notices: [SettingsProblem]
}
