/// The claims of a verified token, or of one object inside them.
package struct Claims: Sendable {
    let document: JSONDocument
    private let root: Int

    init(_ document: JSONDocument, root: Int) {
        self.document = document
        self.root = root
    }

    /// The claim called exactly `name`; dots mean nothing here.
    package func value(named name: String) -> ClaimValue? {
        self.document.member(name, of: self.root).map { ClaimValue(self.document, $0) }
    }

    /// The claim at a path such as `org.id`. Names may hold dots themselves (`https://example.com/roles`), so at each
    /// level a member that is called like the whole rest of the path wins, then the one called like its shortest part
    /// before a dot; there is no way back from a member once it was chosen.
    package func value(at path: String) -> ClaimValue? {
        self.node(at: Array(path.utf8)[...]).map { ClaimValue(self.document, $0) }
    }

    /// The claim at a path, as compact JSON; nil when it is missing, or longer than `limit` bytes.
    package func json(at path: String, limit: Int) -> [UInt8]? {
        self.node(at: Array(path.utf8)[...]).flatMap { self.document.encoded($0, limit: limit) }
    }

    func node(at path: ArraySlice<UInt8>) -> Int? {
        var container = self.root
        var rest = path
        while true {
            if let node = self.document.member(rest, of: container) { return node }
            guard let (node, tail) = self.step(from: container, rest) else { return nil }
            container = node
            rest = tail
        }
    }

    /// The member named by the shortest part of `path` before a dot that names one, and what follows the dot.
    private func step(from container: Int, _ path: ArraySlice<UInt8>) -> (Int, ArraySlice<UInt8>)? {
        for index in path.indices where path[index] == UInt8(ascii: ".") {
            if let node = self.document.member(path[..<index], of: container) {
                return (node, path[(index + 1)...])
            }
        }
        return nil
    }

    /// All claims in the token's order.
    package var all: [(name: String, value: ClaimValue)] {
        var members: [(name: String, value: ClaimValue)] = []
        var node = self.document.first(in: self.root)
        while node < self.document.end(of: self.root) {
            members.append((self.document.name(of: node), ClaimValue(self.document, node)))
            node = self.document.after(node)
        }
        return members
    }
}
