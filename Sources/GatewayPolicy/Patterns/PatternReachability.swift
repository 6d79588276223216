/// Finds patterns that no acceptable path can match: those are mistakes in the file, not rules.
enum PatternReachability {
    /// What the text before a position can be.
    private enum Before: Hashable { case start, word, other }
    /// What the assertions passed so far demand of the text behind a position.
    private enum Demand: Hashable { case anything, word, otherOrEnd, end }

    private struct Position: Hashable {
        var instruction: Int
        var before: Before
        var demand: Demand
    }

    static func canMatch(_ program: RegexProgram) -> Bool {
        var seen: Set<Position> = []
        var stack = [Position(instruction: 0, before: .start, demand: .anything)]
        if program.coverage == .anyPart {
            stack.append(Position(instruction: 0, before: .word, demand: .anything))
            stack.append(Position(instruction: 0, before: .other, demand: .anything))
        }
        while let position = stack.popLast() {
            guard seen.insert(position).inserted else { continue }
            var next = position
            next.instruction += 1
            switch program.instructions[position.instruction] {
            case .match:
                if program.coverage == .anyPart || position.demand != .word { return true }
            case .jump(let target):
                next.instruction = target
                stack.append(next)
            case .split(let first, let second):
                next.instruction = first
                stack.append(next)
                next.instruction = second
                stack.append(next)
            case .save: stack.append(next)
            case .assert(let assertion):
                if let demand = Self.demand(of: assertion, at: position) {
                    next.demand = demand
                    stack.append(next)
                }
            case .consume(let index):
                let characters = program.classes[index]
                next.demand = .anything
                if position.demand == .anything || position.demand == .word, Self.hasWord(characters) {
                    next.before = .word
                    stack.append(next)
                }
                if position.demand == .anything || position.demand == .otherOrEnd,
                    Self.hasOther(characters, isFirst: position.before == .start)
                {
                    next.before = .other
                    stack.append(next)
                }
            }
        }
        return false
    }

    /// Nil: the assertion cannot hold there.
    private static func demand(of assertion: RegexAssertion, at position: Position) -> Demand? {
        let added: Demand
        switch assertion {
        // Paths hold no line feeds, so lines are the whole text.
        case .textStart, .lineStart: return position.before == .start ? position.demand : nil
        case .textEnd, .end, .lineEnd: added = .end
        case .wordBoundary: added = position.before == .word ? .otherOrEnd : .word
        }
        switch (position.demand, added) {
        case (.anything, _): return added
        case (.word, .word): return .word
        case (.word, _), (_, .word): return nil
        case (.otherOrEnd, .otherOrEnd): return .otherOrEnd
        default: return .end
        }
    }

    private static func hasWord(_ characters: CharacterClass) -> Bool {
        characters.reachesBeyondASCII
            || (UInt32(0x20)..<0x7F).contains { UnicodeClasses.isASCIIWord($0) && characters.contains($0) }
    }

    /// A path's first character is no slash, and no path holds a backslash or a control character.
    private static func hasOther(_ characters: CharacterClass, isFirst: Bool) -> Bool {
        characters.reachesBeyondASCII
            || (UInt32(0x20)..<0x7F).contains {
                !UnicodeClasses.isASCIIWord($0) && $0 != 0x5C && !(isFirst && $0 == 0x2F) && characters.contains($0)
            }
    }
}
