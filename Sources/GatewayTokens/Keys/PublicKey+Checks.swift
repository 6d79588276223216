internal import CLibCrypto

/// What a key must be before its algorithm may be used with it.
extension PublicKey {
    func check(for algorithm: SigningAlgorithm) throws(KeyProblem) {
        switch algorithm.family {
        case .hmac: throw .publicKeyForSecretAlgorithm(algorithm)
        case .rsaPKCS1, .rsaPSS: try self.checkRSA()
        case .ecdsa: try self.checkCurve(algorithm.curveName ?? "")
        case .edDSA: try self.checkEdwards()
        }
    }

    /// Libcrypto's name of the key's type.
    private var typeName: String {
        EVP_PKEY_get0_type_name(self.pointer).map { String(cString: $0) } ?? "unknown"
    }

    /// RFC 7518 sections 3.3 and 3.5. Longer numbers would only make each verification slow.
    private func checkRSA() throws(KeyProblem) {
        guard EVP_PKEY_is_a(self.pointer, "RSA") == 1 else {
            throw .wrongFamily(expected: "RSA", found: self.typeName)
        }
        let bits = Int(EVP_PKEY_get_bits(self.pointer))
        guard bits >= 2048 else { throw .rsaTooShort(bits: bits) }
        guard bits <= Self.maximumRSABits else { throw .rsaTooLong(bits: bits) }
        try self.withNumber(OSSL_PKEY_PARAM_RSA_N, otherwise: .badRSAModulus) { BN_is_odd($0) == 1 }
        try self.withNumber(OSSL_PKEY_PARAM_RSA_E, otherwise: .badRSAExponent) {
            BN_is_odd($0) == 1 && BN_is_one($0) == 0 && BN_num_bits($0) <= 64
        }
    }

    static let maximumRSABits = 8192

    private func withNumber(
        _ name: String,
        otherwise problem: KeyProblem,
        _ isGood: (OpaquePointer) -> Bool
    ) throws(KeyProblem) {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(self.pointer, name, &number) == 1, let number else { throw problem }
        defer { BN_free(number) }
        guard isGood(number) else { throw problem }
    }

    private func checkCurve(_ expected: String) throws(KeyProblem) {
        guard EVP_PKEY_is_a(self.pointer, "EC") == 1 else {
            throw .wrongFamily(expected: "EC", found: self.typeName)
        }
        var name = [CChar](repeating: 0, count: 64)
        guard EVP_PKEY_get_group_name(self.pointer, &name, name.count, nil) == 1 else {
            throw .wrongCurve(expected: expected, found: "an unnamed curve")
        }
        let found = name.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        guard found == expected else { throw .wrongCurve(expected: expected, found: found) }
        defer { ERR_clear_error() }
        guard let context = EVP_PKEY_CTX_new(self.pointer, nil) else { throw .weakPoint }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_public_check(context) == 1 else { throw .weakPoint }
    }

    private func checkEdwards() throws(KeyProblem) {
        guard let curve = EdwardsCurve.allCases.first(where: { EVP_PKEY_is_a(self.pointer, $0.rawValue) == 1 }) else {
            throw .wrongFamily(expected: "Ed25519 or Ed448", found: self.typeName)
        }
        var point = [UInt8](repeating: 0, count: curve.pointLength)
        var count = point.count
        guard EVP_PKEY_get_raw_public_key(self.pointer, &point, &count) == 1, count == curve.pointLength,
            !curve.isSmallOrder(point), curve.contains(point)
        else { throw .weakPoint }
    }
}
