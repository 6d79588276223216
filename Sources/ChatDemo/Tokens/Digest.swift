import CLibCrypto

/// The two libcrypto calls that the demo needs.
enum Digest {
    static let length = 32

    /// HMAC-SHA-256; nil only when libcrypto fails.
    static func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8]? {
        var out = [UInt8](repeating: 0, count: length)
        var written = 0
        let done = EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, key, key.count, message, message.count, &out, out.count, &written
        )
        return done != nil && written == length ? out : nil
    }

    static func sha256(_ message: [UInt8]) -> [UInt8]? {
        var out = [UInt8](repeating: 0, count: length)
        var written: UInt32 = 0
        let done = EVP_Digest(message, message.count, &out, &written, EVP_sha256(), nil)
        return done == 1 && Int(written) == length ? out : nil
    }

    /// Compares without telling, by the time it takes, where two digests differ.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
