/// The `SIMPLE_JWT` block: the names and meanings of `rest_framework_simplejwt`'s settings.
package struct SimpleJWTSettings: Sendable, Equatable {
    package var location: SettingsLocation
    /// Nil when the file does not say: `defaultAlgorithm`.
    package var algorithm: Located<String>?
    /// The HS* secret, already read from its text, environment variable or file; never set for the other algorithms, for
    /// a private key does not belong at the edge.
    package var signingKey: Located<String>? {
        get { self.signingSecret.map { Located($0.value.text, at: $0.location) } }
        set { self.signingSecret = newValue.map { Located(Secret($0.value), at: $0.location) } }
    }
    /// The public key's text, or that of several: PEM, a JSON Web Key or a set of them. Never set for HS*, nor beside `jwkURL`.
    package var verifyingKey: Located<String>? {
        get { self.publicKey.map { Located($0.value.text, at: $0.location) } }
        set { self.publicKey = newValue.map { Located(Secret($0.value), at: $0.location) } }
    }
    // Hidden, so that printing or dumping settings never shows them.
    private var signingSecret: Located<Secret>?
    private var publicKey: Located<Secret>?
    /// Where the keys are published; never set for HS*.
    package var jwkURL: Located<URLSettings>?
    package var audience: Located<[String]>?
    package var issuer: Located<[String]>?
    package var leeway: Duration = .zero
    package var authHeaderTypes: [String] = ["Bearer"]
    /// Already translated from Django's `HTTP_X_NAME` into a header name, `X-Name` style in lower case.
    package var authHeaderName = "authorization"
    package var userIDClaim = "user_id"
    /// The values of the type claim that are accepted, in the order of `AUTH_TOKEN_CLASSES`, with the class's name for
    /// error bodies. Empty means `UntypedToken`: any.
    package var tokenClasses: [TokenClassSettings] = [TokenClassSettings(name: "AccessToken", type: "access")]
    /// Nil when the file says null: the type is then not checked.
    package var tokenTypeClaim: String? = "token_type"
    /// Nil when the file says null: presence is then not checked.
    package var jtiClaim: String? = "jti"
    package var revokeTokenClaim = "hash_password"
    package var accessTokenLifetime: Duration = .seconds(300)

    package static let defaultAlgorithm = "HS256"

    package init(location: SettingsLocation) { self.location = location }
}

package struct TokenClassSettings: Sendable, Equatable {
    package var name: String
    /// Nil for `UntypedToken`.
    package var type: String?

    package init(name: String, type: String?) {
        self.name = name
        self.type = type
    }
}
