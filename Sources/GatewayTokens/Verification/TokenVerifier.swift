/// Takes a token apart and checks it: structure, header, algorithm, signature, then the claims. Belongs to one worker:
/// it keeps libcrypto contexts of the keys it has used.
package struct TokenVerifier: ~Copyable {
    private var checks: [(key: VerificationKey, check: SignatureCheck)] = []

    /// Keys whose contexts are kept; more than any configuration has.
    private static let maximumChecks = 64

    package init() {}

    package mutating func verify(
        _ token: RawSpan,
        rules: TokenRules,
        now: WallClock
    ) throws(TokenRejection) -> VerifiedToken {
        let segments = try CompactToken(token)
        guard let header = Base64URL.decode(token, segments.header),
            let payload = Base64URL.decode(token, segments.payload),
            let signature = Base64URL.decode(token, segments.signature)
        else { throw TokenRejection(.malformed) }
        try JOSEHeader.check(header, algorithm: rules.algorithm)
        guard self.isSigned(token, segments.signed, signature, rules) else { throw TokenRejection(.badSignature) }
        return try ClaimChecks(payload, rules: rules, now: now).run()
    }

    private mutating func isSigned(
        _ token: RawSpan,
        _ signed: Range<Int>,
        _ signature: [UInt8],
        _ rules: TokenRules
    ) -> Bool {
        for key in rules.keys where key.algorithm == rules.algorithm {
            guard let check = self.check(for: key) else { continue }
            let isAccepted = token.withUnsafeBytes {
                check.accepts(signature, of: UnsafeRawBufferPointer(rebasing: $0[signed]))
            }
            if isAccepted { return true }
        }
        return false
    }

    private mutating func check(for key: VerificationKey) -> SignatureCheck? {
        for entry in self.checks where entry.key === key { return entry.check }
        guard let check = SignatureCheck(key) else { return nil }
        if self.checks.count >= Self.maximumChecks { self.checks.removeAll() }
        self.checks.append((key, check))
        return check
    }
}
