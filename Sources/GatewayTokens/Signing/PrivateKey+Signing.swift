internal import CLibCrypto

extension PrivateKey {
    /// The signature as JWS writes it, or nil when libcrypto fails.
    func sign(_ message: [UInt8], _ algorithm: SigningAlgorithm) -> [UInt8]? {
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        guard EVP_DigestSignInit_ex(context, &keyContext, algorithm.digestName, nil, nil, self.pointer, nil) == 1,
            let keyContext, self.setPadding(of: keyContext, algorithm)
        else { return nil }
        var count = 0
        guard EVP_DigestSign(context, nil, &count, message, message.count) == 1 else { return nil }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else { return nil }
        signature.removeLast(signature.count - count)
        return algorithm.family == .ecdsa ? ECDSASignature.fixedWidth(ofDER: signature, algorithm) : signature
    }

    private func setPadding(of context: OpaquePointer, _ algorithm: SigningAlgorithm) -> Bool {
        guard algorithm.family == .rsaPSS else { return true }
        // RFC 7518 section 3.5; MGF1 uses the digest when nothing else is said.
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
    }
}

extension ECDSASignature {
    /// R and S side by side (RFC 7518 section 3.4).
    fileprivate static func fixedWidth(ofDER der: [UInt8], _ algorithm: SigningAlgorithm) -> [UInt8]? {
        let width = algorithm.coordinateLength
        return der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            guard let signature = d2i_ECDSA_SIG(nil, &position, buffer.count) else { return nil }
            defer { ECDSA_SIG_free(signature) }
            var (r, s) = ([UInt8](repeating: 0, count: width), [UInt8](repeating: 0, count: width))
            guard BN_bn2binpad(ECDSA_SIG_get0_r(signature), &r, Int32(width)) == Int32(width),
                BN_bn2binpad(ECDSA_SIG_get0_s(signature), &s, Int32(width)) == Int32(width)
            else { return nil }
            return r + s
        }
    }
}
