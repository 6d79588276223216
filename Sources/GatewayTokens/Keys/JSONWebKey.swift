/// One JSON Web Key (RFC 7517, RFC 7518 section 6, RFC 8037): its description is read at once, its numbers when it is
/// bound to algorithms.
struct JSONWebKey {
    let keyID: String?
    let type: KeyType
    private let algorithm: SigningAlgorithm?
    private let members: JWKMembers

    /// `kty` and `crv`.
    enum KeyType: Equatable {
        case rsa
        /// The one algorithm of the curve.
        case ec(SigningAlgorithm)
        case okp(EdwardsCurve)
        case oct
    }

    init(_ members: JWKMembers) throws(KeyProblem) {
        self.members = members
        self.type = try KeyType(members)
        if members.has("use"), members.text("use") != "sig" { throw .notForSignatures }
        try Self.checkOperations(members, needed: "verify", otherwise: .notForVerification)
        self.keyID = try members.keyID()
        self.algorithm = try members.algorithm()
    }

    /// RFC 7517 section 4.3.
    static func checkOperations(
        _ members: JWKMembers,
        needed: String,
        otherwise problem: KeyProblem
    ) throws(KeyProblem) {
        guard members.has("key_ops") else { return }
        guard let operations = members.texts("key_ops"), Set(operations).count == operations.count else {
            throw .badMember("key_ops")
        }
        guard operations.contains(needed) else { throw problem }
    }

    /// The key once for each algorithm it may be used with: its own `alg`, when it names one, otherwise every allowed
    /// one that fits its type and curve. A token is still checked under the algorithm its header names, and each of
    /// these is bound to that one alone.
    func bind(to allowed: [SigningAlgorithm], origin: KeyOrigin) throws(KeyProblem) -> [VerificationKey] {
        if self.type == .oct, origin == .published { throw .publishedSecret }
        let algorithms = try self.algorithms(among: allowed)
        if self.type == .oct {
            let secret = try self.members.bytes("k")
            return try algorithms.map { (algorithm) throws(KeyProblem) in
                try VerificationKey.secret(secret, algorithm: algorithm, keyID: self.keyID)
            }
        }
        let key = try PublicKey(self.members, self.type)
        return try algorithms.map { (algorithm) throws(KeyProblem) in
            try VerificationKey(key, algorithm: algorithm, keyID: self.keyID)
        }
    }

    private func algorithms(among allowed: [SigningAlgorithm]) throws(KeyProblem) -> [SigningAlgorithm] {
        if let algorithm = self.algorithm {
            guard self.type.fits(algorithm) else { throw .algorithmDoesNotFit(algorithm) }
            guard allowed.contains(algorithm) else { throw .algorithmNotAllowed(algorithm) }
            return [algorithm]
        }
        let fitting = allowed.filter(self.type.fits)
        guard !fitting.isEmpty else { throw .noAllowedAlgorithm(keyType: self.type.name) }
        return fitting
    }
}

extension JSONWebKey.KeyType {
    init(_ members: JWKMembers) throws(KeyProblem) {
        switch members.text("kty") {
        case "RSA": self = .rsa
        case "EC":
            let curve = members.text("crv")
            guard let algorithm = SigningAlgorithm.allCases.first(where: { $0.jwkCurve != nil && $0.jwkCurve == curve })
            else { throw .unsupportedCurve }
            self = .ec(algorithm)
        case "OKP":
            switch members.text("crv") {
            case "Ed25519": self = .okp(.ed25519)
            case "Ed448": self = .okp(.ed448)
            default: throw .unsupportedCurve
            }
        case "oct": self = .oct
        case .some: throw .unsupportedKeyType
        case nil: throw .badMember("kty")
        }
    }

    func fits(_ algorithm: SigningAlgorithm) -> Bool {
        switch (self, algorithm.family) {
        case (.rsa, .rsaPKCS1), (.rsa, .rsaPSS), (.okp, .edDSA), (.oct, .hmac): true
        case (.ec(let own), .ecdsa): own == algorithm
        case (.rsa, _), (.ec, _), (.okp, _), (.oct, _): false
        }
    }

    var name: String {
        switch self {
        case .rsa: "RSA"
        case .ec(let algorithm): "EC on \(algorithm.jwkCurve ?? "")"
        case .okp: "OKP"
        case .oct: "oct"
        }
    }
}

extension SigningAlgorithm {
    /// The `crv` of an ES algorithm.
    var jwkCurve: String? {
        switch self {
        case .es256: "P-256"
        case .es256k: "secp256k1"
        case .es384: "P-384"
        case .es512: "P-521"
        default: nil
        }
    }
}
