/// Why a key is refused when the configuration is loaded. No message quotes a key.
package enum KeyProblem: Error, Sendable, Equatable {
    case emptySecret
    /// A public key used as an HMAC secret is known to every attacker.
    case secretIsKey(KeyText)
    case secretForPublicKeyAlgorithm(SigningAlgorithm)
    case publicKeyForSecretAlgorithm(SigningAlgorithm)

    case privateKey
    case notPEM(KeyText?)
    case escapedLineBreaks
    case severalKeys
    case unsupportedPEM(label: String)
    case unreadable(label: String)

    case wrongFamily(expected: String, found: String)
    case wrongCurve(expected: String, found: String)
    case rsaTooShort(bits: Int)
    case rsaTooLong(bits: Int)
    case badRSAModulus
    case badRSAExponent
    case weakPoint

    // MARK: Documents

    case tooLarge
    case tooManyKeys
    case notKeySet
    /// A key set without a single key.
    case noKeys
    case noUsableKey([SkippedKey])

    // MARK: JSON Web Keys

    /// One of the members that only the signer may know, by its name.
    case privateMember(String)
    case badMember(String)
    case unsupportedKeyType
    case unsupportedCurve
    case unsupportedKeyAlgorithm
    case algorithmDoesNotFit(SigningAlgorithm)
    case algorithmNotAllowed(SigningAlgorithm)
    case noAllowedAlgorithm(keyType: String)
    case notForSignatures
    case notForVerification
    case duplicateKeyID
    /// Whoever can fetch the set could sign.
    case publishedSecret

    // MARK: Keys that sign

    case notPrivateKey
    case encryptedPrivateKey
    case inconsistentPrivateKey
    case notForSigning
}

extension KeyProblem {
    package var message: String {
        switch self {
        case .emptySecret:
            "the secret is empty"
        case .secretIsKey(let found):
            "an HS algorithm needs a random secret, this is \(found.rawValue)"
        case .secretForPublicKeyAlgorithm(let algorithm):
            "\(algorithm.rawValue) is verified with a public key, not with a secret"
        case .publicKeyForSecretAlgorithm(let algorithm):
            "\(algorithm.rawValue) is verified with a secret, not with a public key"
        case .privateKey:
            "this is a private key: a gateway that only verifies must not have it; give it the public key"
                + " (openssl pkey -in private.pem -pubout)"
        case .notPEM(nil):
            "not a PEM key: expected a text from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----"
        case .notPEM(let found?):
            "expected a PEM public key, this is \(found.rawValue)"
        case .escapedLineBreaks:
            "the PEM text has \\n where its line breaks should be"
        case .severalKeys:
            "the PEM text holds more than one key"
        case .unsupportedPEM(let label):
            "a PEM block of type \(label) cannot be used here"
        case .unreadable(let label):
            "the PEM block of type \(label) cannot be read"
        case .wrongFamily(let expected, let found):
            "the algorithm needs a key of type \(expected), this is \(found)"
        case .wrongCurve(let expected, let found):
            "the algorithm needs a key on the curve \(expected), this one is on \(found)"
        case .rsaTooShort(let bits):
            "the RSA key has \(bits) bits, at least 2048 are needed"
        case .rsaTooLong(let bits):
            "the RSA key has \(bits) bits, at most 8192 are taken"
        case .badRSAModulus:
            "the RSA key's modulus is even: anyone could sign for it"
        case .badRSAExponent:
            "the RSA key's public exponent must be odd and between 3 and 2^64"
        case .weakPoint:
            "the key's point does not lie on its curve or is of small order: anyone could sign for it"
        case .notPrivateKey:
            "signing needs a private key, this is not one"
        case .encryptedPrivateKey:
            "the private key is encrypted: decrypt it first (openssl pkey -in key.pem -out plain.pem)"
        case .inconsistentPrivateKey:
            "the parts of the private key do not belong together"
        default:
            self.documentMessage
        }
    }

    /// Of what can be wrong with JSON Web Keys and files of several keys.
    private var documentMessage: String {
        switch self {
        case .tooLarge:
            "the text is longer than 1 MiB"
        case .tooManyKeys:
            "there are more keys than are taken, at most \(JSONWebKeySet.maximumKeys)"
        case .notKeySet:
            #"not a JSON Web Key Set: expected {"keys": [...]}"#
        case .noKeys:
            "there is no key"
        case .noUsableKey(let skipped):
            "no key can be used: " + skipped.prefix(5).map(\.message).joined(separator: "; ")
                + (skipped.count > 5 ? "; …" : "")
        case .privateMember(let name):
            "the key has the private member “\(name)”: a gateway that only verifies must not have it, and whoever has"
                + " it can sign; renew the key if it was published"
        case .badMember(let name):
            "the key's member “\(name)” is missing or not what it should be"
        case .unsupportedKeyType:
            "the key's type (kty) is none of RSA, EC, OKP and oct"
        case .unsupportedCurve:
            "the key's curve (crv) is none of P-256, P-384, P-521, secp256k1, Ed25519 and Ed448"
        case .unsupportedKeyAlgorithm:
            "the key's algorithm (alg) is no signature algorithm that is known here"
        case .algorithmDoesNotFit(let algorithm):
            "the key is for \(algorithm.rawValue), which needs a key of another type"
        case .algorithmNotAllowed(let algorithm):
            "the key is for \(algorithm.rawValue), which is not among the allowed algorithms"
        case .noAllowedAlgorithm(let keyType):
            "none of the allowed algorithms uses a key of type \(keyType)"
        case .notForSignatures:
            "the key is not for signatures (use)"
        case .notForVerification:
            "the key is not for verifying (key_ops)"
        case .notForSigning:
            "the key is not for signing (key_ops)"
        case .duplicateKeyID:
            "an earlier key has the same kid"
        case .publishedSecret:
            "a secret (kty oct) in a published set could be used by anyone to sign"
        default:
            "the key cannot be used"
        }
    }
}
