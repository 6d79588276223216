extension JSONDocument {
    /// A value as compact JSON, its members in the token's order; nil when that is longer than `limit`.
    func encoded(_ root: Int, limit: Int) -> [UInt8]? {
        var output: [UInt8] = []
        var open: [(end: Int, close: UInt8)] = []
        let end = self.end(of: root)
        var node = root
        var needsComma = false
        while node < end {
            if needsComma { output.append(UInt8(ascii: ",")) }
            needsComma = true
            if open.last?.close == UInt8(ascii: "}") {
                JSONQuotation.append(self.nameBytes(of: node), to: &output)
                output.append(UInt8(ascii: ":"))
            }
            switch self.kind(node) {
            case .object:
                output.append(UInt8(ascii: "{"))
                open.append((self.end(of: node), UInt8(ascii: "}")))
                needsComma = false
            case .array:
                output.append(UInt8(ascii: "["))
                open.append((self.end(of: node), UInt8(ascii: "]")))
                needsComma = false
            case .string: JSONQuotation.append(self.utf8(of: node), to: &output)
            case .integer, .number: output += self.utf8(of: node)
            case .true: output += "true".utf8
            case .false: output += "false".utf8
            case .null: output += "null".utf8
            }
            node += 1
            while let last = open.last, last.end <= node {
                output.append(last.close)
                open.removeLast()
                needsComma = true
            }
            if output.count > limit { return nil }
        }
        return output.count > limit ? nil : output
    }
}
