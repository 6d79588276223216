/// Backslashes and square brackets.
extension RegexParser {
    /// Behind a backslash, outside brackets.
    mutating func escape(_ flags: Flags) throws(PatternProblem) -> RegexNode {
        guard let scalar = self.next() else { throw self.problem("bad escape (end of pattern)") }
        if let category = Self.category(scalar, flags) { return .characters(CharacterClass(categories: [category])) }
        switch scalar {
        case "A": return .assertion(.textStart)
        case "Z": return .assertion(.textEnd)
        case "b": return .assertion(.wordBoundary(isASCII: flags.isASCII))
        // Python 3.14 changed what it says about the empty text.
        case "B": throw self.unsupported("\\B")
        case "z": throw self.unsupported("\\z", hint: "\\Z is the end of the text in every version of Python")
        case "1"..."9":
            guard let value = self.octalBehindDigit(scalar) else { throw self.unsupported("a backreference") }
            return try self.literal(value, flags)
        default: return try self.literal(try self.characterEscape(scalar), flags)
        }
    }

    private static func category(_ scalar: Unicode.Scalar, _ flags: Flags) -> CharacterClass.Category? {
        let kind: CharacterClass.Kind
        switch scalar {
        case "d", "D": kind = .digit
        case "w", "W": kind = .word
        case "s", "S": kind = .space
        default: return nil
        }
        return CharacterClass.Category(kind: kind, isNegated: scalar.value < 0x61, isASCII: flags.isASCII)
    }

    /// Three octal digits are a character, anything else behind a backslash and a digit is a backreference.
    private mutating func octalBehindDigit(_ first: Unicode.Scalar) -> UInt32? {
        let end = self.position + 2
        guard end <= self.scalars.count else { return nil }
        let text = [first] + self.scalars[self.position..<end]
        guard text.allSatisfy({ ("0"..."7").contains($0) }) else { return nil }
        let value = text.reduce(UInt32(0)) { $0 * 8 + ($1.value - 0x30) }
        guard value <= 0o377 else { return nil }
        self.position = end
        return value
    }

    /// An escape that stands for one character, inside brackets or outside.
    private mutating func characterEscape(_ scalar: Unicode.Scalar) throws(PatternProblem) -> UInt32 {
        switch scalar {
        case "a": return 0x07
        case "f": return 0x0C
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "v": return 0x0B
        case "x": return try self.hexadecimal(2)
        case "u": return try self.hexadecimal(4)
        case "U": return try self.hexadecimal(8)
        case "N": throw self.unsupported("\\N{…}")
        case "0":
            let rest = self.digits({ ("0"..."7").contains($0) }, atMost: 2)
            return UInt32(rest, radix: 8) ?? 0
        case "a"..."z", "A"..."Z", "1"..."9": throw self.problem("bad escape \\\(scalar)")
        default: return scalar.value
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(PatternProblem) -> UInt32 {
        let text = self.digits({ $0.properties.isASCIIHexDigit }, atMost: count)
        guard text.utf8.count == count, let value = UInt32(text, radix: 16), Unicode.Scalar(value) != nil else {
            throw self.problem("incomplete or impossible hexadecimal escape")
        }
        return value
    }

    /// Behind the opening bracket.
    mutating func characterSet(_ flags: Flags) throws(PatternProblem) -> CharacterClass {
        var set = CharacterClass(isNegated: self.skip("^"))
        var isFirst = true
        while true {
            guard let scalar = self.next() else { throw self.problem("unterminated character set") }
            if scalar == "]", !isFirst { break }
            isFirst = false
            let low = try self.setMember(scalar, flags)
            guard self.peek == "-", self.position + 1 < self.scalars.count, self.scalars[self.position + 1] != "]"
            else {
                Self.add(low, to: &set)
                continue
            }
            self.position += 1
            guard let second = self.next() else { throw self.problem("unterminated character set") }
            guard case .scalar(let first) = low, case .scalar(let last) = try self.setMember(second, flags),
                first <= last
            else { throw self.problem("bad character range") }
            set.ranges.append(first...last)
        }
        if flags.ignoresCase {
            guard set.ranges.allSatisfy({ $0.upperBound < 0x80 }) else {
                throw self.unsupported("a non-ASCII character under (?i)")
            }
            set.ignoreCase(isASCII: flags.isASCII)
        }
        return set
    }

    private enum SetMember {
        case scalar(UInt32)
        case category(CharacterClass.Category)
    }

    private mutating func setMember(_ scalar: Unicode.Scalar, _ flags: Flags) throws(PatternProblem) -> SetMember {
        guard scalar == "\\" else { return .scalar(scalar.value) }
        guard let escaped = self.next() else { throw self.problem("bad escape (end of pattern)") }
        if let category = Self.category(escaped, flags) { return .category(category) }
        switch escaped {
        case "b": return .scalar(0x08)
        case "1"..."7":
            // Inside brackets up to three octal digits are a character.
            self.position -= 1
            let digits = self.digits({ ("0"..."7").contains($0) }, atMost: 3)
            guard let value = UInt32(digits, radix: 8), value <= 0o377 else { throw self.problem("bad octal escape") }
            return .scalar(value)
        default: return .scalar(try self.characterEscape(escaped))
        }
    }

    private static func add(_ member: SetMember, to set: inout CharacterClass) {
        switch member {
        case .scalar(let value): set.ranges.append(value...value)
        case .category(let category): set.categories.append(category)
        }
    }
}
