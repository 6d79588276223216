import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct PythonPatternTests {
    static let rows = PythonTable.chosen.split(separator: "\n") + PythonTable.drawn.split(separator: "\n")

    @Test func table_isWhole() { #expect(Self.rows.count > 250) }

    @Test(arguments: rows.map(String.init))
    func pattern_matchesAndCapturesLikePython(row: String) throws {
        let cells = row.split(separator: "\t", omittingEmptySubsequences: false)
        let pattern = unescaped(cells[0])
        let program = try RegexProgram(
            try RegexParser.parse(pattern), coverage: pattern.hasSuffix("$") ? .wholeText : .anyPart)
        let automaton = DenseAutomaton(program)
        var matcher = PatternMatcher()
        for cell in cells.dropFirst() {
            // The verdict holds no blank, so the last two blanks are the separator.
            let separator = try #require(cell.lastIndex(of: " "))
            let path = unescaped(cell[..<separator].dropLast())
            let bytes = Array(path.utf8)
            let verdict = Self.verdict(of: program, on: bytes, &matcher)
            #expect(verdict == cell[cell.index(after: separator)...], "on \(path.debugDescription)")
            let isMatch = matcher.isMatch(program, bytes)
            #expect(isMatch == (verdict != "-"), "on \(path.debugDescription)")
            if let answer = automaton?.isMatch(bytes) {
                #expect(answer == (verdict != "-"), "the automaton on \(path.debugDescription)")
            }
        }
    }

    private static func verdict(of program: RegexProgram, on path: [UInt8], _ matcher: inout PatternMatcher) -> String {
        guard matcher.isMatch(program, path, capturing: true) else { return "-" }
        let captures = matcher.captures
        var text = "+\(captures[0]):\(captures[1])"
        for group in program.groupNames {
            text += ",\(group.name)=\(captures[2 * group.index]):\(captures[2 * group.index + 1])"
        }
        return text
    }

    @Test(arguments: PythonTable.refused.split(separator: "\n").map(String.init))
    func pattern_isRefused_whenPythonRefusesIt(row: String) {
        #expect(throws: PatternProblem.self) { try RegexParser.parse(unescaped(row[...])) }
    }

    @Test(arguments: [
        ("(?=a)a", "lookahead"), ("(?!a)b", "lookahead"), ("(?<=a)b", "lookbehind"), ("(?<!a)b", "lookbehind"),
        ("(?>a)b", "atomic"), ("a++b", "possessive"), ("(?P<n>a)(?P=n)", "backreference"), (#"(a)\1"#, "backreference"),
        ("(a)(?(1)a|b)", "conditional"), ("(?x) a b", "verbose"), (#"a\Bb"#, #"\B"#), (#"abc\z"#, #"\z"#),
        (#"\N{EM DASH}"#, #"\N"#), ("(?:a*)*", "can be empty"), ("(?:|a)+$", "can be empty"),
        ("(?P<é>a)", "group name"), ("(?i)é", "non-ASCII"), ("(?i)[à-ý]", "non-ASCII"), ("[[:alpha:]]++", "possessive"),
    ])
    func pattern_isRefusedWithItsReason_whenItCannotBeMatchedExactly(pattern: String, reason: String) throws {
        let problem = #expect(throws: PatternProblem.self) { try RegexParser.parse(pattern) }
        #expect(problem?.message.contains(reason) == true, "\(problem?.message ?? "")")
        #expect(problem?.message.contains("at character") == true)
    }

    @Test func pattern_isRefused_whenItsRepetitionsWrittenOutAreTooLarge() throws {
        for pattern in ["a{3000}", "(?:a{100}){100}", "(?:(?:(?:a{99}){99}){99}){99}"] {
            let syntax = try RegexParser.parse(pattern)
            #expect(throws: PatternProblem.self) { try RegexProgram(syntax, coverage: .wholeText) }
        }
        #expect(throws: PatternProblem.self) { try RegexParser.parse(String(repeating: "a", count: 5000)) }
        let deep = String(repeating: "(", count: 100) + "a" + String(repeating: ")", count: 100)
        #expect(throws: PatternProblem.self) { try RegexParser.parse(deep) }
    }

    @Test func automaton_isNotBuilt_whenItWouldBeLarge() throws {
        for pattern in ["(?:a|b)*a(?:a|b){12}$", "(?:[a-f]{40}|[b-g]{40}|[c-h]{40}|.{300}x){4}$"] {
            let program = try RegexProgram(try RegexParser.parse(pattern), coverage: .wholeText)
            #expect(DenseAutomaton(program) == nil)
            // The other machine answers then.
            let pattern = try RoutePattern(.rePath(pattern), tolerating: [])
            #expect(!pattern.isMatch("c"))
        }
    }

    /// A backtracking engine needs longer than the universe's age for this one.
    @Test func match_takesLinearTime_whenBacktrackingWouldExplode() throws {
        let program = try RegexProgram(try RegexParser.parse("(?:a|a|aa)+(?:a|aa)+b$"), coverage: .wholeText)
        let path = Array(String(repeating: "a", count: 8000).utf8)
        var matcher = PatternMatcher()
        let isMatch = matcher.isMatch(program, path)
        #expect(!isMatch)
        #expect(DenseAutomaton(program)?.isMatch(path) == false)
    }
}

/// `~e9~` to é.
func unescaped(_ text: Substring) -> String {
    var result = ""
    for (index, part) in text.split(separator: "~", omittingEmptySubsequences: false).enumerated() {
        guard index % 2 == 1 else {
            result += part
            continue
        }
        if let value = UInt32(part, radix: 16), let scalar = Unicode.Scalar(value) {
            result.unicodeScalars.append(scalar)
        }
    }
    return result
}
