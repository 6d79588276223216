/// The one document of a file: its tree, and what is wrong with it as YAML.
struct YAMLDocument {
    private(set) var root: YAMLNode?
    private(set) var problems: [YAMLProblem] = []

    init(_ bytes: [UInt8], limits: YAMLComposer.Limits = YAMLComposer.Limits()) {
        // libyaml would count the mark as a column and then find the second line less indented.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        guard text.count <= FileText.limit else {
            self.problems = [YAMLProblem(mark: YAMLMark(line: 1, column: 1), message: "the file is larger than 1 MiB")]
            return
        }
        guard !text.isEmpty else {
            self.problems = [YAMLProblem(mark: YAMLMark(line: 1, column: 1), message: "the file is empty")]
            return
        }
        text.withUnsafeBufferPointer { self.compose($0, limits) }
    }

    private mutating func compose(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: YAMLComposer.Limits) {
        var composer = YAMLComposer(limits: limits)
        let events = YAMLEvents(bytes)
        do {
            self.root = try composer.compose(events)
            self.problems = composer.problems
            guard self.root == nil, self.problems.isEmpty else { return }
            self.problems = [YAMLProblem(mark: YAMLMark(line: 1, column: 1), message: "the file holds no settings")]
        } catch {
            // A tree that stops in the middle would only add follow-up problems.
            self.problems = composer.problems
            switch error {
            case .problem(let problem): self.problems.append(problem)
            case .syntax(let failure): self.problems.append(YAMLProblem(failure, in: bytes))
            }
        }
    }
}

extension YAMLProblem {
    /// libyaml's own words and place, with a hint for the mistakes people make.
    init(_ failure: YAMLFailure, in bytes: UnsafeBufferPointer<UInt8>) {
        var message = failure.problem
        if let context = failure.context {
            message += ", \(context)"
            if let mark = failure.contextMark, failure.place.isAfter(mark) {
                message += " that began at \(mark.line):\(mark.column)"
            }
        }
        switch failure.place {
        case .byte(let offset): self.init(mark: YAMLMark(ofByte: offset, in: bytes), message: message)
        case .mark(let mark): self.init(mark: mark, message: message)
        }
        self.hint = YAMLSyntaxHint.hint(for: failure, at: self.mark, in: YAMLLines(bytes))
    }
}

extension YAMLFailure.Place {
    fileprivate func isAfter(_ mark: YAMLMark) -> Bool {
        guard case .mark(let own) = self else { return false }
        return (own.line, own.column) > (mark.line, mark.column)
    }
}

extension YAMLMark {
    /// Counts characters as libyaml does, for its reader, which only knows bytes.
    init(ofByte offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
        self.init(line: 1, column: 1)
        for byte in bytes.prefix(max(0, offset)) {
            if byte == 0x0A {
                self = YAMLMark(line: self.line + 1, column: 1)
            } else if byte & 0xC0 != 0x80 {
                self.column += 1
            }
        }
    }
}
