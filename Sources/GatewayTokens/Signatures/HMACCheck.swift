internal import CLibCrypto

/// HMAC with one secret (RFC 7518 section 3.2).
final class HMACCheck {
    private let secret: [UInt8]
    private let context: OpaquePointer
    private var code: [UInt8]

    init?(secret: [UInt8], algorithm: SigningAlgorithm) {
        guard let digest = algorithm.digestName, let hmac = EVP_MAC_fetch(nil, "HMAC", nil) else { return nil }
        defer { EVP_MAC_free(hmac) }
        guard let context = EVP_MAC_CTX_new(hmac) else { return nil }
        guard Self.setDigest(digest, of: context) else {
            EVP_MAC_CTX_free(context)
            return nil
        }
        self.secret = secret
        self.context = context
        self.code = [UInt8](repeating: 0, count: algorithm.digestLength)
    }

    deinit { EVP_MAC_CTX_free(self.context) }

    /// `OSSL_MAC_PARAM_DIGEST`, with a lifetime: the parameter keeps the pointer.
    private static let digestParameter: StaticString = "digest"

    private static func setDigest(_ name: String, of context: OpaquePointer) -> Bool {
        var name = Array(name.utf8CString)
        return name.withUnsafeMutableBufferPointer { name in
            var parameters = [
                OSSL_PARAM_construct_utf8_string(Self.digestParameter.cString, name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_CTX_set_params(context, &parameters) == 1
        }
    }

    func accepts(_ signature: UnsafeBufferPointer<UInt8>, of message: UnsafeRawBufferPointer) -> Bool {
        guard self.compute(message) else { return false }
        // The length is no secret, the bytes are compared in constant time.
        return signature.count == self.code.count
            && CRYPTO_memcmp(signature.baseAddress, self.code, self.code.count) == 0
    }

    /// The code of `message`, or nil when libcrypto fails.
    func authenticate(_ message: [UInt8]) -> [UInt8]? {
        message.withUnsafeBytes { self.compute($0) } ? self.code : nil
    }

    private func compute(_ message: UnsafeRawBufferPointer) -> Bool {
        var count = 0
        // The secret every time: reusing the last one by passing none works only since libcrypto 3.0.3.
        return EVP_MAC_init(self.context, self.secret, self.secret.count, nil) == 1
            && EVP_MAC_update(self.context, message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count)
                == 1
            && EVP_MAC_final(self.context, &self.code, &count, self.code.count) == 1
            && count == self.code.count
    }
}
