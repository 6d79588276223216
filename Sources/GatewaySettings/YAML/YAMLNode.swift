/// A place in the text, counted from 1.
struct YAMLMark: Sendable, Hashable {
    var line: Int
    var column: Int
}

/// One value of a YAML document and where it began. Scalars are still text: their type is decided by who asks.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// In the file's order, merge keys already applied and duplicates left out.
        case mapping([YAMLEntry])
    }

    var mark: YAMLMark
    var content: Content
    /// Nodes in this tree with every alias expanded, itself included.
    var size: Int
    /// Levels below this one.
    var height: Int
}

struct YAMLScalar: Sendable {
    var text: String
    /// Written without quotes and not as a block: only such a scalar can be null.
    var isPlain: Bool
}

struct YAMLEntry: Sendable {
    var key: String
    var keyMark: YAMLMark
    var value: YAMLNode
}

/// A place where the text is not what we accept as YAML.
struct YAMLProblem: Error, Sendable, Equatable {
    var mark: YAMLMark
    /// The keys that lead to the place, as far as they are known.
    var path = ""
    var message: String
    var hint: String?
}
