/// Checks signatures made with one key, with libcrypto contexts that are made once and reused for each token. Belongs
/// to one worker.
enum SignatureCheck {
    case hmac(HMACCheck)
    /// RSA and ECDSA: over a digest.
    case digest(DigestSignatureCheck)
    case edwards(EdwardsCheck)

    /// Nil when libcrypto cannot make the contexts, which only a lack of memory or a policy of the host explains.
    init?(_ key: VerificationKey) {
        switch key.material {
        case .secret(let secret):
            guard let check = HMACCheck(secret: secret, algorithm: key.algorithm) else { return nil }
            self = .hmac(check)
        case .publicKey(let publicKey) where key.algorithm.family == .edDSA:
            guard let check = EdwardsCheck(publicKey) else { return nil }
            self = .edwards(check)
        case .publicKey(let publicKey):
            guard let check = DigestSignatureCheck(publicKey, algorithm: key.algorithm) else { return nil }
            self = .digest(check)
        }
    }

    func accepts(_ signature: UnsafeBufferPointer<UInt8>, of message: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .hmac(let check): check.accepts(signature, of: message)
        case .digest(let check): check.accepts(signature, of: message)
        case .edwards(let check): check.accepts(signature, of: message)
        }
    }

    func accepts(_ signature: [UInt8], of message: UnsafeRawBufferPointer) -> Bool {
        signature.withUnsafeBufferPointer { self.accepts($0, of: message) }
    }
}
