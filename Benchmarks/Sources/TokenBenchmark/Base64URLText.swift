/// The plain way: the gateway's own is internal to its target.
enum Base64URLText {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ text: String) -> String {
        var result: [UInt8] = []
        var (buffer, bits) = (0, 0)
        for byte in text.utf8 {
            buffer = buffer << 8 | Int(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                result.append(self.alphabet[buffer >> bits & 63])
            }
            buffer &= 63
        }
        if bits > 0 { result.append(self.alphabet[buffer << (6 - bits) & 63]) }
        return String(decoding: result, as: UTF8.self)
    }

    static func decode(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var (buffer, bits) = (0, 0)
        for character in text.utf8 {
            buffer = buffer << 6 | (self.alphabet.firstIndex(of: character) ?? 0)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
                buffer &= 0xFF
            }
        }
        return bytes
    }
}
