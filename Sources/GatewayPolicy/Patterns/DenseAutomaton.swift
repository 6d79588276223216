import GatewayMessage

/// A pattern as a table: one look-up per byte of an ASCII path, shared by all workers. Says only whether the pattern
/// matches, not what its groups took.
///
/// Not every pattern gets one: word boundaries need a look at the next character, and some patterns need too many states.
/// Text with other bytes, or with line feeds, is left to `PatternMatcher`.
struct DenseAutomaton: Sendable {
    static let largestStateCount = 512

    /// For each ASCII byte its column; bytes that no class of the pattern tells apart share one.
    private var columns: [UInt8] = []
    private var columnCount = 0
    private var transitions: [UInt16] = []
    private var acceptsAtEnd: [Bool] = []

    private static let dead = 0
    private static let accepted = 1
    private static let start = 2

    /// Nil: only `PatternMatcher` can tell.
    func matches(_ text: RawSpan) -> Bool? {
        var state = Self.start
        for offset in 0..<text.byteCount {
            let byte = text.at(offset)
            guard byte < 0x80, byte != 0x0A else { return nil }
            state = Int(self.transitions[state * self.columnCount + Int(self.columns[Int(byte)])])
            if state <= Self.accepted { return state == Self.accepted }
        }
        return self.acceptsAtEnd[state]
    }

    init?(_ program: RegexProgram) {
        for case .assert(.wordBoundary) in program.instructions { return nil }
        let representatives = self.divideASCII(program.classes)
        var builder = Builder(program)
        var rows: [[UInt16]] = []
        while let state = builder.nextUnfinished() {
            var row: [UInt16] = []
            for representative in representatives { row.append(builder.target(of: state, over: representative)) }
            rows.append(row)
            guard builder.stateCount <= Self.largestStateCount, builder.budget > 0 else { return nil }
        }
        let dead = Array(repeating: UInt16(Self.dead), count: representatives.count)
        let accepted = Array(repeating: UInt16(Self.accepted), count: representatives.count)
        self.transitions = (([dead, accepted] + rows)).flatMap { $0 }
        self.acceptsAtEnd = [false, true] + builder.acceptsAtEnd
        // A pattern that matches before the first byte has no row to say so.
        if builder.acceptsAtOnce {
            self.transitions = Array(repeating: UInt16(Self.accepted), count: 3 * representatives.count)
            self.acceptsAtEnd = [true, true, true]
        }
    }

    /// Fills `columns`; returns one byte of each column.
    private mutating func divideASCII(_ classes: [CharacterClass]) -> [UInt32] {
        var known: [[Bool]: UInt8] = [:]
        var representatives: [UInt32] = []
        for scalar in UInt32(0)..<0x80 {
            let signature = classes.map { $0.contains(scalar) }
            if let column = known[signature] {
                self.columns.append(column)
                continue
            }
            let column = UInt8(truncatingIfNeeded: representatives.count)
            known[signature] = column
            representatives.append(scalar)
            self.columns.append(column)
        }
        self.columnCount = representatives.count
        return representatives
    }
}

extension DenseAutomaton {
    /// Determinises a program. A state is the set of instructions that wait: for a character, for the end, or matched.
    private struct Builder {
        let program: RegexProgram
        private var sets: [[Int]] = []
        private var numbers: [[Int]: Int] = [:]
        private var finished = 0
        private(set) var acceptsAtEnd: [Bool] = []
        private(set) var acceptsAtOnce = false
        /// Instructions that may still be visited: bounds how long a reload takes, whatever the pattern.
        private(set) var budget = 500_000

        var stateCount: Int { self.sets.count }

        init(_ program: RegexProgram) {
            self.program = program
            // The start is a state of its own: only there does the text's beginning hold.
            let first = self.closure([0], isStart: true, isEnd: false)
            self.acceptsAtOnce = self.isAccepting(first)
            let whole = self.closure([0], isStart: true, isEnd: true)
            self.append(first, acceptsAtEnd: self.matches(whole))
        }

        mutating func nextUnfinished() -> [Int]? {
            guard self.finished < self.sets.count else { return nil }
            self.finished += 1
            return self.sets[self.finished - 1]
        }

        mutating func target(of set: [Int], over scalar: UInt32) -> UInt16 {
            var arrived: [Int] = self.program.coverage == .anyPart ? [0] : []
            for index in set {
                guard case .consume(let characters) = self.program.instructions[index],
                    self.program.classes[characters].contains(scalar)
                else { continue }
                arrived.append(index + 1)
            }
            let next = self.closure(arrived, isStart: false, isEnd: false)
            if self.isAccepting(next) { return UInt16(DenseAutomaton.accepted) }
            if next.isEmpty { return UInt16(DenseAutomaton.dead) }
            if let number = self.numbers[next] { return UInt16(number) }
            let number = self.sets.count + DenseAutomaton.start
            self.numbers[next] = number
            let atEnd = self.closure(arrived, isStart: false, isEnd: true)
            self.append(next, acceptsAtEnd: self.matches(atEnd))
            return UInt16(number)
        }

        private mutating func append(_ set: [Int], acceptsAtEnd: Bool) {
            self.sets.append(set)
            self.acceptsAtEnd.append(acceptsAtEnd)
        }

        /// Whether a match is certain whatever follows.
        private func isAccepting(_ set: [Int]) -> Bool { self.program.coverage == .anyPart && self.matches(set) }

        private func matches(_ set: [Int]) -> Bool { set.contains { self.program.instructions[$0] == .match } }

        private mutating func closure(_ starts: [Int], isStart: Bool, isEnd: Bool) -> [Int] {
            var reached: Set<Int> = []
            var waiting: [Int] = []
            var stack = starts
            while let index = stack.popLast() {
                guard reached.insert(index).inserted else { continue }
                self.budget -= 1
                switch self.program.instructions[index] {
                case .consume, .match: waiting.append(index)
                case .jump(let target): stack.append(target)
                case .split(let first, let second): stack += [first, second]
                case .save: stack.append(index + 1)
                case .assert(.textStart), .assert(.lineStart):
                    if isStart { stack.append(index + 1) }
                case .assert(.textEnd), .assert(.end), .assert(.lineEnd):
                    if isEnd { stack.append(index + 1) } else { waiting.append(index) }
                case .assert(.wordBoundary): break
                }
            }
            return waiting.sorted()
        }
    }
}
