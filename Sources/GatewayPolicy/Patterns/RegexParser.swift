/// Reads the part of Python's `re` syntax that can be matched exactly and in linear time; everything else is a problem
/// that says what is not supported. Never a silent difference.
struct RegexParser {
    struct Flags {
        var ignoresCase = false
        var isASCII = false
        /// `(?u)` was written; it is the default, but Python refuses it beside `(?a)`.
        var isUnicode = false
        var isMultiline = false
        var dotMatchesAll = false
    }

    /// Deep enough for people, shallow enough for the stack.
    static let deepestNesting = 32
    static let longestPattern = 4096

    let scalars: [Unicode.Scalar]
    var position = 0
    var groupCount = 0
    var groupNames: [RegexSyntax.GroupName] = []

    private init(_ pattern: String) { self.scalars = Array(pattern.unicodeScalars) }

    static func parse(_ pattern: String) throws(PatternProblem) -> RegexSyntax {
        var parser = RegexParser(pattern)
        guard parser.scalars.count <= Self.longestPattern else {
            throw PatternProblem("pattern is longer than \(Self.longestPattern) characters", hint: nil)
        }
        let node = try parser.alternation(Flags(), depth: 0)
        guard parser.peek == nil else { throw parser.problem("unbalanced parenthesis") }
        return RegexSyntax(node: node, groupCount: parser.groupCount, groupNames: parser.groupNames)
    }

    // MARK: Reading

    var peek: Unicode.Scalar? { self.position < self.scalars.count ? self.scalars[self.position] : nil }

    mutating func next() -> Unicode.Scalar? {
        guard let scalar = self.peek else { return nil }
        self.position += 1
        return scalar
    }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard self.peek == scalar else { return false }
        self.position += 1
        return true
    }

    mutating func digits(_ isDigit: (Unicode.Scalar) -> Bool, atMost limit: Int) -> String {
        var text = ""
        while text.unicodeScalars.count < limit, let scalar = self.peek, isDigit(scalar) {
            text.unicodeScalars.append(scalar)
            self.position += 1
        }
        return text
    }

    func problem(_ message: String, hint: String? = nil) -> PatternProblem {
        PatternProblem("\(message), at character \(self.position + 1) of the pattern", hint: hint)
    }

    func unsupported(_ what: String, hint: String? = nil) -> PatternProblem {
        self.problem("\(what) is not supported", hint: hint)
    }

    // MARK: Structure

    private mutating func alternation(_ outer: Flags, depth: Int) throws(PatternProblem) -> RegexNode {
        guard depth <= Self.deepestNesting else { throw self.problem("groups are nested too deeply") }
        var flags = outer
        var branches = [try self.sequence(&flags, depth: depth, mayChangeFlags: depth == 0)]
        while self.skip("|") {
            branches.append(try self.sequence(&flags, depth: depth, mayChangeFlags: false))
        }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func sequence(
        _ flags: inout Flags,
        depth: Int,
        mayChangeFlags: Bool
    ) throws(PatternProblem) -> RegexNode {
        var nodes: [RegexNode] = []
        while let scalar = self.peek, scalar != "|", scalar != ")" {
            if let quantifier = try self.quantifier() {
                try self.apply(quantifier, to: &nodes)
                continue
            }
            switch scalar {
            case "(":
                let opening = try self.opening(flags, mayChangeFlags: mayChangeFlags && nodes.isEmpty)
                switch opening {
                case .comment: break
                case .globalFlags(let changed): flags = changed
                case .group(let index, let inner):
                    let node = try self.alternation(inner, depth: depth + 1)
                    guard self.skip(")") else { throw self.problem("missing )") }
                    // Kept as a node of its own: what follows repeats the whole group, and `(?:a*)*` is no double repeat.
                    nodes.append(index.map { .group($0, node) } ?? .sequence([node]))
                }
            case "[":
                self.position += 1
                nodes.append(.characters(try self.characterSet(flags)))
            case ".":
                self.position += 1
                nodes.append(.characters(flags.dotMatchesAll ? .anything : .dot))
            case "^":
                self.position += 1
                nodes.append(.assertion(flags.isMultiline ? .lineStart : .textStart))
            case "$":
                self.position += 1
                nodes.append(.assertion(flags.isMultiline ? .lineEnd : .end))
            case "\\":
                self.position += 1
                nodes.append(try self.escape(flags))
            default:
                self.position += 1
                nodes.append(try self.literal(scalar.value, flags))
            }
        }
        return nodes.isEmpty ? .empty : nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    func literal(_ value: UInt32, _ flags: Flags) throws(PatternProblem) -> RegexNode {
        guard flags.ignoresCase else { return .scalar(value) }
        guard value < 0x80 else { throw self.unsupported("a non-ASCII character under (?i)") }
        var characters = CharacterClass(ranges: [value...value])
        characters.ignoreCase(isASCII: flags.isASCII)
        return characters.ranges.count == 1 ? .scalar(value) : .characters(characters)
    }

    // MARK: Repetition

    private struct Quantifier {
        var minimum: Int
        var maximum: Int?
        var isLazy: Bool
    }

    /// A quantifier at the current position; nil when there is none. A `{` that does not begin one is a literal.
    private mutating func quantifier() throws(PatternProblem) -> Quantifier? {
        var quantifier: Quantifier
        switch self.peek {
        case "*": quantifier = Quantifier(minimum: 0, maximum: nil, isLazy: false)
        case "+": quantifier = Quantifier(minimum: 1, maximum: nil, isLazy: false)
        case "?": quantifier = Quantifier(minimum: 0, maximum: 1, isLazy: false)
        case "{":
            guard let counted = try self.countedQuantifier() else { return nil }
            quantifier = counted
            self.position -= 1
        default: return nil
        }
        self.position += 1
        if self.skip("?") {
            quantifier.isLazy = true
        } else if self.peek == "+" {
            throw self.unsupported("a possessive quantifier")
        }
        return quantifier
    }

    /// `{m}`, `{m,}`, `{,n}`, `{m,n}` and, to Python, `{,}`.
    private mutating func countedQuantifier() throws(PatternProblem) -> Quantifier? {
        let start = self.position
        self.position += 1
        if self.peek == "}" {
            self.position = start
            return nil
        }
        let isDigit = { (scalar: Unicode.Scalar) in ("0"..."9").contains(scalar) }
        let low = self.digits(isDigit, atMost: .max)
        let high = self.skip(",") ? self.digits(isDigit, atMost: .max) : low
        guard self.skip("}") else {
            self.position = start
            return nil
        }
        guard low.utf8.count <= 9, high.utf8.count <= 9 else {
            throw self.problem("the repetition number is too large")
        }
        let minimum = Int(low) ?? 0
        let maximum = Int(high)
        if let maximum, maximum < minimum { throw self.problem("min repeat greater than max repeat") }
        return Quantifier(minimum: minimum, maximum: maximum, isLazy: false)
    }

    private func apply(_ quantifier: Quantifier, to nodes: inout [RegexNode]) throws(PatternProblem) {
        guard let last = nodes.popLast() else { throw self.problem("nothing to repeat") }
        switch last {
        case .assertion: throw self.problem("nothing to repeat")
        case .repetition: throw self.problem("multiple repeat")
        default: break
        }
        // Python's engine treats empty rounds specially, and differently from version to version.
        if last.isNullable, quantifier.maximum.map({ $0 > 1 }) ?? true {
            throw self.unsupported("repeating something that can be empty")
        }
        nodes.append(
            .repetition(
                last, minimum: quantifier.minimum, maximum: quantifier.maximum, isLazy: quantifier.isLazy)
        )
    }
}
