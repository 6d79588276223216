extension YAMLComposer {
    /// A collection whose end has not been seen yet.
    struct Frame {
        let isMapping: Bool
        let mark: YAMLMark
        let anchor: String?
        private(set) var items: [YAMLNode] = []
        /// The key whose value comes next.
        private(set) var pendingKey: (text: String, mark: YAMLMark)?
        /// That key was none, which has been reported.
        private var skipsValue = false
        private var entries: [YAMLEntry] = []
        /// Keys written in this mapping, as against merged into it, and in which line.
        private var writtenKeys: [String: Int] = [:]
        /// Where `entries` holds what was merged in.
        private var mergedKeys: [String: Int] = [:]
        private var size = 1
        private var height = 0

        init(isMapping: Bool, mark: YAMLMark, anchor: String?) {
            self.isMapping = isMapping
            self.mark = mark
            self.anchor = anchor
        }

        var node: YAMLNode {
            let content: YAMLNode.Content = self.isMapping ? .mapping(self.entries) : .sequence(self.items)
            return YAMLNode(mark: self.mark, content: content, size: self.size, height: self.height + 1)
        }

        /// Takes an item, a key or a value; answers with what is wrong with it.
        mutating func append(_ node: YAMLNode) -> YAMLProblem? {
            guard self.isMapping else {
                self.grow(by: node)
                self.items.append(node)
                return nil
            }
            guard let key = self.pendingKey else { return self.begin(key: node) }
            self.pendingKey = nil
            if self.skipsValue {
                self.skipsValue = false
                return nil
            }
            return self.end(key: key.text, mark: key.mark, value: node)
        }

        private mutating func begin(key node: YAMLNode) -> YAMLProblem? {
            guard case .scalar(let scalar) = node.content else {
                self.pendingKey = ("", node.mark)
                self.skipsValue = true
                return YAMLProblem(mark: node.mark, message: "a key must be a single word, not a list or a mapping")
            }
            // `<<` in quotes is an ordinary (and unknown) key.
            self.pendingKey = (scalar.isPlain || scalar.text != "<<" ? scalar.text : "\"<<\"", node.mark)
            return nil
        }

        private mutating func end(key: String, mark: YAMLMark, value: YAMLNode) -> YAMLProblem? {
            // `)` is no key but the rest of a Python tuple, of which there may be several: who reads the mapping reports it.
            let isRest = key.hasSuffix(")") && YAMLEntry(key: key, keyMark: mark, value: value).hasNoValue
            if let line = self.writtenKeys[key], !isRest {
                return YAMLProblem(
                    mark: mark, message: "this key is already written in line \(line)", hint: "keep one of the two")
            }
            self.writtenKeys[key] = mark.line
            if key == "<<" { return self.merge(value) }
            let entry = YAMLEntry(key: key, keyMark: mark, value: value)
            self.grow(by: value)
            if let merged = self.mergedKeys[key] {
                self.entries[merged] = entry
            } else {
                self.entries.append(entry)
            }
            return nil
        }

        /// https://yaml.org/type/merge.html: written keys win over merged ones, earlier mappings over later ones.
        private mutating func merge(_ value: YAMLNode) -> YAMLProblem? {
            let sources: [YAMLNode]
            switch value.content {
            case .mapping: sources = [value]
            case .sequence(let items): sources = items
            case .scalar: sources = [value]
            }
            for source in sources {
                guard case .mapping(let entries) = source.content else {
                    let hint = "write <<: *name, where &name marks a mapping above"
                    return YAMLProblem(mark: source.mark, message: "only mappings can be merged", hint: hint)
                }
                for entry in entries where self.writtenKeys[entry.key] == nil && self.mergedKeys[entry.key] == nil {
                    self.grow(by: entry.value)
                    self.mergedKeys[entry.key] = self.entries.count
                    self.entries.append(entry)
                }
            }
            return nil
        }

        private mutating func grow(by value: YAMLNode) {
            // Keys count as well; the sum stays below the node limit plus one collection.
            self.size += value.size + (self.isMapping ? 1 : 0)
            self.height = max(self.height, value.height)
        }
    }
}
