/// Reads one JSON document (RFC 8259) without recursion. Whatever the bytes are, the outcome is a value or nil.
struct JSONReader {
    /// What is still open around the value that is being read.
    private struct Container {
        var items: [JSONValue] = []
        var members: [JSONMember] = []
        /// The name waiting for its value; nil in an array.
        var name: String?
    }

    static let depthLimit = 16

    private let bytes: [UInt8]
    private var position = 0
    private var open: [Container] = []

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    static func read(_ bytes: [UInt8]) -> JSONValue? {
        var reader = JSONReader(bytes)
        return reader.document()
    }

    static func read(_ text: String) -> JSONValue? {
        read(Array(text.utf8))
    }

    private mutating func document() -> JSONValue? {
        while true {
            skipBlanks()
            guard let start = peek else { return nil }
            let value: JSONValue
            if start == UInt8(ascii: "[") || start == UInt8(ascii: "{") {
                guard let empty = openContainer() else { return nil }
                guard case .complete(let whole) = empty else { continue }
                value = whole
            } else {
                guard let plain = plainValue(start) else { return nil }
                value = plain
            }
            switch attach(value) {
            case .expectsValue: continue
            case .complete(let whole):
                skipBlanks()
                return position == bytes.count ? whole : nil
            case nil: return nil
            }
        }
    }

    private enum Progress {
        case expectsValue
        case complete(JSONValue)
    }

    /// Enters an array or object. An empty one is complete at once.
    private mutating func openContainer() -> Progress? {
        guard open.count < Self.depthLimit else { return nil }
        if take("[") {
            skipBlanks()
            if take("]") { return .complete(.array([])) }
            open.append(Container())
            return .expectsValue
        }
        position += 1
        skipBlanks()
        if take("}") { return .complete(.object([])) }
        guard let name = memberName() else { return nil }
        open.append(Container(name: name))
        return .expectsValue
    }

    /// Puts a finished value into what surrounds it, and closes as many containers as end here.
    private mutating func attach(_ finished: JSONValue) -> Progress? {
        var value = finished
        while let last = open.indices.last {
            skipBlanks()
            if let name = open[last].name {
                open[last].members.append(JSONMember(name: name, value: value))
                if take(",") {
                    skipBlanks()
                    guard let next = memberName() else { return nil }
                    open[last].name = next
                    return .expectsValue
                }
                guard take("}") else { return nil }
                value = .object(open.removeLast().members)
            } else {
                open[last].items.append(value)
                if take(",") { return .expectsValue }
                guard take("]") else { return nil }
                value = .array(open.removeLast().items)
            }
        }
        return .complete(value)
    }

    private mutating func memberName() -> String? {
        guard peek == UInt8(ascii: "\""), let name = quotedText() else { return nil }
        skipBlanks()
        return take(":") ? name : nil
    }

    private mutating func plainValue(_ start: UInt8) -> JSONValue? {
        switch start {
        case UInt8(ascii: "\""): quotedText().map { .string($0) }
        case UInt8(ascii: "t"): word("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): word("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): word("null") ? .null : nil
        default: number()
        }
    }

    private mutating func number() -> JSONValue? {
        let start = position
        _ = take("-")
        guard let first = peek, Self.isDigit(first) else { return nil }
        if take("0") {} else { skipDigits() }
        if take(".") {
            guard skipDigits() > 0 else { return nil }
        }
        if take("e") || take("E") {
            if take("+") || take("-") {}
            guard skipDigits() > 0 else { return nil }
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func quotedText() -> String? {
        position += 1
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escapedScalar() else { return nil }
                text.append(contentsOf: String(scalar).utf8)
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escapedScalar() -> Unicode.Scalar? {
        guard let byte = peek else { return nil }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let unit = fourHexDigits() else { return nil }
            guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
            guard take("\\"), take("u"), let low = fourHexDigits(), (0xDC00..<0xE000).contains(low) else { return nil }
            return Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        default: return nil
        }
    }

    private mutating func fourHexDigits() -> UInt32? {
        guard bytes.count - position >= 4 else { return nil }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = hexDigit(byte) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }

    private var peek: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func word(_ text: StaticString) -> Bool {
        let wanted = text.withUTF8Buffer { Array($0) }
        guard bytes[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    @discardableResult
    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = peek, Self.isDigit(byte) { position += 1 }
        return position - start
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// The value of one hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
