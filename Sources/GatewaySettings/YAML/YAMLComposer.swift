/// Builds one tree of nodes out of libyaml's events, with a stack of its own instead of recursion.
///
/// Aliases are expanded by copying (which shares memory) and counted as if written out, so that a few lines cannot stand
/// for a million nodes. Everything that can be reported without giving up is collected.
struct YAMLComposer {
    struct Limits {
        var depth = 64
        var nodes = 100_000
    }

    private var frames: [Frame] = []
    private var anchors: [String: YAMLNode] = [:]
    private var root: YAMLNode?
    private var documents = 0
    private var nodes = 0
    private let limits: Limits
    private(set) var problems: [YAMLProblem] = []

    init(limits: Limits = Limits()) { self.limits = limits }

    /// Nil for a stream without a document.
    mutating func compose(_ events: borrowing YAMLEvents) throws(YAMLComposingFailure) -> YAMLNode? {
        while true {
            let event: YAMLEvent
            do { event = try events.next() } catch { throw .syntax(error) }
            if event.isTagged {
                self.report("tags are not used here", at: event.mark, hint: "write the value without a tag")
            }
            switch event.kind {
            case .other: continue
            case .streamEnd: return self.root
            case .documentStart:
                self.documents &+= 1
                guard self.documents == 1 else {
                    throw .problem(
                        YAMLProblem(
                            mark: event.mark, message: "a second YAML document begins here",
                            hint: "one file holds one document"))
                }
            case .alias(let anchor): try self.insert(aliasOf: anchor, at: event.mark)
            case .scalar(let scalar):
                try self.count(1, at: event.mark)
                let node = YAMLNode(mark: event.mark, content: .scalar(scalar), size: 1, height: 0)
                self.complete(node, anchor: event.anchor)
            case .sequenceStart: try self.open(isMapping: false, event)
            case .mappingStart: try self.open(isMapping: true, event)
            case .sequenceEnd, .mappingEnd:
                guard let frame = self.frames.popLast() else { continue }
                self.complete(frame.node, anchor: frame.anchor)
            }
        }
    }

    private mutating func open(isMapping: Bool, _ event: YAMLEvent) throws(YAMLComposingFailure) {
        try self.count(1, at: event.mark)
        guard self.frames.count < self.limits.depth else { throw .problem(self.tooDeep(at: event.mark)) }
        self.frames.append(Frame(isMapping: isMapping, mark: event.mark, anchor: event.anchor))
    }

    private mutating func insert(aliasOf anchor: String, at mark: YAMLMark) throws(YAMLComposingFailure) {
        guard let node = self.anchors[anchor], !self.frames.contains(where: { $0.anchor == anchor }) else {
            // Not quoted: unquoted secrets may begin with an asterisk.
            let hint = "a text that begins with * must be quoted"
            throw .problem(
                YAMLProblem(mark: mark, path: self.path, message: "this alias names no value above it", hint: hint))
        }
        try self.count(node.size, at: mark)
        guard self.frames.count + node.height <= self.limits.depth else { throw .problem(self.tooDeep(at: mark)) }
        self.complete(node, anchor: nil)
    }

    private mutating func count(_ added: Int, at mark: YAMLMark) throws(YAMLComposingFailure) {
        self.nodes += added
        guard self.nodes <= self.limits.nodes else {
            let message = "more than \(self.limits.nodes) values, aliases written out"
            throw .problem(YAMLProblem(mark: mark, path: self.path, message: message))
        }
    }

    private func tooDeep(at mark: YAMLMark) -> YAMLProblem {
        YAMLProblem(mark: mark, message: "nested more than \(self.limits.depth) levels deep")
    }

    private mutating func complete(_ node: YAMLNode, anchor: String?) {
        if let anchor { self.anchors[anchor] = node }
        guard let last = self.frames.indices.last else {
            self.root = node
            return
        }
        let path = self.path
        if let problem = self.frames[last].append(node) {
            self.problems.append(
                YAMLProblem(mark: problem.mark, path: path, message: problem.message, hint: problem.hint))
        }
    }

    private mutating func report(_ message: String, at mark: YAMLMark, hint: String) {
        self.problems.append(YAMLProblem(mark: mark, path: self.path, message: message, hint: hint))
    }

    /// The keys of the open collections, ending at a key that holds a secret.
    private var path: String {
        var path = SettingsKeyPath()
        for frame in self.frames {
            guard !path.isSecret else { break }
            if frame.isMapping {
                guard let key = frame.pendingKey else { break }
                path.append(key.text)
            } else {
                path.append(index: frame.items.count)
            }
        }
        return path.text
    }
}

enum YAMLComposingFailure: Error {
    case syntax(YAMLFailure)
    case problem(YAMLProblem)
}
