/// Proves that every text which a pattern matches begins with some literal text, and ends there or goes on with a slash.
///
/// Follows the literal through the program as a match would, and looks at everything that could happen instead: another
/// character, an end, a match that asks for no more. Word boundaries count as if they always held; that can only find more
/// ways to differ, never fewer.
struct LiteralPrefix {
    /// What may come next at one place of the text.
    private struct Outlook {
        var consumers: Set<Int> = []
        /// A match, whatever follows unless the whole text must be covered.
        var matches = false
        /// A match if the text ends here.
        var matchesAtEnd = false

        var isNothing: Bool { self.consumers.isEmpty && !self.matches && !self.matchesAtEnd }
    }

    private let program: RegexProgram

    init(of program: RegexProgram) { self.program = program }

    func isProved(_ literal: String) -> Bool {
        // A match that may begin further on follows any text.
        if self.program.coverage == .anyPart, !self.outlook(from: [0], isStart: false).isNothing { return false }
        var outlook = self.outlook(from: [0], isStart: true)
        for scalar in literal.unicodeScalars {
            guard !outlook.matches, !outlook.matchesAtEnd, !outlook.consumers.isEmpty,
                self.isOnly(scalar.value, next: outlook)
            else { return false }
            outlook = self.outlook(from: outlook.consumers.map { $0 + 1 }, isStart: false)
        }
        if outlook.matches, self.program.coverage == .anyPart { return false }
        return !outlook.isNothing && self.isOnly(0x2F, next: outlook)
    }

    private func isOnly(_ scalar: UInt32, next outlook: Outlook) -> Bool {
        outlook.consumers.allSatisfy { index in
            guard case .consume(let characters) = self.program.instructions[index] else { return false }
            return self.program.classes[characters].isOnly(scalar)
        }
    }

    private struct Step: Hashable {
        var index: Int
        /// An end was demanded on the way: nothing can be consumed any more.
        var isAtEnd: Bool
    }

    /// Lines begin and end where the text does, for a path has no line feeds.
    private func outlook(from starts: [Int], isStart: Bool) -> Outlook {
        var outlook = Outlook()
        var reached: Set<Step> = []
        var stack = starts.map { Step(index: $0, isAtEnd: false) }
        while var step = stack.popLast() {
            guard reached.insert(step).inserted else { continue }
            switch self.program.instructions[step.index] {
            case .consume:
                if !step.isAtEnd { outlook.consumers.insert(step.index) }
                continue
            case .match:
                if step.isAtEnd { outlook.matchesAtEnd = true } else { outlook.matches = true }
                continue
            case .jump(let target): step.index = target
            case .split(let first, let second):
                stack.append(Step(index: first, isAtEnd: step.isAtEnd))
                step.index = second
            case .assert(.textStart), .assert(.lineStart):
                guard isStart else { continue }
                step.index += 1
            case .assert(.textEnd), .assert(.end), .assert(.lineEnd):
                step.isAtEnd = true
                step.index += 1
            case .save, .assert(.wordBoundary): step.index += 1
            }
            stack.append(step)
        }
        return outlook
    }
}

extension CharacterClass {
    /// Whether `scalar` is the one member.
    fileprivate func isOnly(_ scalar: UInt32) -> Bool {
        !self.isNegated && self.categories.isEmpty && !self.ranges.isEmpty
            && self.ranges.allSatisfy { $0 == scalar...scalar }
    }
}
