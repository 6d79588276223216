/// `${VAR}`, `${VAR:-default}` and `$$` in a scalar. Any other `$` stands for itself, as patterns need it.
struct Interpolation {
    private(set) var text = ""
    /// Whether a value from the environment went in: such text is never shown.
    private(set) var usesVariables = false
    /// Whether `$$` was read as `$`.
    private(set) var hasEscapes = false
    private(set) var problems: [ScalarProblem] = []
    /// Variables without default that are not set, in the text's order.
    private(set) var unsetVariables: [String] = []

    init(_ raw: String, environment: [String: String]) {
        var rest = raw[...]
        while let dollar = rest.firstIndex(of: "$") {
            self.text += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            switch rest.first {
            case "$":
                self.hasEscapes = true
                self.text += "$"
                rest = rest.dropFirst()
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    self.problems.append(
                        ScalarProblem("`${` without `}`", hint: "write ${NAME}, or $${ for a plain ${"))
                    return
                }
                self.substitute(rest[rest.index(after: rest.startIndex)..<end], environment)
                rest = rest[rest.index(after: end)...]
            default: self.text += "$"
            }
        }
        self.text += rest
    }

    var isComplete: Bool { self.problems.isEmpty && self.unsetVariables.isEmpty }

    private mutating func substitute(_ expression: Substring, _ environment: [String: String]) {
        let name = expression.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
        let rest = expression[name.endIndex...]
        guard !name.isEmpty, name.first?.isNumber == false, rest.isEmpty || rest.hasPrefix(":-") else {
            self.problems.append(ScalarProblem("`${` names no variable", hint: "write ${NAME} or ${NAME:-default}"))
            return
        }
        self.usesVariables = true
        let value = environment[String(name)]
        if rest.isEmpty {
            if let value {
                self.text += value
            } else {
                self.unsetVariables.append(String(name))
            }
            return
        }
        // As in a shell, `:-` also replaces an empty value.
        if let value, !value.isEmpty { self.text += value } else { self.text += self.unescaped(rest.dropFirst(2)) }
    }

    /// `$$` means the same everywhere; a default does not refer to other variables.
    private mutating func unescaped(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[...dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                self.hasEscapes = true
                rest = rest.dropFirst()
            } else if rest.first == "{" {
                self.problems.append(ScalarProblem("a default cannot hold another ${…}"))
            }
        }
        return result + rest
    }
}
