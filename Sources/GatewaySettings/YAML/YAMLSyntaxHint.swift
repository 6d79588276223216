/// What people most likely meant where libyaml only says what it did not find. Never quotes a value: it may be a secret.
struct YAMLSyntaxHint {
    private let failure: YAMLFailure
    private let lines: YAMLLines
    private let mark: YAMLMark
    private let line: [UInt8]

    static func hint(for failure: YAMLFailure, at mark: YAMLMark, in lines: YAMLLines) -> String? {
        let hint = YAMLSyntaxHint(failure: failure, lines: lines, mark: mark, line: lines[mark.line])
        return hint.ofFailure ?? hint.ofByte ?? hint.ofPython ?? hint.ofLine ?? hint.ofStructure
    }

    private var ofFailure: String? {
        if self.failure.problem.contains("UTF-8") { return "save the file as UTF-8" }
        if self.failure.problem.contains("escape") { return "write patterns in single quotes" }
        if self.failure.context?.contains("alias") == true { return "quote a text that begins with *: \"*\"" }
        if self.failure.context?.contains("tag") == true { return "quote a text that begins with !" }
        return nil
    }

    private var byte: UInt8 {
        self.line.indices.contains(self.mark.column - 1) ? self.line[self.mark.column - 1] : 0
    }

    private var ofByte: String? {
        switch self.byte {
        case UInt8(ascii: "\t"): "indent with spaces, not tabs"
        case UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: "%"): "quote a text that begins with this character"
        default: nil
        }
    }

    /// `NAME = {` of a settings.py: libyaml stumbles over the line itself, or over the lines below that belong to it.
    private var ofPython: String? {
        let numbers = [self.mark.line, self.failure.contextMark?.line, self.lines.block(around: self.mark.line)]
        for case let number? in numbers {
            guard let (name, bracket) = Self.assignment(self.lines[number]) else { continue }
            return bracket == UInt8(ascii: "(")
                ? "this is Python: write \(name): and a list in [ ]"
                : "this is Python: write \(name): \(UnicodeScalar(bracket))"
        }
        return nil
    }

    /// Only names in capitals, as settings have them.
    private static func assignment(_ line: [UInt8]) -> (name: String, bracket: UInt8)? {
        let name = line.prefix { $0 == 0x5F || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39) }
        let sign = line[name.endIndex...].drop { $0 == 0x20 }
        guard !name.isEmpty, name.count <= 40, sign.first == UInt8(ascii: "=") else { return nil }
        guard let bracket = sign.dropFirst().first(where: { $0 != 0x20 }), "{[(".utf8.contains(bracket) else {
            return nil
        }
        return (String(decoding: name, as: UTF8.self), bracket)
    }

    private var ofLine: String? {
        let text = String(decoding: self.line, as: UTF8.self)
        let isInBraces = self.failure.context?.contains("flow") == true
        if isInBraces, self.lacksCommaBefore {
            return self.mark.column == 1
                ? "a bracket is not closed" : "a comma is missing at the end of the line before"
        }
        if isInBraces, Self.calls.contains(where: { text.contains($0) }) {
            return "this is Python: write a variable of the environment as \"${NAME}\""
        }
        if isInBraces, text.contains("${") { return "inside { } and [ ] write it in quotes: \"${NAME}\"" }
        if text.contains("]:") { return "write it in quotes: \"[::1]:8080\"" }
        if text.contains(": ('") || text.contains(": (\"") { return "write a Python tuple as a list in [ ]" }
        return nil
    }

    private static let calls = ["environ[", "environ.get(", "getenv(", "env(", "config("]

    /// The line's first word is what libyaml did not expect inside `{ }`.
    private var lacksCommaBefore: Bool {
        guard self.failure.problem.contains("','"),
            self.line.prefix(max(0, self.mark.column &- 1)).allSatisfy({ $0 == 0x20 }),
            let last = self.lines.previous(before: self.mark.line).last
        else { return false }
        return !",{[(".utf8.contains(last)
    }

    private var ofStructure: String? {
        let problem = self.failure.problem
        if problem.contains("mapping values are not allowed") {
            return "check the indentation of this line, or quote a text that holds \": \""
        }
        if problem.contains("expected '-' indicator") { return Self.indentation }
        guard problem.contains("expected key"), self.failure.context?.contains("block mapping") == true else {
            return nil
        }
        if self.byte == UInt8(ascii: ",") || self.lines.previous(before: self.mark.line).last == UInt8(ascii: ",") {
            return "no comma at the end of the line outside { }"
        }
        return Self.indentation
    }

    private static let indentation = "check the indentation: keys of one entry begin in the same column"
}
