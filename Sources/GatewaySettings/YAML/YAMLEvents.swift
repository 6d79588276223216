internal import CLibYAML

/// One event of libyaml, copied out of its memory.
struct YAMLEvent {
    enum Kind {
        case documentStart
        case streamEnd
        case alias(anchor: String)
        case scalar(YAMLScalar)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
        /// Start of the stream and end of a document: nothing to do.
        case other
    }

    var kind: Kind
    var mark: YAMLMark
    var anchor: String?
    var isTagged: Bool
}

/// libyaml's parser over bytes that outlive it.
struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let isReady: Bool

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.parser = .allocate(capacity: 1)
        self.parser.initialize(to: yaml_parser_t())
        self.isReady = yaml_parser_initialize(self.parser) == 1
        guard self.isReady else { return }
        // Not guessed: a UTF-16 byte order mark is a problem, not an encoding.
        yaml_parser_set_encoding(self.parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(self.parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        if self.isReady { yaml_parser_delete(self.parser) }
        self.parser.deallocate()
    }

    /// After an error or the end of the stream there is nothing more to ask for.
    func next() throws(YAMLFailure) -> YAMLEvent {
        guard self.isReady else { throw YAMLFailure(problem: "out of memory") }
        var event = yaml_event_t()
        guard yaml_parser_parse(self.parser, &event) == 1 else { throw YAMLFailure(self.parser.pointee) }
        defer { yaml_event_delete(&event) }
        return YAMLEvent(event)
    }
}

extension YAMLEvent {
    fileprivate init(_ event: yaml_event_t) {
        self.mark = YAMLMark(event.start_mark)
        self.anchor = nil
        self.isTagged = false
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: self.kind = .documentStart
        case YAML_STREAM_END_EVENT: self.kind = .streamEnd
        case YAML_ALIAS_EVENT: self.kind = .alias(anchor: text(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            self.kind = .scalar(
                YAMLScalar(
                    text: String(decoding: bytes, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
            )
            self.anchor = text(scalar.anchor)
            self.isTagged = scalar.tag != nil
        case YAML_SEQUENCE_START_EVENT:
            self.kind = .sequenceStart
            self.anchor = text(event.data.sequence_start.anchor)
            self.isTagged = event.data.sequence_start.tag != nil
        case YAML_SEQUENCE_END_EVENT: self.kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            self.kind = .mappingStart
            self.anchor = text(event.data.mapping_start.anchor)
            self.isTagged = event.data.mapping_start.tag != nil
        case YAML_MAPPING_END_EVENT: self.kind = .mappingEnd
        default: self.kind = .other
        }
    }
}

/// What libyaml says about text it cannot read, in its own words and at its own place.
struct YAMLFailure: Error {
    enum Place {
        case mark(YAMLMark)
        /// The reader, which sees bytes before lines, counts bytes.
        case byte(Int)
    }

    var problem: String
    var place = Place.byte(0)
    /// What it was doing, and since where.
    var context: String?
    var contextMark: YAMLMark?

    init(problem: String) { self.problem = problem }

    fileprivate init(_ parser: yaml_parser_t) {
        self.problem = parser.problem.map { String(cString: $0) } ?? "out of memory"
        switch parser.error {
        case YAML_SCANNER_ERROR, YAML_PARSER_ERROR:
            self.place = .mark(YAMLMark(parser.problem_mark))
            self.context = parser.context.map { String(cString: $0) }
            self.contextMark = YAMLMark(parser.context_mark)
        default: self.place = .byte(parser.problem_offset)
        }
    }
}

extension YAMLMark {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) &+ 1, column: Int(clamping: mark.column) &+ 1)
    }
}

private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
}
