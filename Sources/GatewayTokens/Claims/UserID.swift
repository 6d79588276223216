/// The one spelling of who a user is, from the claim `USER_ID_CLAIM` names. Headers, limits, logs and revocation use
/// it.
enum UserID {
    static let maximumLength = 255

    /// Nil for what could not name a user, or could name one in a second spelling: a number with a sign or fraction,
    /// blanks around a text, digits of other scripts that Python's `int()` reads as well.
    static func canonical(_ document: JSONDocument, _ node: Int) -> String? {
        let text = document.text(of: node)
        switch document.kind(node) {
        case .integer where !text.hasPrefix("-"): break
        case .string where self.isCanonical(text): break
        default: return nil
        }
        return 1...self.maximumLength ~= text.utf8.count ? text : nil
    }

    private static func isCanonical(_ text: String) -> Bool {
        // What nearly all of them are: printable ASCII, for which none of the questions below arises.
        if !text.isEmpty, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) { return true }
        let scalars = text.unicodeScalars
        guard let first = scalars.first, let last = scalars.last else { return false }
        return !first.properties.isWhitespace && !last.properties.isWhitespace && !text.hasControlCharacters
            && !self.isForeignNumber(scalars)
    }

    /// Whether Python's `int()` might read the text although it has digits that are not ASCII.
    private static func isForeignNumber(_ scalars: String.UnicodeScalarView) -> Bool {
        var hasForeignDigit = false
        for scalar in scalars {
            if scalar.properties.generalCategory == .decimalNumber {
                hasForeignDigit = hasForeignDigit || !scalar.isASCII
            } else if scalar != "_", scalar != "+", scalar != "-" {
                return false
            }
        }
        return hasForeignDigit
    }
}
