/// A message with `{seconds}` and `{session}` in it; every other brace stands for itself, as JSON needs it.
enum ExpiryNoticeText {
    /// Of the text as written.
    static let limit = 1024

    static func parse(_ text: String) throws(ScalarProblem) -> [ExpiryNoticePiece] {
        guard text.utf8.count <= self.limit else {
            throw ScalarProblem("is too long a message", hint: "at most \(self.limit) bytes")
        }
        var pieces: [ExpiryNoticePiece] = []
        var literal = ""
        var rest = text[...]
        while let brace = rest.firstIndex(of: "{") {
            literal += rest[..<brace]
            rest = rest[rest.index(after: brace)...]
            guard let name = self.name(at: rest) else {
                literal += "{"
                continue
            }
            let piece = try self.piece(named: String(name))
            if !literal.isEmpty { pieces.append(.text(literal)) }
            literal = ""
            pieces.append(piece)
            rest = rest[name.endIndex...].dropFirst()
        }
        literal += rest
        if !literal.isEmpty { pieces.append(.text(literal)) }
        return pieces
    }

    /// A word up to the next brace: JSON never has one there.
    private static func name(at rest: Substring) -> Substring? {
        let name = rest.prefix { $0.isASCII && $0.isLetter || $0 == "_" }
        return !name.isEmpty && rest[name.endIndex...].first == "}" ? name : nil
    }

    private static func piece(named name: String) throws(ScalarProblem) -> ExpiryNoticePiece {
        switch name {
        case "seconds": return .seconds
        case "session": return .session
        default:
            throw ScalarProblem("holds an unknown placeholder", hint: "there are {seconds} and {session}")
        }
    }
}
