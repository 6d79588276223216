/// What a token says, after every check has passed. Made once per token and kept in caches.
package struct VerifiedToken: Sendable {
    /// From when on the token is refused, in whole seconds and without leeway: `exp`, or earlier when its key retires
    /// before.
    package let expiresAt: Int64
    /// The later of `iat` and `nbf` in whole seconds, without leeway; `Int64.min` when there is neither.
    package let validFrom: Int64
    package let issuedAt: Int64?
    /// The user in the one spelling that is used everywhere.
    package let userID: String
    /// The token's id, from the claim that `JTI_CLAIM` names. May hold any characters.
    package let jti: String?
    /// `iss`, checked or not. May hold any characters.
    package let issuer: String?
    package let claims: Claims
}
