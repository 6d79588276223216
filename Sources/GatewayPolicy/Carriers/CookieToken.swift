import GatewayMessage

/// The cookies of one name in a request's `Cookie` lines.
///
/// Read as RFC 6265 section 4.2.1 writes them, and as leniently as Django does where clients write them otherwise: only `;`
/// separates, blanks around name and value do not count, one pair of quotes around the value neither. Names are compared
/// exactly, escapes stand for themselves.
struct CookieToken: Sendable {
    let name: [UInt8]

    init(name: String) { self.name = Array(name.utf8) }

    /// One cookie: all between two semicolons, and the value without blanks and quotes.
    struct Pair {
        var whole: ByteRange
        var value: ByteRange
    }

    /// Whether a header line holds cookies that go upstream.
    static func isLine(_ field: HeaderField) -> Bool { field.known == .cookie && !field.isDropped }

    /// The next cookie with our name at or behind `offset` of a line's value.
    func next(in line: ByteRange, from offset: Int, bytes: RawSpan) -> Pair? {
        var start = offset
        while start <= line.upperBound {
            let whole = ByteRange(start: start, end: Self.endOfPair(from: start, in: line, bytes))
            if let value = self.value(of: whole, bytes) { return Pair(whole: whole, value: value) }
            start = whole.upperBound + 1
        }
        return nil
    }

    private static func endOfPair(from start: Int, in line: ByteRange, _ bytes: RawSpan) -> Int {
        var end = start
        while end < line.upperBound, bytes.at(end) != UInt8(ascii: ";") { end += 1 }
        return end
    }

    /// Nil when it has another name.
    private func value(of pair: ByteRange, _ bytes: RawSpan) -> ByteRange? {
        var equals = pair.lowerBound
        while equals < pair.upperBound, bytes.at(equals) != UInt8(ascii: "=") { equals += 1 }
        guard equals < pair.upperBound else { return nil }
        let name = Self.trimmed(ByteRange(start: pair.lowerBound, end: equals), bytes)
        guard bytes.isEqual(name, self.name) else { return nil }
        let value = Self.trimmed(ByteRange(start: equals + 1, end: pair.upperBound), bytes)
        guard value.count >= 2, bytes.at(value.lowerBound) == UInt8(ascii: "\""),
            bytes.at(value.upperBound - 1) == UInt8(ascii: "\"")
        else { return value }
        return ByteRange(start: value.lowerBound + 1, end: value.upperBound - 1)
    }

    private static func trimmed(_ range: ByteRange, _ bytes: RawSpan) -> ByteRange {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self.isBlank(bytes.at(start)) { start += 1 }
        while start < end, self.isBlank(bytes.at(end - 1)) { end -= 1 }
        return ByteRange(start: start, end: end)
    }

    /// Headers are Latin-1 to Django, whose `strip` takes the no-break space for a blank.
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0xA0 }

    // MARK: Forwarding

    /// Takes the cookies with our name out of what is forwarded: when there are any, all lines of cookies are marked as
    /// dropped, and the lines that replace them are returned, in their order and each ended by CRLF. What is left of a line
    /// stays as it was written, separators too.
    func cut(from head: inout RequestHead, bytes: RawSpan) -> [UInt8] {
        guard self.isAnywhere(in: head, bytes) else { return [] }
        var lines: [UInt8] = []
        for index in head.fields.indices where Self.isLine(head.fields[index]) {
            head.fields[index].isDropped = true
            self.write(head.fields[index].value, bytes, to: &lines)
        }
        return lines
    }

    private func isAnywhere(in head: borrowing RequestHead, _ bytes: RawSpan) -> Bool {
        for field in head.fields
        where Self.isLine(field)
            && self.next(in: field.value, from: field.value.lowerBound, bytes: bytes) != nil
        {
            return true
        }
        return false
    }

    private func write(_ line: ByteRange, _ bytes: RawSpan, to lines: inout [UInt8]) {
        let mark = lines.count
        lines.append(contentsOf: "Cookie: ".utf8)
        let valueStart = lines.count
        var start = line.lowerBound
        var isFirst = true
        while start <= line.upperBound {
            let pair = ByteRange(start: start, end: Self.endOfPair(from: start, in: line, bytes))
            start = pair.upperBound + 1
            guard self.value(of: pair, bytes) == nil else { continue }
            if !isFirst { lines.append(UInt8(ascii: ";")) }
            // Without what stood before it, its own blank would stand at the beginning.
            lines.append(contentsOf: bytes.bytes(isFirst ? Self.withoutLeadingBlanks(pair, bytes) : pair))
            isFirst = false
        }
        guard lines[valueStart...].contains(where: { !Self.isBlank($0) && $0 != UInt8(ascii: ";") }) else {
            lines.removeSubrange(mark...)
            return
        }
        lines.append(contentsOf: "\r\n".utf8)
    }

    private static func withoutLeadingBlanks(_ range: ByteRange, _ bytes: RawSpan) -> ByteRange {
        var start = range.lowerBound
        while start < range.upperBound, bytes.at(start) == 0x20 || bytes.at(start) == 0x09 { start += 1 }
        return ByteRange(start: start, end: range.upperBound)
    }
}
