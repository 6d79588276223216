/// Takes a token apart and checks it: structure, header, algorithm, signature, then the claims. Belongs to one worker:
/// it keeps libcrypto contexts of the keys it has used, the headers it has seen, and scratch space.
package struct TokenVerifier: ~Copyable {
    private var checks: [(key: VerificationKey, check: SignatureCheck)] = []
    private var headers = HeaderMemo()
    private var signature: [UInt8] = []

    /// Keys whose contexts are kept; more than any configuration has in use.
    private static let maximumChecks = 256

    /// The block that judged the last token given to `verify(_:authority:now:)`; nil when none was responsible.
    package private(set) var lastBlock: Int?

    package init() {}

    package mutating func verify(
        _ token: RawSpan,
        rules: TokenRules,
        now: WallClock
    ) throws(TokenRejection) -> VerifiedToken {
        var payload: [UInt8] = []
        let parts = try self.takeApart(token, &payload)
        let key = try self.checkSignature(token, parts, rules, now)
        let document = try ClaimChecks.parse(consume payload)
        var verified = try ClaimChecks(document, rules: rules, now: now).run(keyNotAfter: key.notAfter)
        verified.keyFingerprint = key.key.fingerprint
        return verified
    }

    /// With several blocks the payload is read first, to choose one; so `badPayload` and `issuer` come before
    /// everything that a block decides.
    package mutating func verify(
        _ token: RawSpan,
        authority: TokenAuthority,
        now: WallClock
    ) throws(TokenRejection) -> VerifiedToken {
        if authority.blocks.count == 1 {
            self.lastBlock = 0
            return try self.verify(token, rules: authority.blocks[0], now: now)
        }
        self.lastBlock = nil
        var payload: [UInt8] = []
        let parts = try self.takeApart(token, &payload)
        let document = try ClaimChecks.parse(consume payload)
        guard let block = authority.block(for: document) else { throw TokenRejection(.issuer) }
        self.lastBlock = block
        let rules = authority.blocks[block]
        let key = try self.checkSignature(token, parts, rules, now)
        var verified = try ClaimChecks(document, rules: rules, now: now).run(keyNotAfter: key.notAfter)
        verified.block = block
        verified.keyFingerprint = key.key.fingerprint
        return verified
    }

    /// A token whose segments are strict base64url and whose header is acceptable.
    private struct Parts {
        let segments: CompactToken
        let header: JOSEHeader
        let isKnownHeader: Bool
        /// Of the bytes in `signature`.
        let signatureLength: Int
    }

    /// The payload comes out apart, so that it is parsed in place and not copied.
    private mutating func takeApart(_ token: RawSpan, _ payload: inout [UInt8]) throws(TokenRejection) -> Parts {
        let segments = try CompactToken(token)
        let known = self.headers.find(token, segments.header)
        var headerBytes: [UInt8] = []
        if known == nil {
            guard let bytes = Base64URL.decode(token, segments.header) else { throw TokenRejection(.malformed) }
            headerBytes = bytes
        }
        guard let decoded = Base64URL.decode(token, segments.payload),
            let signatureLength = Base64URL.decode(token, segments.signature, into: &self.signature)
        else { throw TokenRejection(.malformed) }
        payload = decoded
        let header = if let known { known } else { try JOSEHeader(headerBytes) }
        return Parts(
            segments: segments,
            header: header,
            isKnownHeader: known != nil,
            signatureLength: signatureLength
        )
    }

    /// The key that accepts the signature.
    private mutating func checkSignature(
        _ token: RawSpan,
        _ parts: Parts,
        _ rules: TokenRules,
        _ now: WallClock
    ) throws(TokenRejection) -> KeySet.Entry {
        let header = parts.header
        guard let algorithm = header.algorithm, rules.algorithms.contains(algorithm) else {
            throw TokenRejection(.wrongAlgorithm)
        }
        if let types = rules.headerTypes, !types.accepts(header.type) { throw TokenRejection(.wrongHeaderType) }
        guard rules.keySet.isLoaded else { throw TokenRejection(.keysUnavailable) }
        // An empty name is none to PyJWT.
        if rules.requiresKeyID, header.keyID?.isEmpty ?? true { throw TokenRejection(.noKeyID) }
        let needsName = rules.requiresKeyID
        var candidates = KeyCandidates(
            rules.keySet, algorithm: algorithm, keyID: header.keyID, needsName: needsName, now: now)
        while let entry = candidates.next() {
            guard let check = self.check(for: entry.key) else { continue }
            if self.accepts(check, token, parts) {
                if !parts.isKnownHeader { self.headers.remember(header, token, parts.segments.header) }
                return entry
            }
        }
        let reason = rules.keySet.reason(of: algorithm, keyID: header.keyID, needsName: needsName)
        throw TokenRejection(reason)
    }

    private func accepts(_ check: SignatureCheck, _ token: RawSpan, _ parts: Parts) -> Bool {
        self.signature.withUnsafeBufferPointer { signature in
            token.withUnsafeBytes { token in
                check.accepts(
                    UnsafeBufferPointer(rebasing: signature[..<parts.signatureLength]),
                    of: UnsafeRawBufferPointer(rebasing: token[parts.segments.signed])
                )
            }
        }
    }

    private mutating func check(for key: VerificationKey) -> SignatureCheck? {
        for entry in self.checks where entry.key === key { return entry.check }
        guard let check = SignatureCheck(key) else { return nil }
        if self.checks.count >= Self.maximumChecks { self.checks.removeAll() }
        self.checks.append((key, check))
        return check
    }
}
