internal import CLibCrypto

/// RSA PKCS#1 v1.5, RSA-PSS and ECDSA with one public key: the message is hashed, then the digest's signature checked.
final class DigestSignatureCheck {
    private let key: PublicKey
    private let algorithm: SigningAlgorithm
    private let digest: OpaquePointer
    private let digestContext: OpaquePointer
    private let keyContext: OpaquePointer
    private let signatureLength: Int
    private var hash: [UInt8]
    private var der: [UInt8] = []

    init?(_ key: PublicKey, algorithm: SigningAlgorithm) {
        defer { ERR_clear_error() }
        let digest = EVP_MD_fetch(nil, algorithm.digestName, nil)
        let digestContext = EVP_MD_CTX_new()
        let keyContext = EVP_PKEY_CTX_new(key.pointer, nil)
        guard let digest, let digestContext, let keyContext,
            EVP_PKEY_verify_init(keyContext) == 1,
            EVP_PKEY_CTX_set_signature_md(keyContext, digest) == 1,
            Self.setPadding(of: keyContext, for: algorithm, digest: digest)
        else {
            EVP_PKEY_CTX_free(keyContext)
            EVP_MD_CTX_free(digestContext)
            EVP_MD_free(digest)
            return nil
        }
        self.key = key
        self.algorithm = algorithm
        self.digest = digest
        self.digestContext = digestContext
        self.keyContext = keyContext
        self.signatureLength =
            algorithm.family == .ecdsa ? 2 * algorithm.coordinateLength : Int(EVP_PKEY_get_size(key.pointer))
        self.hash = [UInt8](repeating: 0, count: algorithm.digestLength)
    }

    deinit {
        EVP_PKEY_CTX_free(self.keyContext)
        EVP_MD_CTX_free(self.digestContext)
        EVP_MD_free(self.digest)
    }

    private static func setPadding(
        of context: OpaquePointer,
        for algorithm: SigningAlgorithm,
        digest: OpaquePointer
    ) -> Bool {
        switch algorithm.family {
        case .rsaPKCS1:
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        case .rsaPSS:
            // RFC 7518 section 3.5: MGF1 with the same digest, a salt as long as the digest.
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1
        case .hmac, .ecdsa, .edDSA:
            true
        }
    }

    func accepts(_ signature: UnsafeBufferPointer<UInt8>, of message: UnsafeRawBufferPointer) -> Bool {
        // Libcrypto takes a PSS signature that is shorter than the modulus; RFC 8017 section 8.1.2 does not.
        guard signature.count == self.signatureLength, self.computeHash(message) else { return false }
        if self.algorithm.family == .ecdsa {
            ECDSASignature.writeDER(ofFixedWidth: signature, into: &self.der)
            return self.verify(self.der, self.der.count)
        }
        guard let start = signature.baseAddress else { return false }
        return self.verify(start, signature.count)
    }

    private func verify(_ signature: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        if EVP_PKEY_verify(self.keyContext, signature, count, self.hash, self.hash.count) == 1 { return true }
        ERR_clear_error()
        return false
    }

    private func computeHash(_ message: UnsafeRawBufferPointer) -> Bool {
        EVP_DigestInit_ex2(self.digestContext, self.digest, nil) == 1
            && EVP_DigestUpdate(self.digestContext, message.baseAddress, message.count) == 1
            && EVP_DigestFinal_ex(self.digestContext, &self.hash, nil) == 1
    }
}
