/// One of `tokens.previous_keys`: tokens that it has signed are accepted until a moment.
package struct PreviousKeySettings: Sendable, Equatable {
    /// What `SIGNING_KEY` was for HS*, what `VERIFYING_KEY` was for everything else.
    package var key: Located<Secret>
    /// Unix seconds, the last moment at which it is tried.
    package var notAfter: Located<Int64>
    package var keyID: String?

    package init(key: Located<Secret>, notAfter: Located<Int64>, keyID: String? = nil) {
        self.key = key
        self.notAfter = notAfter
        self.keyID = keyID
    }
}

/// `tokens.jwks`: how key sets are fetched from a `JWK_URL`.
package struct JWKSSettings: Sendable, Equatable {
    package var refresh: Duration = .seconds(300)
    /// How old keys may be that cannot be fetched again; at least `refresh`.
    package var stale: Duration = .seconds(86_400)
    /// Between two fetches that tokens with unknown keys set off.
    package var cooldown: Duration = .seconds(30)
    /// For a whole fetch.
    package var timeout: Duration = .seconds(5)
    /// Bytes of a key set.
    package var maxSize = 1 << 20
    package var maxKeys = 100

    package init() {}
}

/// One of `tokens.issuers`: somebody else whose tokens are accepted.
package struct IssuerSettings: Sendable, Equatable {
    /// What `SIMPLE_JWT` is called beside these.
    package static let defaultName = "default"

    /// What routes call it. No two are alike, and none is `defaultName`.
    package var name: Located<String>
    /// Always with an `issuer`, which no other block has. How the header is called is `SIMPLE_JWT`'s to say.
    package var rules: SimpleJWTSettings
    /// What its keys may verify, its `ALGORITHM` among them: all HS* or none. Nil is `ALGORITHM` alone.
    package var algorithms: Located<[String]>?

    package init(name: Located<String>, rules: SimpleJWTSettings) {
        self.name = name
        self.rules = rules
    }
}

/// `tokens.revocation`: where it is said whose tokens are no longer welcome. There is a file, a URL or both.
package struct RevocationSettings: Sendable, Equatable {
    package var file: Located<String>?
    package var url: Located<URLSettings>?
    package var refresh: Duration = .seconds(10)
    /// How old a list may be that cannot be read again; at least `refresh`.
    package var stale: Duration = .seconds(3600)
    /// Goes to `url` as a bearer token: visible ASCII.
    package var token: Located<Secret>?

    package init() {}
}
