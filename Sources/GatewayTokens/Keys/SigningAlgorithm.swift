/// The signature algorithms of RFC 7518 and RFC 8037 that simplejwt can be set to. `none` is not one of them.
package enum SigningAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es256k = "ES256K"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"

    /// What somebody else calls an algorithm: equal in every byte. `rawValue` will not do, for Swift's texts are equal when
    /// Unicode says so, and `ES256K` may then end with a Kelvin sign.
    init?(exactly name: some Collection<UInt8>) {
        guard let algorithm = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name) }) else { return nil }
        self = algorithm
    }

    /// Whether the key is a shared secret, which also signs.
    package var usesSecret: Bool { self.family == .hmac }
}

extension SigningAlgorithm {
    enum Family: Sendable { case hmac, rsaPKCS1, rsaPSS, ecdsa, edDSA }

    var family: Family {
        switch self {
        case .hs256, .hs384, .hs512: .hmac
        case .rs256, .rs384, .rs512: .rsaPKCS1
        case .ps256, .ps384, .ps512: .rsaPSS
        case .es256, .es256k, .es384, .es512: .ecdsa
        case .edDSA: .edDSA
        }
    }

    /// Libcrypto's name for the digest; nil where the algorithm brings its own.
    var digestName: String? {
        switch self {
        case .hs256, .rs256, .ps256, .es256, .es256k: "SHA256"
        case .hs384, .rs384, .ps384, .es384: "SHA384"
        case .hs512, .rs512, .ps512, .es512: "SHA512"
        case .edDSA: nil
        }
    }

    /// Bytes of the digest; for an HMAC also the least its secret should have (RFC 7518 section 3.2).
    var digestLength: Int {
        switch self.digestName {
        case "SHA256": 32
        case "SHA384": 48
        case "SHA512": 64
        default: 0
        }
    }

    /// Libcrypto's name for the curve of an ES algorithm.
    var curveName: String? {
        switch self {
        case .es256: "prime256v1"
        case .es256k: "secp256k1"
        case .es384: "secp384r1"
        case .es512: "secp521r1"
        default: nil
        }
    }

    /// Bytes of R and of S in an ES signature (RFC 7518 section 3.4).
    var coordinateLength: Int {
        switch self {
        case .es256, .es256k: 32
        case .es384: 48
        case .es512: 66
        default: 0
        }
    }
}
