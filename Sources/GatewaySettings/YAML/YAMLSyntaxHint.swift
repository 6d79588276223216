/// What people most likely meant where libyaml only says what it did not find. Never quotes the file: it holds secrets.
enum YAMLSyntaxHint {
    static func hint(for failure: YAMLFailure, line: [UInt8], column: Int) -> String? {
        if failure.problem.contains("UTF-8") { return "save the file as UTF-8" }
        if failure.problem.contains("escape") { return "write patterns in single quotes" }
        if failure.context?.contains("alias") == true { return "quote a text that begins with *: \"*\"" }
        if failure.context?.contains("tag") == true { return "quote a text that begins with !" }
        return self.hint(forByte: line.indices.contains(column - 1) ? line[column - 1] : 0)
            ?? self.hint(forLine: String(decoding: line, as: UTF8.self))
    }

    private static func hint(forByte byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "\t"): "indent with spaces, not tabs"
        case UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: "%"): "quote a text that begins with this character"
        default: nil
        }
    }

    private static func hint(forLine line: String) -> String? {
        if line.contains("${") { return "inside { } and [ ] write it in quotes: \"${NAME}\"" }
        if line.contains("]:") { return "write it in quotes: \"[::1]:8080\"" }
        return nil
    }
}
