/// The keys that a text gave, and those that it did not.
package struct LoadedKeys: Sendable {
    /// At least one, in the order of the text.
    package internal(set) var keys: [VerificationKey] = []
    package internal(set) var skipped: [SkippedKey] = []

    init() {}

    /// From what an operator wrote down: PEM (one block or several), a JSON Web Key, a set of them, or a plain secret
    /// when `algorithms` has an HS algorithm. Each key is bound to those of `algorithms` that it fits. What is alone in
    /// its text must be usable; of several the unusable ones are skipped.
    ///
    /// Not for `SIGNING_KEY`: Django takes that text as the secret's bytes whatever it looks like
    /// (`VerificationKey.secret`).
    package static func configured(
        _ text: [UInt8],
        algorithms: [SigningAlgorithm]
    ) throws(KeyProblem) -> LoadedKeys {
        guard text.count <= JSONWebKeySet.maximumLength else { throw .tooLarge }
        switch KeyText(recognizing: text) {
        case .pem: return try self.pem(text, algorithms)
        case .jwk: return try self.single(text, algorithms)
        case .jwks: return try JSONWebKeySet.read(text, algorithms: algorithms, origin: .configured)
        case .ssh: throw .notPEM(.ssh)
        case .der: throw .notPEM(.der)
        case nil: return try self.secret(text, algorithms)
        }
    }

    /// From the document at a JWK_URL: a set, and nothing in it may be a secret.
    package static func published(
        _ document: [UInt8],
        algorithms: [SigningAlgorithm],
        maximumKeys: Int = .max
    ) throws(KeyProblem) -> LoadedKeys {
        try JSONWebKeySet.read(document, algorithms: algorithms, origin: .published, maximumKeys: maximumKeys)
    }

    func orProblem() throws(KeyProblem) -> LoadedKeys {
        guard self.keys.isEmpty else { return self }
        throw .noUsableKey(self.skipped)
    }

    private static func secret(_ text: [UInt8], _ algorithms: [SigningAlgorithm]) throws(KeyProblem) -> LoadedKeys {
        let usable = algorithms.filter(\.usesSecret)
        guard !usable.isEmpty else { throw .notPEM(nil) }
        var result = LoadedKeys()
        for algorithm in usable { result.keys.append(try .secret(text, algorithm: algorithm)) }
        return result
    }

    private static func single(_ text: [UInt8], _ algorithms: [SigningAlgorithm]) throws(KeyProblem) -> LoadedKeys {
        let document = try JSONWebKeySet.parse(text)
        guard let members = JWKMembers(document, document.root) else { throw .notKeySet }
        if let name = members.privateMember { throw .privateMember(name) }
        var result = LoadedKeys()
        result.keys = try JSONWebKey(members).bind(to: algorithms, origin: .configured)
        return result
    }

    private static func pem(_ text: [UInt8], _ algorithms: [SigningAlgorithm]) throws(KeyProblem) -> LoadedKeys {
        // Certificates in a row are a chain: whoever signed the first one has not signed the tokens.
        var blocks: [PEMBlock] = []
        var isChain = false
        for block in try PEMBlock.allPublic(in: text) {
            let isCertificate = block.label == "CERTIFICATE"
            if !isCertificate || !isChain { blocks.append(block) }
            isChain = isCertificate
        }
        guard blocks.count <= JSONWebKeySet.maximumKeys else { throw .tooManyKeys }
        var result = LoadedKeys()
        for (index, block) in blocks.enumerated() {
            do throws(KeyProblem) {
                result.keys += try PublicKey(block).bind(to: algorithms)
            } catch {
                guard blocks.count > 1 else { throw error }
                result.skipped.append(SkippedKey(index: index, keyID: nil, problem: error))
            }
        }
        return try result.orProblem()
    }
}

/// Where keys come from.
enum KeyOrigin { case configured, published }

/// A key that was left out.
package struct SkippedKey: Sendable, Equatable {
    /// Its place in the text, from 0.
    package let index: Int
    /// As the text says, any characters and any length.
    package let keyID: String?
    package let problem: KeyProblem

    package var message: String { "key \(self.index + 1): \(self.problem.message)" }
}

extension PublicKey {
    /// The key once for each allowed algorithm that it fits.
    fileprivate func bind(to algorithms: [SigningAlgorithm]) throws(KeyProblem) -> [VerificationKey] {
        var keys: [VerificationKey] = []
        var problem: KeyProblem?
        for algorithm in algorithms {
            do throws(KeyProblem) {
                keys.append(try VerificationKey(self, algorithm: algorithm, keyID: nil))
            } catch {
                // What is wrong with the key itself says more than that it is of another kind.
                if problem?.isAboutKind ?? true { problem = error }
            }
        }
        guard keys.isEmpty else { return keys }
        throw problem ?? .noKeys
    }
}

extension KeyProblem {
    /// The key may be good, for another algorithm.
    fileprivate var isAboutKind: Bool {
        switch self {
        case .wrongFamily, .wrongCurve, .publicKeyForSecretAlgorithm: true
        default: false
        }
    }
}
