/// A set of characters as a regular expression writes it.
struct CharacterClass: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case digit, word, space }

    /// `\d`, `\W`, …
    struct Category: Hashable, Sendable {
        var kind: Kind
        var isNegated: Bool
        var isASCII: Bool

        var complement: Category { Category(kind: self.kind, isNegated: !self.isNegated, isASCII: self.isASCII) }

        func contains(_ scalar: UInt32) -> Bool {
            let isMember =
                switch self.kind {
                case .digit: self.isASCII ? (0x30...0x39).contains(scalar) : UnicodeClasses.isDigit(scalar)
                case .word: self.isASCII ? UnicodeClasses.isASCIIWord(scalar) : UnicodeClasses.isWord(scalar)
                case .space: self.isASCII ? UnicodeClasses.isASCIISpace(scalar) : UnicodeClasses.isSpace(scalar)
                }
            return isMember != self.isNegated
        }
    }

    var ranges: [ClosedRange<UInt32>] = []
    var categories: [Category] = []
    var isNegated = false

    /// Everything but a line feed: the dot.
    static let dot = CharacterClass(ranges: [0x0A...0x0A], isNegated: true)
    static let anything = CharacterClass(isNegated: true)

    func contains(_ scalar: UInt32) -> Bool {
        for range in self.ranges where range.contains(scalar) { return !self.isNegated }
        for category in self.categories where category.contains(scalar) { return !self.isNegated }
        return self.isNegated
    }

    /// Whether membership of some character depends on a Unicode table.
    var asksForCategories: Bool { self.categories.contains { !$0.isASCII } }

    /// Whether any character outside ASCII may be a member; true when in doubt.
    var reachesBeyondASCII: Bool {
        if self.isNegated { return !self.categories.contains { self.categories.contains($0.complement) } }
        return self.ranges.contains { $0.upperBound >= 0x80 }
            || self.categories.contains { !$0.isASCII || $0.isNegated }
    }
}

extension CharacterClass {
    /// Adds what equals the members under `re.IGNORECASE`. Members must be ASCII: beyond it Python's rules depend on its
    /// version's tables. With Unicode rules three ASCII letters have relatives outside ASCII, which Python lowers or
    /// special-cases: İ and ı, ſ, and the Kelvin sign.
    mutating func ignoreCase(isASCII: Bool) {
        var letters: Set<UInt32> = []
        for range in self.ranges {
            for scalar in range.clamped(to: 0...0x7F) where Self.isLetter(scalar) && range.contains(scalar) {
                letters.insert(scalar | 0x20)
            }
        }
        for letter in letters.sorted() {
            self.ranges.append(letter...letter)
            self.ranges.append(letter & ~0x20...letter & ~0x20)
            if !isASCII { self.ranges += Self.relatives(of: letter).map { $0...$0 } }
        }
    }

    private static func isLetter(_ scalar: UInt32) -> Bool {
        (0x41...0x5A).contains(scalar) || (0x61...0x7A).contains(scalar)
    }

    private static func relatives(of letter: UInt32) -> [UInt32] {
        switch letter {
        case 0x69: [0x130, 0x131]
        case 0x6B: [0x212A]
        case 0x73: [0x17F]
        default: []
        }
    }
}
