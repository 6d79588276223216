/// How a client's message with a new token looks: one flat JSON object of exactly the given string members and one that
/// carries the token, in any order, such as `{"type":"token.renew","token":"eyJ…"}`.
///
/// Strict, since what does not match is the backend's: no other member, no member twice, no escape in a string, nothing
/// behind the object. So most messages are told apart within their first member.
package struct RenewalPattern: Sendable, Equatable {
    private let names: [[UInt8]]
    /// Beside `names`; empty for the token, which is the first.
    private let values: [[UInt8]]
    /// Lengths that a matching payload can have.
    let lengths: ClosedRange<UInt16>

    package static let mostMembers = 8
    package static let longestMessage: UInt16 = 16 << 10

    /// Nil when no message could match: names that repeat, more than `mostMembers`, text that JSON has to escape.
    package init?(members: [(name: String, value: String)], tokenMember: String) {
        self.names = [Array(tokenMember.utf8)] + members.map { Array($0.name.utf8) }
        self.values = [[]] + members.map { Array($0.value.utf8) }
        guard members.count < Self.mostMembers, Set(self.names).count == self.names.count else { return nil }
        guard (self.names + self.values).allSatisfy({ $0.allSatisfy(Self.isPlain) }) else { return nil }
        // Quotes, colon, and a comma or the brace for each member; the token has at least one byte.
        let shortest = 2 + self.names.reduce(0) { $0 + $1.count + 6 } + self.values.reduce(0) { $0 + $1.count }
        guard shortest <= Int(Self.longestMessage) else { return nil }
        self.lengths = UInt16(shortest)...Self.longestMessage
    }

    /// Looks at the payload of a frame or, for `.incomplete`, at the first part of one.
    func match(_ bytes: RawSpan, _ frame: CaughtFrame) -> RenewalMatch {
        var text = MaskedText(frame)
        var seen: UInt8 = 0
        var token = 0..<0
        guard text.skip(UInt8(ascii: "{"), bytes) else { return text.isAtEnd ? .incomplete : .different }
        repeat {
            guard let name = text.string(bytes), text.skip(UInt8(ascii: ":"), bytes),
                let value = text.string(bytes)
            else { return text.isAtEnd ? .incomplete : .different }
            guard let index = self.index(of: name, text, bytes), seen & 1 << index == 0 else { return .different }
            seen |= 1 << index
            if index == 0 {
                token = value
            } else if !text.equals(value, self.values[index], bytes) {
                return .different
            }
        } while text.skip(UInt8(ascii: ","), bytes)
        guard text.skip(UInt8(ascii: "}"), bytes) else { return text.isAtEnd ? .incomplete : .different }
        guard !text.skipBlanks(bytes), seen.nonzeroBitCount == self.names.count, !token.isEmpty else {
            return .different
        }
        var found: [UInt8] = []
        found.reserveCapacity(token.count)
        for offset in token { found.append(text.byte(offset, bytes)) }
        return .token(found)
    }

    private func index(of name: Range<Int>, _ text: MaskedText, _ bytes: RawSpan) -> Int? {
        for index in self.names.indices where text.equals(name, self.names[index], bytes) { return index }
        return nil
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        0x20...0x7E ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}

enum RenewalMatch: Equatable {
    case token([UInt8])
    case different
    /// What there is of the payload could be the beginning of a match.
    case incomplete
}

/// A cursor over a payload, unmasking as it reads (RFC 6455 section 5.3).
private struct MaskedText {
    private var position: Int
    private let end: Int
    private let start: Int
    private let mask: UInt32

    init(_ frame: CaughtFrame) {
        self.position = frame.payload.lowerBound
        self.start = frame.payload.lowerBound
        self.end = frame.payload.upperBound
        self.mask = frame.mask
    }

    var isAtEnd: Bool { self.position >= self.end }

    func byte(_ offset: Int, _ bytes: RawSpan) -> UInt8 {
        let shift = UInt32(truncatingIfNeeded: 24 &- 8 &* ((offset &- self.start) & 3))
        return bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) ^ UInt8(truncatingIfNeeded: self.mask &>> shift)
    }

    /// JSON's white space. Returns whether anything follows it.
    mutating func skipBlanks(_ bytes: RawSpan) -> Bool {
        while self.position < self.end {
            switch self.byte(self.position, bytes) {
            case 0x20, 0x09, 0x0A, 0x0D: self.position += 1
            default: return true
            }
        }
        return false
    }

    mutating func skip(_ expected: UInt8, _ bytes: RawSpan) -> Bool {
        guard self.skipBlanks(bytes), self.byte(self.position, bytes) == expected else { return false }
        self.position += 1
        return true
    }

    /// What is between the quotes of a string of printable ASCII without escapes.
    mutating func string(_ bytes: RawSpan) -> Range<Int>? {
        guard self.skip(UInt8(ascii: "\""), bytes) else { return nil }
        let start = self.position
        while self.position < self.end {
            switch self.byte(self.position, bytes) {
            case UInt8(ascii: "\""):
                self.position += 1
                return start..<(self.position - 1)
            case UInt8(ascii: "\\"), ..<0x20, 0x7F...:
                return nil
            default:
                self.position += 1
            }
        }
        return nil
    }

    func equals(_ range: Range<Int>, _ expected: [UInt8], _ bytes: RawSpan) -> Bool {
        guard range.count == expected.count else { return false }
        for index in 0..<expected.count where self.byte(range.lowerBound + index, bytes) != expected[index] {
            return false
        }
        return true
    }
}
