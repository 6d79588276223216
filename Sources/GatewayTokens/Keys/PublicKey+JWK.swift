internal import CLibCrypto

extension PublicKey {
    /// From the numbers of a JSON Web Key. What the key must be beyond that, `check(for:)` says.
    convenience init(_ members: JWKMembers, _ type: JSONWebKey.KeyType) throws(KeyProblem) {
        switch type {
        case .rsa: try self.init(rsa: members)
        case .ec(let algorithm): try self.init(curveOf: algorithm, members)
        case .okp(let curve): try self.init(curve, members)
        case .oct: throw .badMember("kty")
        }
    }

    private convenience init(rsa members: JWKMembers) throws(KeyProblem) {
        // Some write a zero in front that RFC 7518 section 6.3.1.1 does not want; it changes nothing.
        let modulus = Array(try members.bytes("n").drop { $0 == 0 })
        let exponent = Array(try members.bytes("e").drop { $0 == 0 })
        // Before libcrypto computes with it.
        guard modulus.count <= Self.maximumRSABits / 8 else { throw .rsaTooLong(bits: modulus.count * 8) }
        guard !modulus.isEmpty else { throw .badMember("n") }
        guard !exponent.isEmpty, exponent.count <= 8 else { throw .badRSAExponent }
        var parameters = KeyParameters()
        parameters.addInteger("n", modulus)
        parameters.addInteger("e", exponent)
        guard let pointer = parameters.makeKey("RSA", .publicKey) else { throw .badMember("n") }
        self.init(owning: pointer)
    }

    private convenience init(curveOf algorithm: SigningAlgorithm, _ members: JWKMembers) throws(KeyProblem) {
        let point = try ECPoint.uncompressed(members, algorithm)
        var parameters = KeyParameters()
        parameters.addText("group", algorithm.curveName ?? "")
        parameters.addBytes("pub", point)
        // Libcrypto takes no point that is not on the curve.
        guard let pointer = parameters.makeKey("EC", .publicKey) else { throw .weakPoint }
        self.init(owning: pointer)
    }

    private convenience init(_ curve: EdwardsCurve, _ members: JWKMembers) throws(KeyProblem) {
        defer { ERR_clear_error() }
        let point = try members.bytes("x")
        guard point.count == curve.pointLength else { throw .badMember("x") }
        guard let pointer = EVP_PKEY_new_raw_public_key_ex(nil, curve.rawValue, nil, point, point.count) else {
            throw .badMember("x")
        }
        self.init(owning: pointer)
    }
}

enum ECPoint {
    /// `04 x y`. Coordinates have the curve's full width (RFC 7518 section 6.2.1.2).
    static func uncompressed(_ members: JWKMembers, _ algorithm: SigningAlgorithm) throws(KeyProblem) -> [UInt8] {
        let (x, y) = (try members.bytes("x"), try members.bytes("y"))
        guard x.count == algorithm.coordinateLength else { throw .badMember("x") }
        guard y.count == algorithm.coordinateLength else { throw .badMember("y") }
        return [0x04] + x + y
    }
}
