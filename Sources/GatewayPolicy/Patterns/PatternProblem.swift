/// Why a pattern from the settings file is refused, for the operator.
struct PatternProblem: Error, Sendable, Equatable {
    var message: String
    /// What would be right.
    var hint: String?

    init(_ message: String, hint: String?) {
        self.message = message
        self.hint = hint
    }
}
