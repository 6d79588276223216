/// Whole numbers in decimal digits, and nothing YAML 1.1 would make of other spellings.
enum NumberText {
    static func parse(_ text: String) throws(ScalarProblem) -> Int {
        var scanner = ScalarScanner(text)
        guard let value = scanner.integer(), scanner.isAtEnd else {
            throw ScalarProblem("is not a whole number", hint: "write digits only, such as 100")
        }
        guard value == 0 || !text.hasPrefix("0") else {
            throw ScalarProblem("begins with 0", hint: "octal numbers are not read", suggestion: "write \(value)")
        }
        return value
    }
}
