/// What one reading of a settings file knows and collects.
final class ReadingContext {
    let file: String
    let environment: [String: String]
    private let readFile: (String) -> FileText
    private(set) var problems: [SettingsProblem] = []
    private(set) var notices: [SettingsProblem] = []
    /// Patterns of all keys that were asked for, written or not: what a settings file may say.
    private(set) var askedKeys: Set<String> = []

    init(file: String, environment: [String: String], readFile: @escaping (String) -> FileText) {
        self.file = file
        self.environment = environment
        self.readFile = readFile
    }

    func location(_ mark: YAMLMark, _ path: SettingsKeyPath) -> SettingsLocation {
        SettingsLocation(file: self.file, line: mark.line, column: mark.column, key: path.text)
    }

    func report(_ message: String, at location: SettingsLocation, hint: String? = nil) {
        self.problems.append(SettingsProblem(location: location, message: message, hint: hint))
    }

    func notice(_ message: String, at location: SettingsLocation, hint: String? = nil) {
        self.notices.append(SettingsProblem(location: location, message: message, hint: hint))
    }

    func noteAsked(_ path: SettingsKeyPath) { self.askedKeys.insert(path.pattern) }

    /// A path as written, seen from the settings file's folder.
    func resolve(_ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = self.file.lastIndex(of: "/") else { return path }
        return self.file[...slash] + path
    }

    func contents(of path: String) -> FileText { self.readFile(self.resolve(path)) }
}
