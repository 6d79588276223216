/// `SIMPLE_JWT`, compiled for verification.
package struct TokenRules: Sendable {
    /// The only `alg` a token may name.
    package var algorithm: SigningAlgorithm
    /// Tried in order; a key of another algorithm is never used.
    package var keys: [VerificationKey]
    /// Nil: `aud` is not looked at. Otherwise one of these must be in it.
    package var audience: [String]?
    /// Nil: `iss` is not looked at. Otherwise it must be one of these.
    package var issuer: [String]?
    /// Seconds of tolerance for `exp`, `nbf` and `iat`.
    package var leeway: Int64
    /// `AUTH_TOKEN_CLASSES`; with none of them every token is refused.
    package var tokenClasses: [TokenClass]
    /// `TOKEN_TYPE_CLAIM`; nil: the type is not looked at.
    package var typeClaim: String?
    /// `JTI_CLAIM`; nil: it need not be there.
    package var jtiClaim: String?
    package var userIDClaim: String

    package init(
        algorithm: SigningAlgorithm,
        keys: [VerificationKey],
        audience: [String]?,
        issuer: [String]?,
        leeway: Int64,
        tokenClasses: [TokenClass],
        typeClaim: String?,
        jtiClaim: String?,
        userIDClaim: String
    ) {
        self.algorithm = algorithm
        self.keys = keys
        self.audience = audience
        self.issuer = issuer
        self.leeway = leeway
        self.tokenClasses = tokenClasses
        self.typeClaim = typeClaim
        self.jtiClaim = jtiClaim
        self.userIDClaim = userIDClaim
    }
}

/// One of simplejwt's token classes.
package struct TokenClass: Sendable, Hashable {
    /// `AccessToken`, for error bodies.
    package var name: String
    /// The value of the type claim; nil for `UntypedToken`, which takes any.
    package var type: String?

    package init(name: String, type: String?) {
        self.name = name
        self.type = type
    }

    /// `token_type` in error bodies.
    package var typeName: String { self.type ?? "untyped" }
}
