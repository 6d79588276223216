/// Base64url as RFC 7515 section 2 wants it: no padding, no other characters, and unused bits of the last character
/// zero, so that each byte string has exactly one spelling.
package enum Base64URL {
    /// The value of each character; 255 for bytes outside the alphabet.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// How many bytes so many characters stand for; nil when no bytes are spelled like that.
    private static func length(of characters: Int) -> Int? {
        let tail = characters % 4
        return tail == 1 ? nil : characters / 4 * 3 + (tail == 0 ? 0 : tail - 1)
    }

    /// The bytes that `range` of `text` stands for, or nil when it is not spelled strictly.
    package static func decode(_ text: RawSpan, _ range: Range<Int>) -> [UInt8]? {
        guard let count = self.length(of: range.count) else { return nil }
        var isStrict = false
        let bytes = text.withUnsafeBytes { text in
            let source = UnsafeRawBufferPointer(rebasing: text[range])
            return [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
                isStrict = decode(source, into: target)
                initialized = isStrict ? count : 0
            }
        }
        return isStrict ? bytes : nil
    }

    /// The same into the beginning of `bytes`, which grows as needed and never shrinks; the number of bytes.
    static func decode(_ text: RawSpan, _ range: Range<Int>, into bytes: inout [UInt8]) -> Int? {
        guard let count = self.length(of: range.count) else { return nil }
        if bytes.count < count { bytes = [UInt8](repeating: 0, count: count) }
        let isStrict = text.withUnsafeBytes { text in
            bytes.withUnsafeMutableBufferPointer {
                self.decode(UnsafeRawBufferPointer(rebasing: text[range]), into: $0)
            }
        }
        return isStrict ? count : nil
    }

    /// `target` must have room for three bytes of every four characters, rounded down.
    private static func decode(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<UInt8>) -> Bool
    {
        self.values.withUnsafeBufferPointer { values in
            var read = 0
            var write = 0
            var invalid: UInt8 = 0
            while read &+ 4 <= source.count {
                let (a, b) = (values[Int(source[read])], values[Int(source[read &+ 1])])
                let (c, d) = (values[Int(source[read &+ 2])], values[Int(source[read &+ 3])])
                invalid |= a | b | c | d
                target[write] = a << 2 | b >> 4
                target[write &+ 1] = b << 4 | c >> 2
                target[write &+ 2] = c << 6 | d
                read &+= 4
                write &+= 3
            }
            switch source.count &- read {
            case 2:
                let (a, b) = (values[Int(source[read])], values[Int(source[read &+ 1])])
                invalid |= a | b | (b & 0x0F == 0 ? 0 : 255)
                target[write] = a << 2 | b >> 4
            case 3:
                let (a, b) = (values[Int(source[read])], values[Int(source[read &+ 1])])
                let c = values[Int(source[read &+ 2])]
                invalid |= a | b | c | (c & 0x03 == 0 ? 0 : 255)
                target[write] = a << 2 | b >> 4
                target[write &+ 1] = b << 4 | c >> 2
            default:
                break
            }
            return invalid < 64
        }
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        self.append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        text.reserveCapacity(text.count + (bytes.count * 4 + 2) / 3)
        var index = 0
        while index < bytes.count {
            let left = Swift.min(3, bytes.count - index)
            let (a, b) = (bytes[index], left > 1 ? bytes[index + 1] : 0)
            let c = left > 2 ? bytes[index + 2] : 0
            text.append(self.alphabet[Int(a >> 2)])
            text.append(self.alphabet[Int((a & 0x03) << 4 | b >> 4)])
            if left > 1 { text.append(self.alphabet[Int((b & 0x0F) << 2 | c >> 6)]) }
            if left > 2 { text.append(self.alphabet[Int(c & 0x3F)]) }
            index += 3
        }
    }
}
