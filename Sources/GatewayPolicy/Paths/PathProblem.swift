/// Why a path is refused with 400. Each case is a form on which some server behind the gateway could see another path
/// than the one that was authorised.
package enum PathProblem: Error, Sendable, Equatable, CaseIterable {
    /// Not in origin-form: `*`, or nothing at all.
    case notAbsolute
    /// A `%` without two hexadecimal digits.
    case badEscape
    /// An escape that becomes a dangerous byte when somebody decodes a second time: `%252F`, `%252e`, `%2500`, ….
    case doubleEncoding
    /// A control character or a blank, raw or encoded.
    case controlCharacter
    /// A byte outside ASCII that is not percent-encoded.
    case rawNonASCII
    /// A `#`: some servers cut there, others do not.
    case fragment
    case backslash
    /// `.` or `..`, raw or encoded, also with parameters (`..;x`).
    case dotSegment
    /// The decoded bytes are not UTF-8.
    case notUTF8
    /// `//` at the beginning: some servers read an authority there. No route can tolerate it.
    case leadingEmptySegment
    /// More digits in a row than Python turns into a number; Django's `int` converter then fails to match.
    case overlongNumber
    /// A character that Python versions classify differently, while a route's pattern asks for its class.
    case unsettledCharacter
    /// The path does not begin with the route's `strip_prefix` as it is written, or not with one slash behind it.
    case notUnderPrefix
    // What a route can tolerate:
    case emptySegment
    case semicolon
    case encodedSlash

    package var detail: StaticString {
        switch self {
        case .notAbsolute: "request target is not a path"
        case .badEscape: "malformed percent-encoding in the path"
        case .doubleEncoding: "doubly encoded character in the path"
        case .controlCharacter: "control character in the path"
        case .rawNonASCII: "unencoded non-ASCII byte in the path"
        case .fragment: "fragment in the request target"
        case .backslash: "backslash in the path"
        case .dotSegment: "dot segment in the path"
        case .notUTF8: "path is not UTF-8"
        case .leadingEmptySegment: "path begins with //"
        case .overlongNumber: "overlong number in the path"
        case .unsettledCharacter: "character of unsettled class in the path"
        case .notUnderPrefix: "path is not under the route's prefix"
        case .emptySegment: "empty segment in the path"
        case .semicolon: "semicolon in the path"
        case .encodedSlash: "encoded slash in the path"
        }
    }
}
