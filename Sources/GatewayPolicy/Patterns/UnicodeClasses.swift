/// Python's `\d`, `\w` and `\s` on text patterns.
enum UnicodeClasses {
    /// `str.isdecimal`.
    static func isDigit(_ scalar: UInt32) -> Bool {
        if scalar < 0x80 { return (0x30...0x39).contains(scalar) }
        return Unicode.Scalar(scalar)?.properties.generalCategory == .decimalNumber
    }

    /// `str.isalnum` or an underscore: letters, and whatever has a numeric value.
    static func isWord(_ scalar: UInt32) -> Bool {
        if scalar < 0x80 { return Self.isASCIIWord(scalar) }
        guard let properties = Unicode.Scalar(scalar)?.properties else { return false }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        default: return properties.numericType != nil
        }
    }

    /// `str.isspace`; the set has not changed since Unicode 6.3.
    static func isSpace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    static func isASCIIWord(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        default: false
        }
    }

    static func isASCIISpace(_ scalar: UInt32) -> Bool { scalar == 0x20 || (0x09...0x0D).contains(scalar) }

    /// Whether every Python that runs a supported Django agrees about the character's classes. The oldest (3.8) knows
    /// Unicode 12.1: letters and digits that are younger are none to it, and characters that we do not know at all may be
    /// letters to a Python newer than us.
    static func isSettled(_ scalar: UInt32) -> Bool {
        guard scalar >= 0x80 else { return true }
        guard let properties = Unicode.Scalar(scalar)?.properties else { return false }
        guard let age = properties.age else { return properties.generalCategory != .unassigned }
        return (age.major, age.minor) <= (12, 1) || !Self.isWord(scalar)
    }
}
