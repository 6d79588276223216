/// Makes tokens for development and tests, shaped like simplejwt's: the header is `{"alg":"HS256","typ":"JWT"}`, the
/// JSON compact and ASCII.
package enum TokenSigner {
    /// Signs exactly these claims, in this order, with an HS algorithm.
    package static func sign(
        claims: [(String, SignedClaim)],
        algorithm: SigningAlgorithm,
        secret: [UInt8]
    ) throws(SigningProblem) -> String {
        guard algorithm.usesSecret else { throw .cannotSign(algorithm) }
        let key: SigningKey
        do { key = try .secret(secret, algorithm: algorithm) } catch { throw .key(error) }
        return try self.sign(claims: claims, key: key)
    }

    /// Signs exactly these claims, in this order, with any algorithm. `type` is the header's `typ`.
    package static func sign(
        claims: [(String, SignedClaim)],
        key: SigningKey,
        type: String? = "JWT"
    ) throws(SigningProblem) -> String {
        guard Set(claims.map(\.0)).count == claims.count else { throw .duplicateClaim }
        // In PyJWT's order.
        var header: [(String, SignedClaim)] = [("alg", .string(key.algorithm.rawValue))]
        if let keyID = key.keyID { header.append(("kid", .string(keyID))) }
        if let type { header.append(("typ", .string(type))) }
        let signed =
            Base64URL.encode(JSONWriter.object(header)) + "." + Base64URL.encode(JSONWriter.object(claims))
        guard let signature = key.sign(Array(signed.utf8)) else { throw .libraryFailed }
        return signed + "." + Base64URL.encode(signature)
    }

    /// The claims of an access token as simplejwt issues it: `token_type`, `exp`, `iat`, `jti`, `user_id`, then
    /// `others`, which replace a claim of the same name in its place.
    package static func accessTokenClaims(
        user: String,
        lifetime: Int64,
        now: WallClock,
        jti: String = TokenSigner.randomID(),
        others: [(String, SignedClaim)] = []
    ) -> [(String, SignedClaim)] {
        var claims: [(String, SignedClaim)] = [
            ("token_type", .string("access")),
            ("exp", .integer(now.seconds.addingClamped(lifetime))),
            ("iat", .integer(now.seconds)),
            ("jti", .string(jti)),
            ("user_id", .string(user)),
        ]
        for (name, value) in others {
            if let index = claims.firstIndex(where: { $0.0 == name }) {
                claims[index].1 = value
            } else {
                claims.append((name, value))
            }
        }
        return claims
    }

    /// 32 hexadecimal digits, like Python's `uuid4().hex`.
    package static func randomID() -> String {
        var generator = SystemRandomNumberGenerator()
        var id = ""
        for _ in 0..<32 { id.append(String(UInt8.random(in: 0..<16, using: &generator), radix: 16)) }
        return id
    }
}

/// A claim's value in a token to be signed.
package enum SignedClaim: Sendable, Hashable {
    case string(String)
    case integer(Int64)
    case bool(Bool)
    case null
    case strings([String])
    /// JSON as it shall stand in the token, right or wrong.
    case json(String)

    /// Nil for what is no JSON.
    package static func json(checking text: String) -> SignedClaim? {
        let limits = JSONLimits(length: CompactToken.maximumLength, depth: 16, values: 2048, numberLength: 128)
        return (try? JSONDocument(parsing: Array(text.utf8), limits: limits)) == nil ? nil : .json(text)
    }
}

/// Why no token was made.
package enum SigningProblem: Error, Sendable, Equatable {
    case cannotSign(SigningAlgorithm)
    case duplicateClaim
    case key(KeyProblem)
    case libraryFailed

    package var message: String {
        switch self {
        case .cannotSign(let algorithm):
            "development tokens are signed with HS256, HS384 or HS512: \(algorithm.rawValue) needs a private key"
        case .duplicateClaim: "the same claim is given twice"
        case .key(let problem): problem.message
        case .libraryFailed: "libcrypto cannot compute the signature"
        }
    }
}
