/// One value of a rule, ready to be compared.
enum ClaimPattern: Sendable, Equatable {
    case bool(Bool)
    case literal([UInt8])
    case capture(name: String, prefix: [UInt8], suffix: [UInt8])

    init(_ scalar: ClaimScalar) throws(ClaimPatternProblem) {
        switch scalar {
        case .bool(let value): self = .bool(value)
        case .text(let text): self = try Self.parse(Array(text.utf8))
        }
    }

    var captureName: String? {
        if case .capture(let name, _, _) = self { name } else { nil }
    }

    private static func parse(_ text: [UInt8]) throws(ClaimPatternProblem) -> ClaimPattern {
        var before: [UInt8] = []
        var literal: [UInt8] = []
        var name: String?
        var index = 0
        while index < text.count {
            let byte = text[index]
            let isDoubled = index + 1 < text.count && text[index + 1] == byte
            switch byte {
            case UInt8(ascii: "{") where isDoubled, UInt8(ascii: "}") where isDoubled:
                literal.append(byte)
                index += 2
            case UInt8(ascii: "{"):
                guard let end = text[index...].firstIndex(of: UInt8(ascii: "}")) else { throw .init(kind: .strayBrace) }
                let content = text[(index + 1)..<end]
                guard !content.isEmpty else { throw .init(kind: .emptyCapture) }
                guard !content.contains(UInt8(ascii: "{")) else { throw .init(kind: .strayBrace) }
                guard name == nil else { throw .init(kind: .severalCaptures) }
                name = String(decoding: content, as: UTF8.self)
                (before, literal) = (literal, [])
                index = end + 1
            case UInt8(ascii: "}"):
                throw .init(kind: .strayBrace)
            default:
                literal.append(byte)
                index += 1
            }
        }
        guard let name else { return .literal(literal) }
        return .capture(name: name, prefix: before, suffix: literal)
    }

    /// Whether a scalar claim is this value.
    func fits(_ document: JSONDocument, _ node: Int, _ captures: (String) -> String?) -> Bool {
        switch (document.kind(node), self) {
        case (.true, .bool(let value)): value
        case (.false, .bool(let value)): !value
        case (.string, _): self.fits(document.utf8(of: node), captures)
        // The one integer that has two spellings.
        case (.integer, _) where document.utf8(of: node).elementsEqual("-0".utf8): self.fits([0x30], captures)
        case (.integer, _): self.fits(document.utf8(of: node), captures)
        case (.true, _), (.false, _), (.number, _), (.null, _), (.array, _), (.object, _): false
        }
    }

    func fits(_ text: ArraySlice<UInt8>, _ captures: (String) -> String?) -> Bool {
        switch self {
        case .bool: return false
        case .literal(let literal): return text == literal[...]
        case .capture(let name, let prefix, let suffix):
            guard text.starts(with: prefix) else { return false }
            let rest = text.dropFirst(prefix.count)
            guard rest.count > suffix.count, rest.suffix(suffix.count) == suffix[...], let captured = captures(name)
            else { return false }
            return rest.dropLast(suffix.count).elementsEqual(captured.utf8)
        }
    }
}

struct ClaimPatternProblem: Error {
    let kind: ClaimRuleProblem.Kind
}
