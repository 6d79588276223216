import GatewayTokens

/// Who the verified user is, rendered once per token and then shared by every request and socket that brings the token.
package final class VerifiedIdentity: Sendable {
    /// The canonical text of the user id claim.
    package let userID: String
    /// Unix seconds, without leeway.
    package let expiresAt: Int64
    package let leeway: Int64
    /// Unix seconds, without leeway; `Int64.min` when the token does not say.
    package let validFrom: Int64
    package let jti: String?
    package let issuer: String?
    package let issuedAt: Int64?
    /// Kept only where a route has rules about them.
    let claims: Claims?
    /// The block of the token plan that has verified the token.
    let block: Int
    /// Of the key that has verified the token: see `Policy.knowsKey`.
    package let keyFingerprint: UInt64
    /// The identity headers and the one normalized token header: complete lines, each ended by CRLF.
    package let injected: [UInt8]
    /// The identity headers alone, for routes that do not normalize.
    package let identityLines: [UInt8]

    init(
        userID: String,
        expiresAt: Int64,
        leeway: Int64,
        validFrom: Int64,
        jti: String?,
        issuer: String?,
        issuedAt: Int64?,
        claims: Claims? = nil,
        block: Int = 0,
        keyFingerprint: UInt64 = 0,
        identityLines: [UInt8],
        tokenLine: [UInt8]
    ) {
        self.userID = userID
        self.expiresAt = expiresAt
        self.leeway = leeway
        self.validFrom = validFrom
        self.jti = jti
        self.issuer = issuer
        self.issuedAt = issuedAt
        self.claims = claims
        self.block = block
        self.keyFingerprint = keyFingerprint
        self.identityLines = identityLines
        self.injected = identityLines + tokenLine
    }

    /// Whether both are about one user, told upstream in the same words: byte for byte, for Swift's texts are equal when their
    /// characters are, however these are composed.
    package func isTheSameUser(as other: VerifiedIdentity) -> Bool {
        self.userID.utf8.elementsEqual(other.userID.utf8) && self.identityLines == other.identityLines
            && self.issuer.map { Array($0.utf8) } == other.issuer.map { Array($0.utf8) }
    }

    /// Whether the token's times still hold at `seconds`, by simplejwt's rules: dead when `exp <= now - leeway`, not yet
    /// alive when `nbf` or `iat` `> now + leeway`. Whole seconds suffice because the claims are whole ones.
    package func isTimely(at seconds: Int64) -> Bool {
        let (earliest, underflow) = seconds.subtractingReportingOverflow(self.leeway)
        let (latest, overflow) = seconds.addingReportingOverflow(self.leeway)
        return !underflow && !overflow && self.expiresAt > earliest && self.validFrom <= latest
    }
}
