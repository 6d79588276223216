/// Turns a JSON text into nodes without recursion: a container that is still open keeps its parent's place where later
/// stands what follows it. Escapes are resolved in place, which
/// always fits because an escape is never shorter than what it stands for.
struct JSONParser {
    private var text: [UInt8]
    private var nodes: [JSONNode] = []
    /// The innermost container that is not yet closed, or `none`.
    private var container = Self.none
    private var depth = 0
    private var position = 0
    private let limits: JSONLimits

    private static let none = Int(UInt32.max)
    private static let seed = UInt32.random(in: 0 ... .max)

    /// What may come next, blanks aside.
    private enum Expectation { case value, valueOrEnd, name, nameOrEnd, separatorOrEnd, nothing }

    init(_ text: consuming [UInt8], limits: JSONLimits) {
        self.text = text
        self.limits = limits
        self.nodes.reserveCapacity(16)
    }

    consuming func finish() -> ([UInt8], [JSONNode]) { (self.text, self.nodes) }

    mutating func parse() throws(JSONProblem) {
        guard self.text.count <= self.limits.length else { throw .tooLong }
        var expectation = Expectation.value
        var name = JSONText.empty
        while let byte = self.nextByte() {
            switch expectation {
            case .nothing:
                throw .trailingBytes
            case .valueOrEnd where byte == UInt8(ascii: "]"), .nameOrEnd where byte == UInt8(ascii: "}"):
                expectation = self.closeContainer()
            case .value, .valueOrEnd:
                expectation = try self.value(startingWith: byte, name: name)
                name = .empty
            case .name, .nameOrEnd:
                guard byte == UInt8(ascii: "\"") else { throw .unexpectedByte }
                name = try self.memberName()
                expectation = .value
            case .separatorOrEnd:
                expectation = try self.separator(byte)
            }
        }
        guard expectation == .nothing else { throw .truncated }
    }

    // MARK: Structure

    /// The next byte that is not a blank, without consuming it.
    private mutating func nextByte() -> UInt8? {
        while self.position < self.text.count {
            switch self.text[self.position] {
            case 0x20, 0x09, 0x0A, 0x0D: self.position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private mutating func value(startingWith byte: UInt8, name: JSONText) throws(JSONProblem) -> Expectation {
        switch byte {
        case UInt8(ascii: "{"):
            try self.openContainer(.object, name: name)
            return .nameOrEnd
        case UInt8(ascii: "["):
            try self.openContainer(.array, name: name)
            return .valueOrEnd
        case UInt8(ascii: "\""):
            self.position += 1
            try self.append(.string, name: name, text: JSONText(self.string()))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let (kind, text) = try self.number()
            try self.append(kind, name: name, text: text)
        case UInt8(ascii: "t"):
            try self.literal("true")
            try self.append(.true, name: name)
        case UInt8(ascii: "f"):
            try self.literal("false")
            try self.append(.false, name: name)
        case UInt8(ascii: "n"):
            try self.literal("null")
            try self.append(.null, name: name)
        default:
            throw .unexpectedByte
        }
        return self.expectationAfterValue
    }

    private var expectationAfterValue: Expectation { self.depth == 0 ? .nothing : .separatorOrEnd }

    private mutating func append(_ kind: JSONNode.Kind, name: JSONText, text: JSONText = .empty) throws(JSONProblem) {
        guard self.nodes.count < self.limits.values else { throw .tooManyValues }
        self.nodes.append(JSONNode(kind: kind, name: name, text: text, next: UInt32(self.nodes.count + 1)))
    }

    private mutating func openContainer(_ kind: JSONNode.Kind, name: JSONText) throws(JSONProblem) {
        guard self.depth < self.limits.depth else { throw .tooDeep }
        self.position += 1
        self.depth += 1
        let node = self.nodes.count
        try self.append(kind, name: name)
        self.nodes[node].next = UInt32(truncatingIfNeeded: self.container)
        self.container = node
    }

    private mutating func closeContainer() -> Expectation {
        self.position += 1
        let parent = Int(self.nodes[self.container].next)
        self.nodes[self.container].next = UInt32(truncatingIfNeeded: self.nodes.count)
        self.container = parent
        self.depth -= 1
        return self.expectationAfterValue
    }

    private mutating func separator(_ byte: UInt8) throws(JSONProblem) -> Expectation {
        let isObject = self.nodes[self.container].kind == .object
        switch byte {
        case UInt8(ascii: ","):
            self.position += 1
            return isObject ? .name : .value
        case isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"):
            return self.closeContainer()
        default:
            throw .unexpectedByte
        }
    }

    private mutating func literal(_ word: StaticString) throws(JSONProblem) {
        let length = word.utf8CodeUnitCount
        guard self.text.count - self.position >= length else { throw .truncated }
        for index in 0..<length where self.text[self.position + index] != word.utf8Start[index] {
            throw .unexpectedByte
        }
        self.position += length
    }

    // MARK: Names

    /// A member's name up to and including its colon.
    private mutating func memberName() throws(JSONProblem) -> JSONText {
        self.position += 1
        let content = try self.string()
        let name = JSONText(content, hash: self.hash(content))
        guard try !self.isTaken(name) else { throw .duplicateName }
        guard let byte = self.nextByte() else { throw .truncated }
        guard byte == UInt8(ascii: ":") else { throw .unexpectedByte }
        self.position += 1
        return name
    }

    /// Whether the innermost object already has this name: RFC 7515 section 4, RFC 7519 section 4.
    private func isTaken(_ name: JSONText) throws(JSONProblem) -> Bool {
        var node = self.container + 1
        var left = self.limits.members
        while node < self.nodes.count {
            left -= 1
            guard left > 0 else { throw .tooManyValues }
            let other = self.nodes[node].name
            if other.hash == name.hash, self.text[other.range] == self.text[name.range] { return true }
            node = Int(self.nodes[node].next)
        }
        return false
    }

    /// FNV-1a with another beginning in each process, so that nobody can prepare names that all have one hash.
    private func hash(_ range: Range<Int>) -> UInt32 {
        var hash = Self.seed
        for index in range { hash = (hash ^ UInt32(self.text[index])) &* 0x0100_0193 }
        return hash
    }

    // MARK: Numbers

    private mutating func number() throws(JSONProblem) -> (JSONNode.Kind, JSONText) {
        let start = self.position
        var kind = JSONNode.Kind.integer
        self.skip(UInt8(ascii: "-"))
        if !self.skip(UInt8(ascii: "0")) { try self.digits() }
        if self.skip(UInt8(ascii: ".")) {
            kind = .number
            try self.digits()
        }
        if self.skip(UInt8(ascii: "e")) || self.skip(UInt8(ascii: "E")) {
            kind = .number
            if !self.skip(UInt8(ascii: "-")) { self.skip(UInt8(ascii: "+")) }
            try self.digits()
        }
        guard self.position - start <= self.limits.numberLength else { throw .badNumber }
        return (kind, JSONText(start..<self.position))
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard self.position < self.text.count, self.text[self.position] == byte else { return false }
        self.position += 1
        return true
    }

    /// One digit or more.
    private mutating func digits() throws(JSONProblem) {
        let start = self.position
        while self.position < self.text.count, self.text[self.position] &- UInt8(ascii: "0") < 10 { self.position += 1 }
        guard self.position > start else { throw .badNumber }
    }

    // MARK: Strings

    /// A string's content up to and including the closing quote; the opening one is already consumed.
    private mutating func string() throws(JSONProblem) -> Range<Int> {
        let start = self.position
        var end = start
        while self.position < self.text.count {
            let byte = self.text[self.position]
            switch byte {
            case UInt8(ascii: "\""):
                self.position += 1
                return start..<end
            case UInt8(ascii: "\\"):
                self.position += 1
                self.write(try self.escapedScalar(), at: &end)
            case 0x20..<0x80:
                self.text[end] = byte
                end += 1
                self.position += 1
            case 0x80...:
                try self.copyMultiByteScalar(to: &end)
            default:
                throw .badText
            }
        }
        throw .truncated
    }

    /// Well-formed sequences are those of Unicode's table 3-7: no overlong form, no surrogate, nothing above U+10FFFF.
    private mutating func copyMultiByteScalar(to end: inout Int) throws(JSONProblem) {
        let lead = self.text[self.position]
        let length: Int
        let second: ClosedRange<UInt8>
        switch lead {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw .badText
        }
        guard self.text.count - self.position >= length else { throw .truncated }
        guard second.contains(self.text[self.position + 1]) else { throw .badText }
        for index in 2..<4 where index < length && self.text[self.position + index] & 0xC0 != 0x80 { throw .badText }
        for index in 0..<length { self.text[end + index] = self.text[self.position + index] }
        end += length
        self.position += length
    }

    /// What an escape stands for; the backslash is already consumed.
    private mutating func escapedScalar() throws(JSONProblem) -> Unicode.Scalar {
        guard self.position < self.text.count else { throw .truncated }
        let byte = self.text[self.position]
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try self.escapedUTF16()
        default: throw .badEscape
        }
    }

    /// `XXXX` or, for a surrogate pair, `XXXX\uXXXX`.
    private mutating func escapedUTF16() throws(JSONProblem) -> Unicode.Scalar {
        let first = try self.fourHexDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, self.skip(UInt8(ascii: "\\")), self.skip(UInt8(ascii: "u")) else { throw .loneSurrogate }
        let second = try self.fourHexDigits()
        guard 0xDC00...0xDFFF ~= second,
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw .loneSurrogate }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONProblem) -> UInt32 {
        guard self.text.count - self.position >= 4 else { throw .truncated }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = self.text[self.position]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: throw .badEscape
            }
            self.position += 1
        }
        return value
    }

    private mutating func write(_ scalar: Unicode.Scalar, at end: inout Int) {
        for byte in scalar.utf8 {
            self.text[end] = byte
            end += 1
        }
    }
}
