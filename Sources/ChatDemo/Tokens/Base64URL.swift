/// Base64 with an alphabet of choice; the URL form is unpadded, as compact tokens want it (RFC 7515 section 2).
enum Base64 {
    static func urlEncoded(_ bytes: [UInt8]) -> String {
        encode(bytes, alphabet: urlAlphabet, padded: false)
    }

    /// The ordinary form, for the hashes in a content security policy.
    static func encoded(_ bytes: [UInt8]) -> String {
        encode(bytes, alphabet: plainAlphabet, padded: true)
    }

    static func urlDecoded(_ text: Substring) -> [UInt8]? {
        var out: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            guard let value = urlAlphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // A single left-over character carries no whole byte, and unused bits must be zero.
        let leftOver = bits & (1 << UInt32(count) - 1)
        return count == 6 || leftOver != 0 ? nil : out
    }

    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    private static let urlAlphabet = letters + Array("-_".utf8)
    private static let plainAlphabet = letters + Array("+/".utf8)

    private static func encode(_ bytes: [UInt8], alphabet: [UInt8], padded: Bool) -> String {
        var out: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for index in 0...group.count {
                out.append(alphabet[Int(bits >> UInt32(18 - 6 * index)) & 63])
            }
            if padded { out.append(contentsOf: repeatElement(UInt8(ascii: "="), count: 3 - group.count)) }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
