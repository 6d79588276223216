internal import CLibCrypto

/// A private key as libcrypto holds it.
///
/// Unchecked because of the pointer: the key is never changed after `init`, and each signature has a context of its own.
final class PrivateKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes ownership.
    private init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(self.pointer) }

    // MARK: PEM

    /// PKCS#8, or what libcrypto wrote before: `RSA PRIVATE KEY`, `EC PRIVATE KEY`.
    convenience init(pem: [UInt8]) throws(KeyProblem) {
        let blocks = try PEMBlock.all(in: pem).filter(\.isPrivateKey)
        guard let block = blocks.first else { throw .notPrivateKey }
        if pem.contains("\\n") { throw .escapedLineBreaks }
        guard blocks.count == 1 else { throw .severalKeys }
        switch block.label {
        case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY": break
        case "ENCRYPTED PRIVATE KEY": throw .encryptedPrivateKey
        default: throw .unsupportedPEM(label: block.label)
        }
        let content = try block.content()
        guard !content.isEncrypted else { throw .encryptedPrivateKey }
        defer { ERR_clear_error() }
        guard let pointer = content.decoded({ d2i_AutoPrivateKey(nil, $0, $1) }) else {
            throw .unreadable(label: block.label)
        }
        self.init(owning: pointer)
    }

    // MARK: JWK

    convenience init(_ members: JWKMembers, _ type: JSONWebKey.KeyType) throws(KeyProblem) {
        guard members.has("d") else { throw .notPrivateKey }
        switch type {
        case .rsa: try self.init(rsa: members)
        case .ec(let algorithm): try self.init(curveOf: algorithm, members)
        case .okp(let curve): try self.init(curve, members)
        case .oct: throw .notPrivateKey
        }
    }

    private convenience init(rsa members: JWKMembers) throws(KeyProblem) {
        guard !members.has("oth") else { throw .badMember("oth") }
        var parameters = KeyParameters()
        parameters.addInteger("n", try members.bytes("n"))
        parameters.addInteger("e", try members.bytes("e"))
        parameters.addInteger("d", try members.bytes("d"))
        // All of them or none (RFC 7518 section 6.3.2).
        if ["p", "q", "dp", "dq", "qi"].contains(where: members.has) {
            parameters.addInteger("rsa-factor1", try members.bytes("p"))
            parameters.addInteger("rsa-factor2", try members.bytes("q"))
            parameters.addInteger("rsa-exponent1", try members.bytes("dp"))
            parameters.addInteger("rsa-exponent2", try members.bytes("dq"))
            parameters.addInteger("rsa-coefficient1", try members.bytes("qi"))
        }
        guard let pointer = parameters.makeKey("RSA", .keyPair) else { throw .badMember("d") }
        self.init(owning: pointer)
    }

    private convenience init(curveOf algorithm: SigningAlgorithm, _ members: JWKMembers) throws(KeyProblem) {
        let number = try members.bytes("d")
        guard number.count == algorithm.coordinateLength else { throw .badMember("d") }
        var parameters = KeyParameters()
        parameters.addText("group", algorithm.curveName ?? "")
        parameters.addBytes("pub", try ECPoint.uncompressed(members, algorithm))
        parameters.addInteger("priv", number)
        guard let pointer = parameters.makeKey("EC", .keyPair) else { throw .badMember("d") }
        self.init(owning: pointer)
    }

    private convenience init(_ curve: EdwardsCurve, _ members: JWKMembers) throws(KeyProblem) {
        defer { ERR_clear_error() }
        let (seed, point) = (try members.bytes("d"), try members.bytes("x"))
        guard seed.count == curve.pointLength,
            let pointer = EVP_PKEY_new_raw_private_key_ex(nil, curve.rawValue, nil, seed, seed.count)
        else { throw .badMember("d") }
        self.init(owning: pointer)
        var own = [UInt8](repeating: 0, count: curve.pointLength)
        var count = own.count
        guard EVP_PKEY_get_raw_public_key(pointer, &own, &count) == 1, own == point else {
            throw .inconsistentPrivateKey
        }
    }

    // MARK: Checks

    /// The public half must be fit for the algorithm, and belong to the private one.
    func check(for algorithm: SigningAlgorithm) throws(KeyProblem) {
        defer { ERR_clear_error() }
        guard EVP_PKEY_up_ref(self.pointer) == 1 else { throw .inconsistentPrivateKey }
        try PublicKey(owning: self.pointer).check(for: algorithm)
        // The public half of an Edwards key is always computed.
        guard algorithm.family != .edDSA else { return }
        let isSound = self.hasFactors(algorithm) ? self.isConsistent : try self.signsVerifiably(algorithm)
        guard isSound else {
            throw .inconsistentPrivateKey
        }
    }

    /// As `PublicKey.encoded`.
    var encodedPublicHalf: [UInt8] {
        EVP_PKEY_up_ref(self.pointer) == 1 ? PublicKey(owning: self.pointer).encoded : []
    }

    private var isConsistent: Bool {
        guard let context = EVP_PKEY_CTX_new(self.pointer, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        return EVP_PKEY_pairwise_check(context) == 1
    }

    /// An RSA key may come without its primes, and then libcrypto cannot compare its halves.
    private func hasFactors(_ algorithm: SigningAlgorithm) -> Bool {
        guard algorithm.family != .ecdsa else { return true }
        var prime: OpaquePointer?
        defer { BN_clear_free(prime) }
        return EVP_PKEY_get_bn_param(self.pointer, "rsa-factor1", &prime) == 1
    }

    private func signsVerifiably(_ algorithm: SigningAlgorithm) throws(KeyProblem) -> Bool {
        guard let signature = self.sign([0x61], algorithm), EVP_PKEY_up_ref(self.pointer) == 1 else { return false }
        let key = try VerificationKey(PublicKey(owning: self.pointer), algorithm: algorithm, keyID: nil)
        return ([0x61] as [UInt8]).withUnsafeBytes { SignatureCheck(key)?.accepts(signature, of: $0) ?? false }
    }
}
