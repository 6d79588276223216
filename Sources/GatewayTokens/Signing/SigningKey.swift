/// A key that signs tokens with one algorithm: the gateway's own assertions, and users' tokens for commands and tests only.
package final class SigningKey: Sendable {
    package let algorithm: SigningAlgorithm
    /// Becomes the token's `kid`.
    package let keyID: String?
    private let material: Material

    private enum Material: Sendable {
        case secret([UInt8])
        case privateKey(PrivateKey)
    }

    private init(_ material: Material, _ algorithm: SigningAlgorithm, keyID: String?) {
        self.material = material
        self.algorithm = algorithm
        self.keyID = keyID
    }

    /// The shared secret of an HS algorithm, as `VerificationKey.secret` takes it.
    package static func secret(
        _ utf8: [UInt8],
        algorithm: SigningAlgorithm,
        keyID: String? = nil
    ) throws(KeyProblem) -> SigningKey {
        _ = try VerificationKey.secret(utf8, algorithm: algorithm)
        return SigningKey(.secret(utf8), algorithm, keyID: keyID)
    }

    /// A private key in PEM, not encrypted, or a JSON Web Key with its private members. A JSON Web Key's own `kid` is
    /// taken when none is given, and its `alg` must be `algorithm` when it has one.
    package static func privateKey(
        _ text: [UInt8],
        algorithm: SigningAlgorithm,
        keyID: String? = nil
    ) throws(KeyProblem) -> SigningKey {
        guard text.count <= JSONWebKeySet.maximumLength else { throw .tooLarge }
        switch KeyText(recognizing: text) {
        case .jwk:
            return try self.jwk(text, algorithm, keyID)
        case .jwks, .ssh, .der, nil:
            throw .notPrivateKey
        case .pem:
            guard !algorithm.usesSecret else { throw .publicKeyForSecretAlgorithm(algorithm) }
            let key = try PrivateKey(pem: text)
            try key.check(for: algorithm)
            return SigningKey(.privateKey(key), algorithm, keyID: keyID)
        }
    }

    private static func jwk(
        _ text: [UInt8],
        _ algorithm: SigningAlgorithm,
        _ keyID: String?
    ) throws(KeyProblem) -> SigningKey {
        let document = try JSONWebKeySet.parse(text)
        guard let members = JWKMembers(document, document.root) else { throw .notPrivateKey }
        let type = try JSONWebKey.KeyType(members)
        if members.has("use"), members.text("use") != "sig" { throw .notForSignatures }
        try JSONWebKey.checkOperations(members, needed: "sign", otherwise: .notForSigning)
        if let own = try members.algorithm(), own != algorithm { throw .algorithmNotAllowed(own) }
        guard type.fits(algorithm) else { throw .algorithmDoesNotFit(algorithm) }
        let ownID = try members.keyID()
        let name = keyID ?? ownID
        if type == .oct { return try self.secret(members.bytes("k"), algorithm: algorithm, keyID: name) }
        let key = try PrivateKey(members, type)
        try key.check(for: algorithm)
        return SigningKey(.privateKey(key), algorithm, keyID: name)
    }

    /// Whether tokens that this key signs are accepted with `key`, were it not for what they say.
    package func isCounterpart(of key: VerificationKey) -> Bool {
        switch (self.material, key.material) {
        case (.secret(let own), .secret(let other)): return own == other
        case (.privateKey(let own), .publicKey(let other)):
            let encoded = own.encodedPublicHalf
            return !encoded.isEmpty && encoded == other.encoded
        case (.secret, .publicKey), (.privateKey, .secret): return false
        }
    }

    /// Nil when this is no secret, and when libcrypto fails.
    func makeCode() -> HMACCheck? {
        guard case .secret(let secret) = self.material else { return nil }
        return HMACCheck(secret: secret, algorithm: self.algorithm)
    }

    /// Nil when libcrypto fails.
    func sign(_ message: [UInt8]) -> [UInt8]? {
        switch self.material {
        case .secret(let secret): HMACCheck(secret: secret, algorithm: self.algorithm)?.authenticate(message)
        case .privateKey(let key): key.sign(message, self.algorithm)
        }
    }
}

/// Shown nowhere, whoever prints or dumps it.
extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "\(self.algorithm.rawValue) signing key" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
