/// A key bound to one algorithm (RFC 8725 section 3.1), checked once when it is loaded and immutable afterwards.
package final class VerificationKey: Sendable {
    package let algorithm: SigningAlgorithm
    /// The name its set gives it (`kid`).
    package let keyID: String?
    /// Something an operator should know although the key can be used.
    package let warning: String?
    /// Tells keys apart within this process, and is of no use outside it: the same for the same key and algorithm however
    /// often it is loaded.
    package let fingerprint: UInt64
    let material: Material

    enum Material: Sendable {
        case secret([UInt8])
        case publicKey(PublicKey)
    }

    private init(_ material: Material, algorithm: SigningAlgorithm, keyID: String?, warning: String?) {
        self.material = material
        self.algorithm = algorithm
        self.keyID = keyID
        self.warning = warning
        self.fingerprint = material.fingerprint(algorithm)
    }

    /// The shared secret of an HS algorithm: the very bytes that Django's `SIGNING_KEY` has in UTF-8, never base64.
    package static func secret(
        _ utf8: [UInt8],
        algorithm: SigningAlgorithm
    ) throws(KeyProblem) -> VerificationKey {
        try self.secret(utf8, algorithm: algorithm, keyID: nil)
    }

    static func secret(
        _ bytes: [UInt8],
        algorithm: SigningAlgorithm,
        keyID: String?
    ) throws(KeyProblem) -> VerificationKey {
        guard algorithm.usesSecret else { throw .secretForPublicKeyAlgorithm(algorithm) }
        guard !bytes.isEmpty else { throw .emptySecret }
        if let found = KeyText(recognizing: bytes) { throw .secretIsKey(found) }
        return VerificationKey(
            .secret(bytes),
            algorithm: algorithm,
            keyID: keyID,
            warning: SecretStrength.warning(bytes, algorithm: algorithm)
        )
    }

    /// The public key of any other algorithm, as PEM: `PUBLIC KEY`, `RSA PUBLIC KEY`, or the key inside a `CERTIFICATE`
    /// (of a chain the first; neither its issuer nor its dates are looked at).
    package static func publicKey(
        pem: String,
        algorithm: SigningAlgorithm
    ) throws(KeyProblem) -> VerificationKey {
        guard !algorithm.usesSecret else { throw .publicKeyForSecretAlgorithm(algorithm) }
        return try VerificationKey(PublicKey(pem: Array(pem.utf8)), algorithm: algorithm, keyID: nil)
    }

    /// The same key under a name that its text does not give it.
    package func named(_ keyID: String) -> VerificationKey {
        VerificationKey(self.material, algorithm: self.algorithm, keyID: keyID, warning: self.warning)
    }

    convenience init(_ key: PublicKey, algorithm: SigningAlgorithm, keyID: String?) throws(KeyProblem) {
        try key.check(for: algorithm)
        self.init(.publicKey(key), algorithm: algorithm, keyID: keyID, warning: nil)
    }
}

/// Secrets are shown nowhere, whoever prints or dumps what holds them.
extension VerificationKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(self.algorithm.rawValue) key" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension VerificationKey.Material {
    /// Keyed per process, so that it says nothing about a secret.
    fileprivate func fingerprint(_ algorithm: SigningAlgorithm) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(algorithm)
        switch self {
        case .secret(let secret): hasher.combine(secret)
        case .publicKey(let key): hasher.combine(key.encoded)
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
