/// What stands behind an opening parenthesis.
extension RegexParser {
    enum Opening {
        case comment
        /// `(?i)` at the very beginning.
        case globalFlags(Flags)
        /// The content follows, up to `)`; a nil index does not capture.
        case group(index: Int?, Flags)
    }

    mutating func opening(_ flags: Flags, mayChangeFlags: Bool) throws(PatternProblem) -> Opening {
        self.position += 1
        guard self.skip("?") else { return .group(index: self.newGroup(), flags) }
        switch self.next() {
        case ":": return .group(index: nil, flags)
        case "P": return try self.namedGroup(flags)
        case "#":
            while let scalar = self.next() { if scalar == ")" { return .comment } }
            throw self.problem("missing ), unterminated comment")
        case "=", "!": throw self.unsupported("a lookahead")
        case "<":
            throw self.peek == "=" || self.peek == "!"
                ? self.unsupported("a lookbehind")
                : self.problem("unknown extension ?<", hint: "Python writes (?P<name>…)")
        case "(": throw self.unsupported("a conditional group")
        case ">": throw self.unsupported("an atomic group")
        case nil: throw self.problem("unexpected end of pattern")
        default:
            self.position -= 1
            return try self.flagGroup(flags, mayChangeFlags: mayChangeFlags)
        }
    }

    private mutating func newGroup() -> Int {
        self.groupCount += 1
        return self.groupCount
    }

    private mutating func namedGroup(_ flags: Flags) throws(PatternProblem) -> Opening {
        switch self.next() {
        case "<": break
        case "=": throw self.unsupported("a backreference")
        default: throw self.problem("unknown extension", hint: "Python writes (?P<name>…)")
        }
        var name = ""
        while let scalar = self.next(), scalar != ">" { name.unicodeScalars.append(scalar) }
        guard self.scalars[self.position - 1] == ">" else { throw self.problem("missing >, unterminated name") }
        guard Self.isIdentifier(name) else {
            throw self.problem(
                "“\(name)” is not a group name", hint: "letters, digits and _, not beginning with a digit")
        }
        guard !self.groupNames.contains(where: { $0.name == name }) else {
            throw self.problem("the group name “\(name)” is used twice")
        }
        let index = self.newGroup()
        self.groupNames.append(RegexSyntax.GroupName(name: name, index: index))
        return .group(index: index, flags)
    }

    /// An ASCII identifier; Python allows more, which nobody writes in a URL pattern.
    static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { UnicodeClasses.isASCIIWord(UInt32($0)) }
    }

    /// `(?ims)` at the beginning, `(?i-s:…)` anywhere.
    private mutating func flagGroup(_ outer: Flags, mayChangeFlags: Bool) throws(PatternProblem) -> Opening {
        var flags = outer
        var rules: Set<Unicode.Scalar> = []
        var isRemoving = false
        var count = 0
        while let scalar = self.next() {
            switch scalar {
            case "i": flags.ignoresCase = !isRemoving
            case "m": flags.isMultiline = !isRemoving
            case "s": flags.dotMatchesAll = !isRemoving
            case "a" where !isRemoving, "u" where !isRemoving: rules.insert(scalar)
            case "-" where !isRemoving:
                isRemoving = true
                count = 0
                continue
            case ":" where count > 0:
                try self.choose(rules, in: &flags)
                return .group(index: nil, flags)
            case ")" where count > 0 && !isRemoving:
                if flags.isASCII { rules.insert("a") }
                if flags.isUnicode { rules.insert("u") }
                try self.choose(rules, in: &flags)
                guard mayChangeFlags else {
                    throw self.problem("global flags not at the start of the expression", hint: "write (?i:…) here")
                }
                return .globalFlags(flags)
            case "x": throw self.unsupported("the verbose flag (?x)")
            case "L": throw self.unsupported("the locale flag (?L)")
            default: throw self.problem("unknown extension ?\(scalar)")
            }
            count += 1
        }
        throw self.problem("missing ), unterminated flags")
    }

    private func choose(_ rules: Set<Unicode.Scalar>, in flags: inout Flags) throws(PatternProblem) {
        guard rules.count < 2 else { throw self.problem("the flags a and u are incompatible") }
        guard let rule = rules.first else { return }
        flags.isASCII = rule == "a"
        flags.isUnicode = rule == "u"
    }
}
