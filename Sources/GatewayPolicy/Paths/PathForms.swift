import GatewaySettings

/// The forms of a path on which servers disagree; a route may tolerate them.
package struct PathForms: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let emptySegment = PathForms(rawValue: 1)
    package static let semicolon = PathForms(rawValue: 2)
    package static let encodedSlash = PathForms(rawValue: 4)

    init(_ forms: Set<TolerablePathForm>) {
        self = []
        for form in forms {
            switch form {
            case .emptySegment: self.insert(.emptySegment)
            case .semicolon: self.insert(.semicolon)
            case .encodedSlash: self.insert(.encodedSlash)
            }
        }
    }

    /// The first form in the set, as the problem it is when nobody tolerates it.
    var problem: PathProblem? {
        if self.contains(.emptySegment) { return .emptySegment }
        if self.contains(.semicolon) { return .semicolon }
        if self.contains(.encodedSlash) { return .encodedSlash }
        return nil
    }
}
