/// A pattern compiled for a machine that follows all alternatives at once (Pike's): linear in the text, whatever the
/// pattern.
struct RegexProgram: Sendable {
    enum Instruction: Sendable, Equatable {
        /// Consumes one character of the class with this index.
        case consume(Int)
        /// The first target is preferred.
        case split(Int, Int)
        case jump(Int)
        case save(slot: Int)
        case assert(RegexAssertion)
        case match
    }

    /// What a match has to cover.
    enum Coverage: Sendable { case wholeText, anyPart }

    /// Bounds the work per character of a path; counted repetitions are written out.
    static let largestProgram = 2000

    private(set) var instructions: [Instruction] = []
    private(set) var classes: [CharacterClass] = []
    let coverage: Coverage
    let groupNames: [RegexSyntax.GroupName]
    /// Two per group, the whole match being group 0.
    let slotCount: Int

    init(_ syntax: RegexSyntax, coverage: Coverage) throws(PatternProblem) {
        self.coverage = coverage
        self.groupNames = syntax.groupNames
        self.slotCount = 2 * (syntax.groupCount + 1)
        try self.emit(syntax.node)
        try self.append(.match)
    }

    /// Whether a match depends on a Unicode table.
    var asksForCategories: Bool {
        self.classes.contains(where: \.asksForCategories)
            || self.instructions.contains(.assert(.wordBoundary(isASCII: false)))
    }

    private mutating func append(_ instruction: Instruction) throws(PatternProblem) {
        guard self.instructions.count < Self.largestProgram else {
            throw PatternProblem(
                "pattern is too large when its repetitions are written out", hint: "use * or + instead")
        }
        self.instructions.append(instruction)
    }

    private mutating func emit(_ node: RegexNode) throws(PatternProblem) {
        switch node {
        case .empty: break
        case .scalar(let value): try self.emit(CharacterClass(ranges: [value...value]))
        case .characters(let characters): try self.emit(characters)
        case .assertion(let assertion): try self.append(.assert(assertion))
        case .sequence(let nodes): for node in nodes { try self.emit(node) }
        case .alternation(let nodes): try self.emitAlternation(nodes[...])
        case .group(let index, let node):
            try self.append(.save(slot: 2 * index))
            try self.emit(node)
            try self.append(.save(slot: 2 * index + 1))
        case .repetition(let node, let minimum, let maximum, let isLazy):
            try self.emitRepetition(node, minimum: minimum, maximum: maximum, isLazy: isLazy)
        }
    }

    private mutating func emit(_ characters: CharacterClass) throws(PatternProblem) {
        let index = self.classes.firstIndex(of: characters) ?? self.classes.count
        if index == self.classes.count { self.classes.append(characters) }
        try self.append(.consume(index))
    }

    private mutating func emitAlternation(_ nodes: ArraySlice<RegexNode>) throws(PatternProblem) {
        var jumps: [Int] = []
        for (index, node) in zip(nodes.indices, nodes) {
            guard index < nodes.endIndex - 1 else {
                try self.emit(node)
                break
            }
            let split = self.instructions.count
            try self.append(.split(split + 1, 0))
            try self.emit(node)
            jumps.append(self.instructions.count)
            try self.append(.jump(0))
            self.instructions[split] = .split(split + 1, self.instructions.count)
        }
        for jump in jumps { self.instructions[jump] = .jump(self.instructions.count) }
    }

    private mutating func emitRepetition(
        _ node: RegexNode,
        minimum: Int,
        maximum: Int?,
        isLazy: Bool
    ) throws(PatternProblem) {
        // The parser lets nothing that can be empty be repeated more than once, so every round emits something and the
        // program's limit ends this loop.
        for _ in 0..<minimum { try self.emit(node) }
        guard let maximum else {
            let split = self.instructions.count
            try self.append(.split(0, 0))
            try self.emit(node)
            try self.append(.jump(split))
            self.instructions[split] = Self.split(split + 1, self.instructions.count, isLazy)
            return
        }
        guard maximum > minimum else { return }
        var splits: [Int] = []
        for _ in minimum..<maximum {
            splits.append(self.instructions.count)
            try self.append(.split(0, 0))
            try self.emit(node)
        }
        for split in splits { self.instructions[split] = Self.split(split + 1, self.instructions.count, isLazy) }
    }

    private static func split(_ body: Int, _ exit: Int, _ isLazy: Bool) -> Instruction {
        isLazy ? .split(exit, body) : .split(body, exit)
    }
}
