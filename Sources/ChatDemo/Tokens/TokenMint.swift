/// Issues and refreshes HS256 tokens shaped like djangorestframework-simplejwt's, with a `username` claim added.
struct TokenMint: Sendable {
    struct Pair {
        let refresh: String
        let access: String
    }

    /// Why a refresh token was not honoured, in simplejwt's words.
    enum Problem: Error, Equatable {
        case invalid
        case expired
        case wrongType
        case unknownUser
        /// libcrypto refused to sign.
        case noSignature
    }

    let key: [UInt8]
    let accessLifetime: Int64
    let refreshLifetime: Int64

    func pair(for user: DemoDirectory.User, now: Int64) throws(Problem) -> Pair {
        Pair(
            refresh: try token(type: "refresh", lifetime: refreshLifetime, user: user, now: now),
            access: try token(type: "access", lifetime: accessLifetime, user: user, now: now)
        )
    }

    /// A new access token for a refresh token that is ours, of the right type and still good.
    func access(refresh token: String, users: DemoDirectory, now: Int64) throws(Problem) -> String {
        let claims = try verifiedClaims(of: token)
        guard let expiry = claims["exp"]?.seconds else { throw .invalid }
        guard expiry > now else { throw .expired }
        guard claims["token_type"] == "refresh" else { throw .wrongType }
        guard let id = claims["user_id"]?.string, let user = users.user(id: id) else { throw .unknownUser }
        return try self.token(type: "access", lifetime: accessLifetime, user: user, now: now)
    }

    private static let header = Base64.urlEncoded(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))

    private func token(
        type: String, lifetime: Int64, user: DemoDirectory.User, now: Int64
    ) throws(Problem) -> String {
        let claims: JSONValue = [
            "token_type": .string(type),
            "exp": .int(now + lifetime),
            "iat": .int(now),
            "jti": .string(Self.identifier()),
            "user_id": .string(user.id),
            "username": .string(user.name),
        ]
        let signed = Self.header + "." + Base64.urlEncoded(Array(claims.text.utf8))
        guard let signature = Digest.hmacSHA256(Array(signed.utf8), key: key) else { throw .noSignature }
        return signed + "." + Base64.urlEncoded(signature)
    }

    private func verifiedClaims(of token: String) throws(Problem) -> JSONValue {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, token.utf8.count <= 4096,
            let header = Base64.urlDecoded(parts[0]).flatMap({ JSONReader.read($0) }), header["alg"] == "HS256",
            let payload = Base64.urlDecoded(parts[1]),
            let signature = Base64.urlDecoded(parts[2])
        else { throw .invalid }
        let signed = Array((parts[0] + "." + parts[1]).utf8)
        guard let expected = Digest.hmacSHA256(signed, key: key), Digest.areEqual(expected, signature),
            let claims = JSONReader.read(payload), claims["jti"]?.string != nil
        else { throw .invalid }
        return claims
    }

    /// 32 hexadecimal digits, those of a version 4 UUID.
    static func identifier() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
