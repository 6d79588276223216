/// Seconds since 1970 in a claim (RFC 7519 section 2), cut to whole seconds as Python's `int()` does.
enum NumericDate {
    /// The first second that Python's `datetime` cannot tell: year 10000.
    static let end: Int64 = 253_402_300_800

    /// Nil for everything that is not a number with a whole part in 64 bits.
    static func seconds(_ document: JSONDocument, _ node: Int) -> Int64? {
        switch document.kind(node) {
        case .integer:
            return Int64(document.text(of: node))
        case .number:
            // Through the nearest double, like Python, so that 1.99999999999999999999 is 2 on both sides.
            guard let value = Double(document.text(of: node)) else { return nil }
            return Int64(exactly: value.rounded(.towardZero))
        case .string, .true, .false, .null, .array, .object:
            return nil
        }
    }
}
