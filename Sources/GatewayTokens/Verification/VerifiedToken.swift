/// What a token says, after every check has passed. Made once per token and kept in caches.
package struct VerifiedToken: Sendable {
    /// From when on the token is refused, in whole seconds and without leeway: `exp`, or earlier by `maximumAge` or when
    /// its key retires before.
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
    /// The block of the authority that accepted it; 0 without one.
    package internal(set) var block = 0
    /// Of the key set that accepted it.
    package internal(set) var keyGeneration: UInt64 = 0
    /// Of the key that accepted it.
    package internal(set) var keyFingerprint: UInt64 = 0
}
