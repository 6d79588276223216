import GatewayMessage

/// Runs compiled patterns over paths. Owns the working memory, grown to the largest program and then reused; one per
/// worker.
struct PatternMatcher {
    /// The threads of one position in order of preference, each at one instruction.
    private struct Threads {
        var instructions: [Int] = []
        /// `slotCount` numbers for each thread.
        var slots: [Int] = []

        mutating func removeAll() {
            self.instructions.removeAll(keepingCapacity: true)
            self.slots.removeAll(keepingCapacity: true)
        }
    }

    private enum Step {
        case visit(Int)
        /// Puts a slot back after the alternative that wrote it has been followed.
        case restore(slot: Int, Int)
    }

    /// Where a position stands, for assertions.
    private struct Surroundings {
        var offset: Int
        var previous: UInt32?
        var next: UInt32?
        var isBeforeFinalLineFeed: Bool
    }

    private var arriving = Threads()
    private var current = Threads()
    private var visited: [Int] = []
    private var generation = 0
    private var stack: [Step] = []
    private var slots: [Int] = []
    /// Byte offsets of the last match's groups, two for each group; -1 where a group took no part.
    private(set) var captures: [Int] = []

    /// Whether the program matches `text`, which must be UTF-8. With `capturing`, `captures` says what its groups took.
    mutating func matches(_ program: RegexProgram, _ text: RawSpan, capturing: Bool = false) -> Bool {
        let slotCount = capturing ? program.slotCount : 0
        self.prepare(program, slotCount: slotCount)
        var place = Surroundings(offset: 0, previous: nil, next: nil, isBeforeFinalLineFeed: false)
        var hasMatched = false
        while true {
            let step = UTF8Decoding.scalar(in: text, at: place.offset)
            place.next = step?.value
            place.isBeforeFinalLineFeed = step?.value == 0x0A && place.offset + 1 == text.byteCount
            self.generation &+= 1
            self.settle(program, at: place, slotCount: slotCount)
            if !hasMatched, place.offset == 0 || program.coverage == .anyPart {
                self.begin(program, at: place, slotCount: slotCount)
            }
            if self.advance(program, at: place, count: text.byteCount, slotCount: slotCount) {
                hasMatched = true
                if !capturing { return true }
            }
            guard let step else { return hasMatched }
            if self.arriving.instructions.isEmpty, hasMatched || program.coverage == .wholeText { return hasMatched }
            place.offset += step.length
            place.previous = step.value
        }
    }

    private mutating func prepare(_ program: RegexProgram, slotCount: Int) {
        self.arriving.removeAll()
        self.current.removeAll()
        self.captures.removeAll(keepingCapacity: true)
        if self.visited.count < program.instructions.count {
            self.visited = Array(repeating: -1, count: program.instructions.count)
        }
        self.slots.removeAll(keepingCapacity: true)
        for _ in 0..<slotCount { self.slots.append(-1) }
    }

    /// Follows what arrived by consuming the previous character to the next instructions that consume.
    private mutating func settle(_ program: RegexProgram, at place: Surroundings, slotCount: Int) {
        self.current.removeAll()
        for index in 0..<self.arriving.instructions.count {
            for slot in 0..<slotCount { self.slots[slot] = self.arriving.slots[index * slotCount + slot] }
            self.follow(program, from: self.arriving.instructions[index], at: place, slotCount: slotCount)
        }
        self.arriving.removeAll()
    }

    /// A match may begin here, with the lowest preference.
    private mutating func begin(_ program: RegexProgram, at place: Surroundings, slotCount: Int) {
        for slot in 0..<slotCount { self.slots[slot] = slot == 0 ? place.offset : -1 }
        self.follow(program, from: 0, at: place, slotCount: slotCount)
    }

    private mutating func follow(_ program: RegexProgram, from start: Int, at place: Surroundings, slotCount: Int) {
        self.stack.append(.visit(start))
        while let step = self.stack.popLast() {
            guard case .visit(let index) = step else {
                if case .restore(let slot, let value) = step { self.slots[slot] = value }
                continue
            }
            if self.visited[index] == self.generation { continue }
            self.visited[index] = self.generation
            switch program.instructions[index] {
            case .jump(let target): self.stack.append(.visit(target))
            case .split(let preferred, let other):
                self.stack.append(.visit(other))
                self.stack.append(.visit(preferred))
            case .save(let slot):
                if slot < slotCount {
                    self.stack.append(.restore(slot: slot, self.slots[slot]))
                    self.slots[slot] = place.offset
                }
                self.stack.append(.visit(index + 1))
            case .assert(let assertion):
                if Self.holds(assertion, at: place) { self.stack.append(.visit(index + 1)) }
            case .consume, .match:
                self.current.instructions.append(index)
                for slot in 0..<slotCount { self.current.slots.append(self.slots[slot]) }
            }
        }
    }

    /// Lets the threads consume one character. Says whether one of them matched; those it was preferred to are dropped.
    private mutating func advance(_ program: RegexProgram, at place: Surroundings, count: Int, slotCount: Int) -> Bool {
        for thread in 0..<self.current.instructions.count {
            let index = self.current.instructions[thread]
            switch program.instructions[index] {
            case .match:
                guard program.coverage == .anyPart || place.offset == count else { continue }
                self.captures.removeAll(keepingCapacity: true)
                for slot in 0..<slotCount { self.captures.append(self.current.slots[thread * slotCount + slot]) }
                if slotCount > 1 { self.captures[1] = place.offset }
                return true
            case .consume(let characters):
                guard let next = place.next, program.classes[characters].contains(next) else { continue }
                self.arriving.instructions.append(index + 1)
                for slot in 0..<slotCount { self.arriving.slots.append(self.current.slots[thread * slotCount + slot]) }
            case .split, .jump, .save, .assert: continue
            }
        }
        return false
    }

    private static func holds(_ assertion: RegexAssertion, at place: Surroundings) -> Bool {
        switch assertion {
        case .textStart: place.previous == nil
        case .textEnd: place.next == nil
        case .end: place.next == nil || place.isBeforeFinalLineFeed
        case .lineStart: place.previous == nil || place.previous == 0x0A
        case .lineEnd: place.next == nil || place.next == 0x0A
        case .wordBoundary(let isASCII):
            Self.isWord(place.previous, isASCII) != Self.isWord(place.next, isASCII)
        }
    }

    private static func isWord(_ scalar: UInt32?, _ isASCII: Bool) -> Bool {
        guard let scalar else { return false }
        return isASCII ? UnicodeClasses.isASCIIWord(scalar) : UnicodeClasses.isWord(scalar)
    }
}
