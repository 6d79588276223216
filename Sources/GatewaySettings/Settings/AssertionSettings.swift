/// The `assertion` block: a token of the gateway's own that tells the backend who the verified user is. Absent means off.
package struct AssertionSettings: Sendable {
    package static let defaultHeader = "X-Tollgate-Assertion"
    package static let defaultAlgorithm = "HS256"

    package var header: Located<String>
    /// The secret of HS*, the private key of everything else.
    package var signingKey: Located<Secret>
    package var algorithm: Located<String>
    package var lifetime: Duration = .seconds(30)
    package var issuer = "tollgate"
    /// Nil is the name of the upstream.
    package var audience: String?
    package var keyID: String?

    package init(header: Located<String>, signingKey: Located<Secret>, algorithm: Located<String>) {
        self.header = header
        self.signingKey = signingKey
        self.algorithm = algorithm
    }
}
