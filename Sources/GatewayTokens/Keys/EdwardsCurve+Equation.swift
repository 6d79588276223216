internal import CLibCrypto

extension EdwardsCurve {
    /// Whether a public key is the encoding of a point on the curve (RFC 8032 sections 5.1.3 and 5.2.3): y is below
    /// the prime, and there is an x for it. Libcrypto finds out only when it verifies, and then refuses every token.
    func contains(_ point: [UInt8]) -> Bool {
        guard point.count == self.pointLength, let context = BN_CTX_new() else { return false }
        defer { BN_CTX_free(context) }
        BN_CTX_start(context)
        defer { BN_CTX_end(context) }
        guard let prime = BN_CTX_get(context), let y = BN_CTX_get(context), let square = BN_CTX_get(context),
            let scaled = BN_CTX_get(context), let upper = BN_CTX_get(context), let lower = BN_CTX_get(context),
            self.setPrime(prime), self.setY(y, of: point), BN_cmp(y, prime) < 0
        else { return false }
        // x² = upper / lower, both multiplied by what makes the curve's constant d an integer. The quotient has a root
        // exactly when the product has one.
        let isComputed =
            BN_mod_sqr(square, y, prime, context) == 1 && BN_copy(upper, square) != nil
            && BN_sub_word(upper, 1) == 1 && BN_copy(scaled, square) != nil
            && self.setLower(lower, scaled, prime, context)
            && BN_mod_mul(upper, upper, lower, prime, context) == 1
        return isComputed && BN_kronecker(upper, prime, context) >= 0
    }

    /// Edwards25519: -x² + y² = 1 - (121665 / 121666) x² y², so lower is 121666 (121666 - 121665 y²).
    /// Edwards448: x² + y² = 1 - 39081 x² y², so lower is -39081 y² - 1.
    private func setLower(
        _ lower: OpaquePointer,
        _ square: OpaquePointer,
        _ prime: OpaquePointer,
        _ context: OpaquePointer
    ) -> Bool {
        switch self {
        case .ed25519:
            BN_mul_word(square, 121_665) == 1 && BN_set_word(lower, 121_666) == 1
                && BN_mod_sub(lower, lower, square, prime, context) == 1 && BN_mul_word(lower, 121_666) == 1
        case .ed448:
            BN_mul_word(square, 39_081) == 1 && BN_add_word(square, 1) == 1 && BN_set_word(lower, 0) == 1
                && BN_mod_sub(lower, lower, square, prime, context) == 1
        }
    }

    /// 2²⁵⁵ - 19 and 2⁴⁴⁸ - 2²²⁴ - 1.
    private func setPrime(_ prime: OpaquePointer) -> Bool {
        BN_set_word(prime, 0)
        switch self {
        case .ed25519:
            return BN_set_bit(prime, 255) == 1 && BN_sub_word(prime, 19) == 1
        case .ed448:
            guard let middle = BN_new() else { return false }
            defer { BN_free(middle) }
            return BN_set_bit(prime, 448) == 1 && BN_set_bit(middle, 224) == 1 && BN_sub(prime, prime, middle) == 1
                && BN_sub_word(prime, 1) == 1
        }
    }

    /// Little-endian, without the sign of x in the last bit.
    private func setY(_ y: OpaquePointer, of point: [UInt8]) -> Bool {
        var bytes = point
        bytes[bytes.count - 1] &= 0x7F
        return BN_lebin2bn(bytes, Int32(bytes.count), y) != nil
    }
}
