/// Why a text is not what its key wants. `message` reads on after the quoted text: "is not a size".
struct ScalarProblem: Error, Equatable {
    var message: String
    var hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }
}
