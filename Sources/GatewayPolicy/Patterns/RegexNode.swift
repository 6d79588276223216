/// A regular expression, parsed.
indirect enum RegexNode: Sendable, Equatable {
    case empty
    case scalar(UInt32)
    case characters(CharacterClass)
    case assertion(RegexAssertion)
    case sequence([RegexNode])
    case alternation([RegexNode])
    /// The group's number, counted from 1.
    case group(Int, RegexNode)
    /// `maximum` is nil for no limit.
    case repetition(RegexNode, minimum: Int, maximum: Int?, isLazy: Bool)

    /// Whether it can match the empty text.
    var isNullable: Bool {
        switch self {
        case .empty, .assertion: true
        case .scalar, .characters: false
        case .sequence(let nodes): nodes.allSatisfy(\.isNullable)
        case .alternation(let nodes): nodes.contains(where: \.isNullable)
        case .group(_, let node): node.isNullable
        case .repetition(let node, let minimum, _, _): minimum == 0 || node.isNullable
        }
    }

    var hasGroups: Bool {
        switch self {
        case .empty, .assertion, .scalar, .characters: false
        case .sequence(let nodes), .alternation(let nodes): nodes.contains(where: \.hasGroups)
        case .group: true
        case .repetition(let node, _, _, _): node.hasGroups
        }
    }
}

enum RegexAssertion: Hashable, Sendable {
    /// `\A`, and `^` without MULTILINE.
    case textStart
    /// `\Z`
    case textEnd
    /// `$` without MULTILINE: at the end or before a line feed that ends the text.
    case end
    case lineStart
    case lineEnd
    /// `\b`
    case wordBoundary(isASCII: Bool)
}

/// A parsed pattern with the names of its groups.
struct RegexSyntax: Sendable, Equatable {
    var node: RegexNode
    var groupCount: Int
    var groupNames: [GroupName]

    struct GroupName: Sendable, Equatable {
        var name: String
        var index: Int
    }
}
