/// What a route's `require` wants of one claim.
///
/// Values are compared as text: `5` and `'5'` fit the integer 5 and the string "5" alike, byte for byte, and fractions
/// fit nothing. `true` and `false` fit only JSON's own. A claim that is missing or null fits no rule.
package enum ClaimRule: Sendable, Hashable {
    /// The claim is this value, or an array that has it, for that is how the rooms, teams or tenants of a user are written
    /// down.
    case value(ClaimScalar)
    /// The claim is this value and nothing else.
    case equals(ClaimScalar)
    /// At least one of these, each as in `value`.
    case oneOf([ClaimScalar])
    /// The claim is an array that has this value, or a text whose words, parted by spaces, have it (RFC 8693 section
    /// 4.2: `scope`).
    case contains(ClaimScalar)
    /// The claim is there: `present: true`. There is no rule that a claim must not be there.
    case present(Bool)
    /// At least one of these rules holds.
    case any([ClaimRule])
}

/// A value in a rule.
package enum ClaimScalar: Sendable, Hashable {
    /// One `{name}` in it stands for what the route's pattern captured under that name; a capture that is missing or
    /// empty fits nothing. `{{` and `}}` stand for the braces themselves.
    case text(String)
    case bool(Bool)

    /// A scalar without quotes.
    package init(plain text: String) {
        switch text {
        case "true": self = .bool(true)
        case "false": self = .bool(false)
        default: self = .text(text)
        }
    }
}

/// What is wrong with a rule.
package struct ClaimRuleProblem: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case emptyPath
        case noAlternatives
        case nestedAlternatives
        case absence
        case emptyWord
        case strayBrace
        case emptyCapture
        case severalCaptures
    }

    /// The rule's place in the list.
    package let index: Int
    package let path: String
    package let kind: Kind

    package var message: String {
        switch self.kind {
        case .emptyPath: "the name of the claim is empty"
        case .noAlternatives: "the list of values is empty, so nothing could fit"
        case .nestedAlternatives: "alternatives inside alternatives: write them in one list"
        case .absence: "only `present: true` can be required"
        case .emptyWord: "`contains` needs a value"
        case .strayBrace: "a brace without its partner: write {name} for a capture, {{ and }} for braces"
        case .emptyCapture: "{} names no capture of the route's pattern"
        case .severalCaptures:
            "a value may have one capture: with several, different paths could come out as the same text"
        }
    }
}
