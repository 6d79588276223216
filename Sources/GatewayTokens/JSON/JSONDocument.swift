/// A parsed JSON text: its bytes and one flat list of nodes, immutable and cheap to hand around.
struct JSONDocument: Sendable {
    private let bytes: [UInt8]
    private let nodes: [JSONNode]

    /// `text` must be one strict UTF-8 JSON value (RFC 8259) without a byte order mark, duplicate names at any depth,
    /// lone surrogates, or more depth and values than `limits` allow.
    init(parsing text: consuming [UInt8], limits: JSONLimits) throws(JSONProblem) {
        var parser = JSONParser(text, limits: limits)
        try parser.parse()
        (self.bytes, self.nodes) = parser.finish()
    }

    /// The outermost value.
    var root: Int { 0 }

    func kind(_ node: Int) -> JSONNode.Kind { self.nodes[node].kind }

    /// The direct contents of a container: start at `first`, continue with `after`, stop at `end`.
    func first(in container: Int) -> Int { container + 1 }
    func after(_ node: Int) -> Int { Int(self.nodes[node].next) }
    func end(of container: Int) -> Int { Int(self.nodes[container].next) }

    /// The member called exactly `name`, or nil; also nil when `container` is not an object.
    func member(_ name: some Collection<UInt8>, of container: Int) -> Int? {
        guard self.nodes[container].kind == .object else { return nil }
        var node = self.first(in: container)
        let end = self.end(of: container)
        while node < end {
            if self.bytes[self.nodes[node].name.range].elementsEqual(name) { return node }
            node = self.after(node)
        }
        return nil
    }

    func member(_ name: String, of container: Int) -> Int? {
        guard self.nodes[container].kind == .object else { return nil }
        return name.withUTF8Bytes { name in
            var node = self.first(in: container)
            let end = self.end(of: container)
            while node < end {
                if self.isEqual(self.nodes[node].name.range, name) { return node }
                node = self.after(node)
            }
            return nil
        }
    }

    private func isEqual(_ range: Range<Int>, _ other: UnsafeRawBufferPointer) -> Bool {
        guard range.count == other.count else { return false }
        return self.bytes.withUnsafeBytes { bytes in
            for index in 0..<other.count where bytes[range.lowerBound &+ index] != other[index] { return false }
            return true
        }
    }

    func name(of node: Int) -> String { String(decoding: self.bytes[self.nodes[node].name.range], as: UTF8.self) }

    func nameBytes(of node: Int) -> ArraySlice<UInt8> { self.bytes[self.nodes[node].name.range] }

    /// A string's content or a number's spelling; empty for other values.
    func text(of node: Int) -> String { String(decoding: self.utf8(of: node), as: UTF8.self) }

    func utf8(of node: Int) -> ArraySlice<UInt8> { self.bytes[self.nodes[node].text.range] }

    func isString(_ node: Int, _ text: String) -> Bool {
        self.kind(node) == .string && text.withUTF8Bytes { self.isEqual(self.nodes[node].text.range, $0) }
    }
}

/// How much of a document is looked at; what exceeds it is refused before it costs anything.
struct JSONLimits: Sendable {
    /// Bytes of the whole text; below 4 GiB.
    var length: Int
    var depth: Int
    /// Values of all kinds, containers included.
    var values: Int
    /// Bytes of one number.
    var numberLength: Int
    /// Members of one object. Each name is compared with those before it, so where many values are allowed this is what
    /// bounds the work.
    var members = Int.max
}

/// Why a text is not the JSON we accept.
enum JSONProblem: Error, Sendable, Equatable {
    case truncated, unexpectedByte, badNumber, badText, badEscape, loneSurrogate
    case tooLong, duplicateName, tooDeep, tooManyValues, trailingBytes
}

extension String {
    /// The UTF-8 bytes, in place: strings are native ones here.
    func withUTF8Bytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        if let result = self.utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) {
            return result
        }
        return Array(self.utf8).withUnsafeBytes(body)
    }
}
