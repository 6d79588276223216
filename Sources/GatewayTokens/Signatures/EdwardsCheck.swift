internal import CLibCrypto

/// Ed25519 and Ed448 with one public key (RFC 8037).
final class EdwardsCheck {
    private let key: PublicKey
    private let context: OpaquePointer
    private let signatureLength: Int

    init?(_ key: PublicKey) {
        guard let curve = EdwardsCurve.allCases.first(where: { EVP_PKEY_is_a(key.pointer, $0.rawValue) == 1 }),
            let context = EVP_MD_CTX_new()
        else { return nil }
        self.key = key
        self.context = context
        self.signatureLength = curve.signatureLength
    }

    deinit { EVP_MD_CTX_free(self.context) }

    func accepts(_ signature: UnsafeBufferPointer<UInt8>, of message: UnsafeRawBufferPointer) -> Bool {
        guard signature.count == self.signatureLength else { return false }
        // Since libcrypto 3.2 a finished context is not taken a second time, so it starts anew for each token. That is
        // some 3 of 100 microseconds.
        let isValid =
            EVP_MD_CTX_reset(self.context) == 1
            && EVP_DigestVerifyInit(self.context, nil, nil, nil, self.key.pointer) == 1
            && EVP_DigestVerify(
                self.context,
                signature.baseAddress,
                signature.count,
                message.baseAddress?.assumingMemoryBound(to: UInt8.self),
                message.count
            ) == 1
        if !isValid { ERR_clear_error() }
        return isValid
    }
}
