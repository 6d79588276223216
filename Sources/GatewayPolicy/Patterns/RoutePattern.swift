import GatewayMessage
import GatewaySettings

/// A route's pattern, compiled. It matches exactly the paths that Django matches: decoded, without the leading slash.
final class RoutePattern: Sendable {
    private enum Form: Sendable {
        case literal([UInt8])
        /// The literal and at least one byte more: `<path:…>` at the end.
        case prefix([UInt8])
        case automaton(DenseAutomaton?)
    }

    private let form: Form
    /// Always there, for what the fast forms cannot say.
    let program: RegexProgram

    var asksForCategories: Bool { self.program.asksForCategories }

    convenience init(_ pattern: RoutePatternSettings, tolerating tolerated: PathForms) throws(PatternProblem) {
        switch pattern {
        case .path(let route):
            let syntax = try DjangoPath.parse(route)
            // Django also says `\Z`, which covering the whole text is.
            try self.init(syntax, coverage: .wholeText, text: route, tolerated)
        case .rePath(let expression):
            // Django's test is on the text, so an escaped dollar counts too (URLPattern.match, Channels the same).
            let coverage: RegexProgram.Coverage = expression.hasSuffix("$") ? .wholeText : .anyPart
            try self.init(try RegexParser.parse(expression), coverage: coverage, text: expression, tolerated)
        }
    }

    private init(
        _ syntax: RegexSyntax,
        coverage: RegexProgram.Coverage,
        text: String,
        _ tolerated: PathForms
    ) throws(PatternProblem) {
        self.program = try RegexProgram(syntax, coverage: coverage)
        guard PatternReachability.canMatch(self.program) else {
            let hasSlash = text.hasPrefix("/") || text.hasPrefix("^/")
            throw PatternProblem(
                "“\(text)” can never match a path",
                hint: hasSlash ? "leave out the leading slash, as in Django" : nil
            )
        }
        guard coverage == .wholeText, let literal = LiteralPattern(syntax.node) else {
            self.form = .automaton(DenseAutomaton(self.program))
            return
        }
        if let problem = literal.impossibility(tolerating: tolerated) {
            throw PatternProblem("“\(text)” can never match: \(problem.detail)", hint: nil)
        }
        self.form = literal.isFollowedByAnything ? .prefix(literal.bytes) : .literal(literal.bytes)
    }

    func matches(_ path: RawSpan, with matcher: inout PatternMatcher) -> Bool {
        switch self.form {
        case .literal(let literal): path.byteCount == literal.count && path.begins(with: literal)
        // The path reader lets no line feed through, so the dot matches whatever follows.
        case .prefix(let literal): path.byteCount > literal.count && path.begins(with: literal)
        case .automaton(let automaton):
            automaton?.matches(path) ?? matcher.matches(self.program, path)
        }
    }
}

extension RawSpan {
    fileprivate func begins(with literal: [UInt8]) -> Bool {
        for index in 0..<literal.count where self.at(index) != literal[index] { return false }
        return true
    }
}
