/// A value and where the file says it.
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    package var location: SettingsLocation

    package init(_ value: Value, at location: SettingsLocation) {
        self.value = value
        self.location = location
    }
}

extension Located: Equatable where Value: Equatable {}

/// A place in a settings file. Lines and columns count from 1, as editors do.
package struct SettingsLocation: Sendable, Hashable {
    package var file: String
    package var line: Int
    package var column: Int
    /// The key path, for example `routes[2].re_path`.
    package var key: String

    package init(file: String, line: Int, column: Int, key: String) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
    }
}
