package import GatewayMessage

/// How a refusal is written: for programs, or for somebody with a browser.
package enum AnswerFormat: Sendable, Equatable {
    case json, html

    /// HTML for who asks for it rather than for JSON (RFC 9110 section 12.5.1): with a higher quality, or with the same one
    /// when HTML is named and JSON only meant along with everything. `*/*` alone, or nothing, is a program.
    package static func preferred(by head: borrowing RequestHead, bytes: RawSpan) -> AnswerFormat {
        var wishes = Wishes()
        for field in head.fields where field.known == .accept { wishes.add(field.value, in: bytes) }
        return wishes.preferHTML ? .html : .json
    }

    /// How exactly a media range names a type; the most exact one decides (RFC 9110 section 12.5.1).
    private enum Exactness: Int { case none, everything, kind, type }

    private struct Wish {
        var exactness = Exactness.none
        /// In thousandths.
        var quality = 0

        mutating func take(_ exactness: Exactness, _ quality: Int) {
            if exactness.rawValue > self.exactness.rawValue {
                self.exactness = exactness
                self.quality = quality
            } else if exactness == self.exactness {
                self.quality = max(self.quality, quality)
            }
        }
    }

    private struct Wishes {
        private var html = Wish()
        private var json = Wish()

        var preferHTML: Bool {
            guard self.html.exactness.rawValue > Exactness.everything.rawValue, self.html.quality > 0 else {
                return false
            }
            if self.html.quality != self.json.quality { return self.html.quality > self.json.quality }
            return self.html.exactness.rawValue > self.json.exactness.rawValue
        }

        mutating func add(_ value: ByteRange, in bytes: RawSpan) {
            var offset = value.lowerBound
            while offset < value.upperBound {
                var range = MediaRange(at: offset, before: value.upperBound, in: bytes)
                offset = range.end + 1
                range.readQuality(in: bytes)
                self.take(range, in: bytes)
            }
        }

        private mutating func take(_ range: MediaRange, in bytes: RawSpan) {
            if bytes.equals(range.name, "*/*") {
                self.html.take(.everything, range.quality)
                self.json.take(.everything, range.quality)
            } else if bytes.equalsIgnoringCase(range.name, "text/*") {
                self.html.take(.kind, range.quality)
            } else if bytes.equalsIgnoringCase(range.name, "application/*") {
                self.json.take(.kind, range.quality)
            } else if bytes.equalsIgnoringCase(range.name, "text/html") {
                self.html.take(.type, range.quality)
            } else if bytes.equalsIgnoringCase(range.name, "application/json")
                || bytes.equalsIgnoringCase(range.name, "application/problem+json")
            {
                self.json.take(.type, range.quality)
            }
        }
    }
}

/// One element of `Accept`.
private struct MediaRange {
    let name: ByteRange
    private let parameters: ByteRange
    /// The comma behind it, or the value's end.
    let end: Int
    /// In thousandths; 1 when nothing is said.
    private(set) var quality = 1000

    init(at start: Int, before limit: Int, in bytes: RawSpan) {
        var nameEnd: Int?
        var isQuoted = false
        var offset = start
        while offset < limit {
            switch bytes.at(offset) {
            case UInt8(ascii: "\\") where isQuoted: offset += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ";") where !isQuoted && nameEnd == nil: nameEnd = offset
            case UInt8(ascii: ",") where !isQuoted:
                self.init(start, nameEnd ?? offset, offset, bytes)
                return
            default: break
            }
            offset += 1
        }
        self.init(start, nameEnd ?? limit, limit, bytes)
    }

    private init(_ start: Int, _ nameEnd: Int, _ end: Int, _ bytes: RawSpan) {
        self.name = ForwardedAddress.trimmed(ByteRange(start: start, end: nameEnd), in: bytes)
        self.parameters = ByteRange(start: nameEnd, end: end)
        self.end = end
    }

    /// A quality that is none counts as zero: what cannot be read is not preferred.
    mutating func readQuality(in bytes: RawSpan) {
        var start = self.parameters.lowerBound
        while start < self.parameters.upperBound {
            var end = start + 1
            var isQuoted = false
            while end < self.parameters.upperBound, isQuoted || bytes.at(end) != UInt8(ascii: ";") {
                if bytes.at(end) == UInt8(ascii: "\"") { isQuoted.toggle() }
                end += 1
            }
            let text = ForwardedAddress.trimmed(ByteRange(start: start + 1, end: end), in: bytes)
            if text.count >= 2, bytes.at(text.lowerBound) | 0x20 == UInt8(ascii: "q"),
                bytes.at(text.lowerBound + 1) == UInt8(ascii: "=")
            {
                self.quality = Self.thousandths(ByteRange(start: text.lowerBound + 2, end: text.upperBound), in: bytes)
                return
            }
            start = end
        }
    }

    /// `0`, `1`, `0.5`, `0.125`, `1.000` (RFC 9110 section 12.4.2).
    private static func thousandths(_ text: ByteRange, in bytes: RawSpan) -> Int {
        guard (1...5).contains(text.count) else { return 0 }
        let whole = bytes.at(text.lowerBound) &- 0x30
        guard whole <= 1 else { return 0 }
        if text.count == 1 { return Int(whole) * 1000 }
        guard bytes.at(text.lowerBound + 1) == .dot else { return 0 }
        var value = Int(whole) * 1000
        var unit = 100
        for offset in text.lowerBound + 2..<text.upperBound {
            let digit = bytes.at(offset) &- 0x30
            guard digit < (whole == 1 ? 1 : 10) else { return 0 }
            value += Int(digit) * unit
            unit /= 10
        }
        return value
    }
}
