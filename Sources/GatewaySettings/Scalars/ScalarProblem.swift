/// Why a text is not what its key wants. `message` reads on after the quoted text: "is not a size".
struct ScalarProblem: Error, Equatable {
    /// Neither this nor `hint` may hold anything of the text: it may come out of a variable.
    var message: String
    var hint: String?
    /// A better hint, made from the text; shown only when the file shows that text anyway.
    var suggestion: String?

    init(_ message: String, hint: String? = nil, suggestion: String? = nil) {
        self.message = message
        self.hint = hint
        self.suggestion = suggestion
    }
}
