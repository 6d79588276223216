/// `SIMPLE_JWT`, compiled for verification; or another issuer's block.
package struct TokenRules: Sendable {
    /// What `alg` a token may name.
    package var algorithms: [SigningAlgorithm]
    package var keySet: KeySet
    /// Whether a token must name its key (`kid`), and only that key is tried: what simplejwt does with a JWK_URL.
    package var requiresKeyID = false
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
    /// Whether an empty id counts as none: no list could ever name it.
    package var refusesEmptyID = false
    /// Nil: `typ` is not looked at, as simplejwt does. Otherwise it must be one of these.
    package var headerTypes: HeaderTypes?
    /// Seconds that may lie between `iat` and `exp`; a token without `iat` is refused then.
    package var maximumLifetime: Int64?
    /// Seconds after `iat` at which a token ends, whatever its `exp`; a token without `iat` is refused then.
    package var maximumAge: Int64?

    package init(
        algorithms: [SigningAlgorithm],
        keySet: KeySet,
        audience: [String]? = nil,
        issuer: [String]? = nil,
        leeway: Int64 = 0,
        tokenClasses: [TokenClass],
        typeClaim: String?,
        jtiClaim: String?,
        userIDClaim: String
    ) {
        self.algorithms = algorithms
        self.keySet = keySet
        self.audience = audience
        self.issuer = issuer
        self.leeway = leeway
        self.tokenClasses = tokenClasses
        self.typeClaim = typeClaim
        self.jtiClaim = jtiClaim
        self.userIDClaim = userIDClaim
    }

    /// simplejwt's way: one algorithm.
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
        self.init(
            algorithms: [algorithm],
            keySet: KeySet(keys),
            audience: audience,
            issuer: issuer,
            leeway: leeway,
            tokenClasses: tokenClasses,
            typeClaim: typeClaim,
            jtiClaim: jtiClaim,
            userIDClaim: userIDClaim
        )
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
