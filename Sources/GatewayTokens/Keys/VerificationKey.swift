/// A key bound to one algorithm (RFC 8725 section 3.1), checked once when it is loaded and immutable afterwards.
package final class VerificationKey: Sendable {
    package let algorithm: SigningAlgorithm
    /// Something an operator should know although the key can be used.
    package let warning: String?
    let material: Material

    enum Material: Sendable {
        case secret([UInt8])
        case publicKey(PublicKey)
    }

    private init(_ material: Material, algorithm: SigningAlgorithm, warning: String?) {
        self.material = material
        self.algorithm = algorithm
        self.warning = warning
    }

    /// The shared secret of an HS algorithm: the very bytes that Django's `SIGNING_KEY` has in UTF-8, never base64.
    package static func secret(
        _ utf8: [UInt8],
        algorithm: SigningAlgorithm
    ) throws(KeyProblem) -> VerificationKey {
        guard algorithm.usesSecret else { throw .secretForPublicKeyAlgorithm(algorithm) }
        guard !utf8.isEmpty else { throw .emptySecret }
        if let found = KeyProblem.KeyText(recognizing: utf8) { throw .secretIsKey(found) }
        return VerificationKey(
            .secret(utf8),
            algorithm: algorithm,
            warning: SecretStrength.warning(utf8, algorithm: algorithm)
        )
    }

    /// The public key of any other algorithm, as PEM: `PUBLIC KEY`, `RSA PUBLIC KEY`, or the key inside a `CERTIFICATE`
    /// (of a chain the first; neither its issuer nor its dates are looked at).
    package static func publicKey(
        pem: String,
        algorithm: SigningAlgorithm
    ) throws(KeyProblem) -> VerificationKey {
        guard !algorithm.usesSecret else { throw .publicKeyForSecretAlgorithm(algorithm) }
        let key = try PublicKey(pem: pem)
        try key.check(for: algorithm)
        return VerificationKey(.publicKey(key), algorithm: algorithm, warning: nil)
    }
}
