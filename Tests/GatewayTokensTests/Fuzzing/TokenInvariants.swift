import GatewayTokens

/// Tokens, key sets and revocation lists: whatever they hold, nothing traps, and what is accepted keeps its promises. The
/// first byte says what the rest is.
///
/// This folder is compiled into the tests and, through a link, into the fuzzer: it knows no test library.
package enum TokenInvariants {
    package static func check(_ input: [UInt8]) throws(BrokenTokenRule) {
        guard let first = input.first else { return }
        let rest = Array(input.dropFirst())
        switch first & 7 {
        case 0, 1: try self.checkToken(rest)
        case 2: try self.checkForged(rest)
        case 3, 4: try self.checkSigned(rest)
        case 5: try self.checkKeys(rest)
        default: try self.checkRevocations(rest)
        }
    }

    // MARK: Tokens

    /// Known to whoever reads this; what the fuzzer cannot guess is how to sign with the other keys.
    package static let secret = Array("a secret for nothing but these checks, of 64 bytes or a few more".utf8)
    private static let now = WallClock(seconds: 1_750_000_000)
    private static let publicKeys = #"""
        {"keys":[{"kty":"EC","crv":"P-256","kid":"ec","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
        """#

    private static func rules(_ keys: [VerificationKey], _ algorithms: [SigningAlgorithm]) -> TokenRules {
        TokenRules(
            algorithms: algorithms,
            keySet: KeySet(keys),
            tokenClasses: [TokenClass(name: "AccessToken", type: "access")],
            typeClaim: "token_type",
            jtiClaim: "jti",
            userIDClaim: "user_id"
        )
    }

    private static let secretRules: TokenRules? = {
        guard let key = try? VerificationKey.secret(Self.secret, algorithm: .hs256) else { return nil }
        return Self.rules([key], [.hs256])
    }()

    /// The secret's issuer, and another with public keys that `iss` chooses.
    private static let authority: TokenAuthority? = {
        let algorithms: [SigningAlgorithm] = [.es256, .edDSA]
        guard let own = Self.secretRules,
            let keys = try? LoadedKeys.configured(Array(Self.publicKeys.utf8), algorithms: algorithms).keys
        else { return nil }
        var other = Self.rules(keys, algorithms)
        other.issuer = ["other"]
        return try? TokenAuthority([own, other])
    }()

    private static func checkToken(_ token: [UInt8]) throws(BrokenTokenRule) {
        guard let rules = self.secretRules, let authority = self.authority else {
            throw BrokenTokenRule(description: "the rules are sound")
        }
        var verifier = TokenVerifier()
        let verified = try? verifier.verify(token.span.bytes, rules: rules, now: self.now)
        let again = try? verifier.verify(token.span.bytes, rules: rules, now: self.now)
        let chosen = try? verifier.verify(token.span.bytes, authority: authority, now: self.now)
        try require(verified?.userID == again?.userID, "a verdict does not change")
        try require(chosen == nil || chosen?.block == 0, "nobody can sign for the other issuer")
        try require(verified != nil || chosen == nil, "several issuers accept no more than one")
        guard let verified else { return }
        try require(token.count <= 8 << 10 && token.count { $0 == UInt8(ascii: ".") } == 2, "compact and not too long")
        try require(self.isCanonical(token), "the bytes have no other spelling")
        try self.checkVerified(verified)
    }

    private static func checkVerified(_ token: VerifiedToken) throws(BrokenTokenRule) {
        try require(token.expiresAt > self.now.seconds && token.validFrom <= self.now.seconds, "its time is now")
        try require(1...255 ~= token.userID.utf8.count, "a user has a name")
        try require(!token.userID.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }, "a printable one")
        for (name, value) in token.claims.all {
            _ = value.exportableText
            guard let text = token.claims.json(at: name, limit: 1 << 20) else { continue }
            let isText = text.allSatisfy { $0 >= 0x20 }
            try require(isText, "a claim as JSON is one line")
        }
    }

    /// Each segment is spelled as an encoder would: no unused bit is set, no character is foreign.
    private static func isCanonical(_ token: [UInt8]) -> Bool {
        token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { segment in
            guard let last = segment.last, segment.count % 4 != 1 else { return false }
            let value = self.alphabet.firstIndex(of: last) ?? 1
            let unused = [0, 0, 15, 3][segment.count % 4]
            return segment.allSatisfy(self.alphabet.contains) && value & unused == 0
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    private static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var (text, bits, count): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        for byte in bytes {
            (bits, count) = (bits << 8 | UInt32(byte), count + 8)
            while count >= 6 {
                count -= 6
                text.append(self.alphabet[Int(bits >> count & 63)])
            }
        }
        if count > 0 { text.append(self.alphabet[Int(bits << (6 - count) & 63)]) }
        return text
    }

    /// Header and payload, parted by a NUL, under a signature that nobody has made. With several issuers the payload is read
    /// before the signature is known to be wrong.
    private static func checkForged(_ text: [UInt8]) throws(BrokenTokenRule) {
        guard let authority = self.authority else { return }
        let parts = text.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
        let signature = [UInt8](repeating: 0x5A, count: parts.count == 1 ? 32 : 64)
        let segments = [parts[0], parts.last ?? [], signature[...]].map { self.encode($0) }
        let token = Array(segments.joined(separator: [UInt8(ascii: ".")]))
        var verifier = TokenVerifier()
        let verified = try? verifier.verify(token.span.bytes, authority: authority, now: self.now)
        try require(verified == nil, "a signature is needed")
    }

    /// One more claim, of any JSON, in a token that is signed for real.
    private static func checkSigned(_ text: [UInt8]) throws(BrokenTokenRule) {
        let more = SignedClaim.json(String(decoding: text, as: UTF8.self))
        let claims = TokenSigner.accessTokenClaims(
            user: "7", lifetime: 300, now: self.now, jti: "id", others: [("x", more)])
        guard let rules = self.secretRules,
            let token = try? TokenSigner.sign(claims: claims, algorithm: .hs256, secret: self.secret)
        else { throw BrokenTokenRule(description: "a token can be made") }
        let bytes = Array(token.utf8)
        var verifier = TokenVerifier()
        guard let verified = try? verifier.verify(bytes.span.bytes, rules: rules, now: self.now) else { return }
        try require(verified.userID == "7" && verified.jti == "id", "no claim is said twice")
        try require(verified.expiresAt == self.now.seconds + 300, "no time is said twice")
        try self.checkVerified(verified)
        guard let json = verified.claims.json(at: "x", limit: 1 << 20) else { return }
        // What was read and written again reads the same.
        let second = TokenSigner.accessTokenClaims(
            user: "7", lifetime: 300, now: self.now, jti: "id",
            others: [("x", .json(String(decoding: json, as: UTF8.self)))])
        guard let copy = try? TokenSigner.sign(claims: second, algorithm: .hs256, secret: self.secret) else { return }
        let copied = Array(copy.utf8)
        // Escapes may have grown.
        guard copied.count <= 8 << 10 else { return }
        let repeated = try? verifier.verify(copied.span.bytes, rules: rules, now: self.now)
        try require(repeated?.claims.json(at: "x", limit: 1 << 20) == json, "JSON survives being written")
    }

    // MARK: Documents

    private static func checkKeys(_ text: [UInt8]) throws(BrokenTokenRule) {
        let algorithms = SigningAlgorithm.allCases
        if let loaded = try? LoadedKeys.published(text, algorithms: algorithms) {
            try require(!loaded.keys.contains { $0.algorithm.usesSecret }, "nothing published is a secret")
            try require(loaded.keys.count + loaded.skipped.count <= 100 * algorithms.count, "sets are bounded")
            try self.checkBound(loaded.keys)
        }
        if let loaded = try? LoadedKeys.configured(text, algorithms: [.rs256, .es256, .edDSA]) {
            try require(loaded.keys.allSatisfy { [.rs256, .es256, .edDSA].contains($0.algorithm) }, "as allowed")
            try self.checkBound(loaded.keys)
        }
    }

    /// A token that says nothing under each key: whatever the key is, it has not signed it.
    private static func checkBound(_ keys: [VerificationKey]) throws(BrokenTokenRule) {
        guard
            let token = try? TokenSigner.sign(
                claims: TokenSigner.accessTokenClaims(user: "7", lifetime: 300, now: self.now, jti: "id"),
                algorithm: .hs256,
                secret: self.secret
            )
        else { return }
        let bytes = Array(token.utf8)
        var verifier = TokenVerifier()
        let verified = try? verifier.verify(
            bytes.span.bytes, rules: self.rules(keys, SigningAlgorithm.allCases), now: self.now)
        try require(verified == nil || keys.contains { $0.algorithm.usesSecret }, "a public key is no secret")
    }

    private static func checkRevocations(_ text: [UInt8]) throws(BrokenTokenRule) {
        guard let list = try? RevocationList.parse(text, now: self.now) else { return }
        try require(list.count <= text.count / 8, "entries in proportion to the text")
        try require(list.isEmpty == (list.count == 0), "empty means none")
        for issuer in [nil, "", "other"] as [String?] {
            let asked = list.revokes(issuer: issuer, jti: "id", userID: "7", issuedAt: self.now.seconds)
            let earlier = list.revokes(issuer: issuer, jti: "id", userID: "7", issuedAt: self.now.seconds - 1)
            let unknown = list.revokes(issuer: issuer, jti: "id", userID: "7", issuedAt: nil)
            try require(!asked || earlier && unknown, "what is older is revoked too")
            try require(!list.isEmpty || !unknown, "an empty list revokes nothing")
        }
    }
}

package struct BrokenTokenRule: Error, CustomStringConvertible {
    package let description: String
}

private func require(_ condition: Bool, _ rule: StaticString) throws(BrokenTokenRule) {
    guard condition else { throw BrokenTokenRule(description: "\(rule)") }
}
