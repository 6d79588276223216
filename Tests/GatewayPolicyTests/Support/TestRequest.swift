import GatewayMessage

/// A request's block and its head, read leniently from text: what the policy is given in production by a strict parser.
struct TestRequest {
    var block: [UInt8]
    var head = RequestHead()

    /// `target` and header lines such as `Authorization: Bearer x`; bytes may be anything, in Latin-1.
    init(_ target: String, _ lines: [String] = [], method: RequestMethod = .get, name: String? = nil) {
        self.block = []
        self.head.method = method
        self.head.methodName = Self.append(name ?? "\(method)".uppercased(), to: &self.block)
        self.block.append(UInt8(ascii: " "))
        self.head.target = Self.append(target, to: &self.block)
        let bytes = Array(self.block[self.head.target.range])
        let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
        let start = self.head.target.lowerBound
        self.head.path = ByteRange(start: start, end: start + (mark ?? bytes.count))
        if let mark { self.head.query = ByteRange(start: start + mark + 1, end: start + bytes.count) }
        _ = Self.append(" HTTP/1.1\r\n", to: &self.block)
        for line in lines {
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            let name = Self.append(String(line[..<colon]), to: &self.block)
            self.block.append(UInt8(ascii: ":"))
            let text = line[colon...].dropFirst()
            let value = Self.append(String(text.drop { $0 == " " }), to: &self.block)
            _ = Self.append("\r\n", to: &self.block)
            self.head.fields.append(Self.field(name, value, in: self.block))
            if self.head.fields.last?.known == .host { self.head.host = value }
        }
        _ = Self.append("\r\n", to: &self.block)
        self.head.blockLength = self.block.count
    }

    static func append(_ text: String, to block: inout [UInt8]) -> ByteRange {
        let start = block.count
        block += text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        return ByteRange(start: start, end: block.count)
    }

    static func field(_ name: ByteRange, _ value: ByteRange, in block: [UInt8]) -> HeaderField {
        let text = String(decoding: block[name.range], as: UTF8.self).lowercased()
        let known = KnownField.allCases.first { $0 != .other && "\($0.name)" == text } ?? .other
        var field = HeaderField(
            name: name, value: value, known: known,
            foldedHash: FoldedName.hash(of: block[name.range]))
        field.isDropped = text.contains("_")
        return field
    }

    /// The lines that would be forwarded.
    var keptLines: [String] {
        self.head.fields.filter { !$0.isDropped }.map {
            self.text($0.name) + ": " + self.text($0.value)
        }
    }

    /// The target as the head writer writes it, without an added prefix.
    var forwardedTarget: String {
        let path = self.head.path
        var rest = self.text(ByteRange(start: path.lowerBound + self.head.strippedPath, end: path.upperBound))
        if rest.isEmpty { rest = "/" }
        guard let query = self.head.query else { return rest }
        let mark = rest.utf8.count
        rest += "?"
        var offset = query.lowerBound
        for cut in self.head.queryCuts {
            rest += self.text(ByteRange(start: offset, end: cut.lowerBound))
            offset = cut.upperBound
        }
        rest += self.text(ByteRange(start: offset, end: query.upperBound))
        if !self.head.queryCuts.isEmpty, rest.utf8.count == mark + 1 { rest.removeLast() }
        return rest
    }

    func text(_ range: ByteRange) -> String { String(decoding: self.block[range.range], as: UTF8.self) }
}
