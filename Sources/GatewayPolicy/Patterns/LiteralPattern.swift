/// A pattern that is plain text, or plain text and then `<path:…>`: what most routes are, comparable without a machine.
struct LiteralPattern {
    private(set) var bytes: [UInt8] = []
    private(set) var isFollowedByAnything = false

    /// `node` must have to match the whole text.
    init?(_ node: RegexNode) {
        var nodes: [RegexNode]
        if case .sequence(let parts) = node { nodes = parts } else { nodes = [node] }
        if nodes.first == .assertion(.textStart) { nodes.removeFirst() }
        if nodes.last == .assertion(.end) || nodes.last == .assertion(.textEnd) { nodes.removeLast() }
        for (index, node) in nodes.enumerated() {
            switch node {
            case .empty: continue
            case .scalar(let value):
                guard let scalar = Unicode.Scalar(value) else { return nil }
                self.bytes += Array(String(Character(scalar)).utf8)
            case .group(_, .repetition(.characters(.dot), minimum: 1, maximum: nil, isLazy: _))
            where index == nodes.count - 1:
                self.isFollowedByAnything = true
            default: return nil
            }
        }
    }

    /// What would make the path reader refuse every path that the text could match.
    func impossibility(tolerating tolerated: PathForms) -> PathProblem? {
        var path = Array("/".utf8)
        for byte in self.bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, .slash, .semicolon, .dot, .backslash, 0x2D, 0x5F:
                path.append(byte)
            default:
                path.append(.percent)
                path += Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
            }
        }
        if self.isFollowedByAnything { path.append(UInt8(ascii: "x")) }
        var reader = PathReader()
        do {
            try reader.read(whole: path)
            return reader.forms.subtracting(tolerated).problem
        } catch {
            return error
        }
    }
}
