/// Turns a settings file into types, or into the list of everything that is wrong with it. Changes nothing.
package enum SettingsReader {
    /// Reads a file and the secret files it names; paths in it count from its folder.
    package static func read(file path: String, environment: [String: String]) -> SettingsReading {
        switch FileText.read(path) {
        case .bytes(let bytes): return self.read(bytes, file: path, environment: environment, readFile: FileText.read)
        case .unreadable(let reason):
            let location = SettingsLocation(file: path, line: 1, column: 1, key: "")
            let problem = SettingsProblem(
                location: location, message: "the settings file cannot be read: \(reason)",
                hint: "name another with --config FILE")
            return SettingsReading(settings: nil, problems: [problem], notices: [])
        }
    }

    /// Reads text that is said to come from `file`. `readFile` gets paths resolved against that file's folder.
    package static func read(
        text: String, file: String, environment: [String: String], readFile: (String) -> String?
    ) -> SettingsReading {
        withoutActuallyEscaping(readFile) { readFile in
            self.read(Array(text.utf8), file: file, environment: environment) { path in
                readFile(path).map { .bytes(Array($0.utf8)) } ?? .unreadable(reason: "there is no such file")
            }
        }
    }

    static func read(
        _ bytes: [UInt8], file: String, environment: [String: String], readFile: @escaping (String) -> FileText
    ) -> SettingsReading {
        let context = ReadingContext(file: file, environment: environment, readFile: readFile)
        let settings = self.settings(from: bytes, context)
        let problems = Set(context.problems).sorted(by: SettingsProblem.isOrdered)
        let notices = context.notices.sorted(by: SettingsProblem.isOrdered)
        guard problems.isEmpty else {
            return SettingsReading(settings: nil, remains: settings, problems: problems, notices: notices)
        }
        return SettingsReading(settings: settings, problems: [], notices: notices)
    }

    private static func settings(from bytes: [UInt8], _ context: ReadingContext) -> Settings? {
        let document = YAMLDocument(bytes)
        for problem in document.problems {
            let location = SettingsLocation(
                file: context.file, line: problem.mark.line, column: problem.mark.column, key: problem.path
            )
            context.report(problem.message, at: location, hint: problem.hint)
        }
        guard let root = document.root else { return nil }
        return Settings(reading: SettingsField(node: root, path: SettingsKeyPath(), context: context))
    }
}
