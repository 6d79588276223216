/// One value of a parsed document. Nodes stand in document order, a container before its contents:
///
///     {"a": [1, 2], "b": "x"}      0 object next 5
///                                  1 "a" array next 4
///                                  2 integer next 3
///                                  3 integer next 4
///                                  4 "b" string next 5
struct JSONNode: Sendable {
    enum Kind: UInt8, Sendable { case object, array, string, integer, number, `true`, `false`, null }

    let kind: Kind
    /// The member's name when the container is an object.
    let name: JSONText
    /// A string's content without its quotes and escapes, or a number's spelling.
    var text: JSONText = .empty
    /// The node after this one and everything inside it.
    var next: UInt32
}

/// A range of the document's bytes, after escapes were resolved in place. 32 bits are enough: see `JSONLimits.length`.
struct JSONText: Sendable {
    private let start: UInt32
    private let end: UInt32
    /// Of a name: tells most different names apart without looking at the bytes; never proves two equal.
    let hash: UInt32

    init(_ range: Range<Int>, hash: UInt32 = 0) {
        self.start = UInt32(truncatingIfNeeded: range.lowerBound)
        self.end = UInt32(truncatingIfNeeded: range.upperBound)
        self.hash = hash
    }

    static let empty = JSONText(0..<0)

    var range: Range<Int> { Int(self.start)..<Int(self.end) }
}
