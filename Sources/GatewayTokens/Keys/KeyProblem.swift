/// Why a key is refused when the configuration is loaded.
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
    case badRSAExponent
    case weakPoint

    /// What a text looks like, when it is not what was asked for.
    package enum KeyText: String, Sendable {
        case pem = "a PEM key"
        case ssh = "an SSH key"
        case jwk = "a JSON Web Key"
        case der = "a DER key"
    }

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
            "a PEM block of type \(label) is not a public key or a certificate"
        case .unreadable(let label):
            "the PEM block of type \(label) cannot be read"
        case .wrongFamily(let expected, let found):
            "the algorithm needs a key of type \(expected), this is \(found)"
        case .wrongCurve(let expected, let found):
            "the algorithm needs a key on the curve \(expected), this one is on \(found)"
        case .rsaTooShort(let bits):
            "the RSA key has \(bits) bits, at least 2048 are needed"
        case .rsaTooLong(let bits):
            "the RSA key has \(bits) bits, at most 16384 are possible"
        case .badRSAExponent:
            "the RSA key's public exponent must be odd and between 3 and 2^64"
        case .weakPoint:
            "the key's point does not lie on its curve or is of small order: anyone could sign for it"
        }
    }
}
