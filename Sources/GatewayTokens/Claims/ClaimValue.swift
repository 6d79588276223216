/// What a claim says. Containers are views into the token, so nothing here recurses.
package enum ClaimValue: Sendable {
    /// May contain any character, escaped control characters included: see `exportableText`.
    case string(String)
    /// Canonical decimal text of any length: no leading zeros, `0` for `-0`.
    case integer(String)
    /// A number with a fraction or an exponent, as the token spells it.
    case number(String)
    case bool(Bool)
    case null
    case array(ClaimList)
    case object(Claims)

    init(_ document: JSONDocument, _ node: Int) {
        switch document.kind(node) {
        case .string: self = .string(document.text(of: node))
        case .integer: self = .integer(document.integerText(of: node))
        case .number: self = .number(document.text(of: node))
        case .true: self = .bool(true)
        case .false: self = .bool(false)
        case .null: self = .null
        case .array: self = .array(ClaimList(document, root: node))
        case .object: self = .object(Claims(document, root: node))
        }
    }

    /// The text of a scalar that may leave the gateway in a header: nil for null and containers, and for strings with a
    /// control character (C0, DEL or C1), which could split a header line or be refused by a server. Characters beyond
    /// ASCII are still in it and need an encoding.
    package var exportableText: String? {
        switch self {
        case .string(let text): text.hasControlCharacters ? nil : text
        case .integer(let text), .number(let text): text
        case .bool(let value): value ? "true" : "false"
        case .null, .array, .object: nil
        }
    }

    /// Whether this is a string with a control character in it.
    package var hasControlCharacters: Bool {
        if case .string(let text) = self { text.hasControlCharacters } else { false }
    }

    /// The integer, when it fits.
    package var int64: Int64? {
        if case .integer(let text) = self { Int64(text) } else { nil }
    }
}

/// The values of an array claim, in order.
package struct ClaimList: Sendable, Sequence {
    private let document: JSONDocument
    private let root: Int

    init(_ document: JSONDocument, root: Int) {
        self.document = document
        self.root = root
    }

    package func makeIterator() -> Iterator {
        let document = self.document
        return Iterator(document: document, node: document.first(in: self.root), end: document.end(of: self.root))
    }

    package struct Iterator: IteratorProtocol {
        fileprivate let document: JSONDocument
        fileprivate var node: Int
        fileprivate let end: Int

        package mutating func next() -> ClaimValue? {
            guard self.node < self.end else { return nil }
            defer { self.node = self.document.after(self.node) }
            return ClaimValue(self.document, self.node)
        }
    }
}

extension JSONDocument {
    func integerText(of node: Int) -> String {
        let text = self.text(of: node)
        // The only integer that JSON can spell in two ways.
        return text == "-0" ? "0" : text
    }
}

extension String {
    /// Whether the text has a character of Unicode's category Cc.
    var hasControlCharacters: Bool {
        self.unicodeScalars.contains { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }
    }
}
