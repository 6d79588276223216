extension JSONDocument {
    /// A value as an operator may read it, cut where it becomes long.
    func reported(_ node: Int) -> String {
        guard self.kind(node) == .array else { return self.reportedItem(node) }
        var texts: [String] = []
        var item = self.first(in: node)
        while item < self.end(of: node), texts.count < 5 {
            texts.append(self.reportedItem(item))
            item = self.after(item)
        }
        if texts.count == 5 { texts[4] = "…" }
        return "[" + texts.joined(separator: ", ") + "]"
    }

    private func reportedItem(_ node: Int) -> String {
        switch self.kind(node) {
        case .string: self.text(of: node).quotedForReport
        case .integer, .number: String(self.text(of: node).prefix(40))
        case .true: "true"
        case .false: "false"
        case .null: "null"
        case .object: "an object"
        case .array: "a list"
        }
    }
}
