/// The `tokens` block: what Django's settings have no word for.
package struct TokenSettings: Sendable, Equatable {
    /// Nil: HTTP reads [header], WebSocket handshakes [header, query].
    package var sources: [TokenSource]?
    package var queryParameter = "token"
    /// The name of the cookie that carries the token.
    package var cookie = "access"
    package var forward = TokenForwarding.normalize
    /// What `SIMPLE_JWT`'s keys may verify, its `ALGORITHM` among them: all HS* or none. Nil is `ALGORITHM` alone.
    package var algorithms: Located<[String]>?
    /// Keys that `SIMPLE_JWT`'s took the place of, in the file's order.
    package var previousKeys: [PreviousKeySettings] = []
    /// What may lie between a token's `iat` and `exp`; nil is off.
    package var maxLifetime: Duration?
    /// After `iat`, when a token ends whatever its `exp`; nil is off.
    package var maxAge: Duration?
    /// Values of the header's `typ`; nil does not look at it.
    package var types: [String]?
    package var jwks = JWKSSettings()
    /// Beside `SIMPLE_JWT`, which is there when these are.
    package var issuers: [IssuerSettings] = []
    package var revocation: RevocationSettings?
    package var cache = TokenCacheSettings()
    package var failures = TokenFailureSettings()

    package init() {}
}

package enum TokenSource: String, Sendable, CaseIterable { case header, query, cookie, subprotocol }

/// What happens to the client's token on the way upstream.
package enum TokenForwarding: String, Sendable, CaseIterable {
    /// Removed wherever it was and emitted once under `AUTH_HEADER_NAME`.
    case normalize
    /// Left where the client put it.
    case keep
    /// Removed and not emitted.
    case strip
}

/// `tokens.cache`: how many verified tokens an event loop remembers.
package struct TokenCacheSettings: Sendable, Equatable {
    package var entries = 4096
    /// Bytes, all entries together.
    package var size = 8 << 20

    package init() {}
}

/// `tokens.failures`: what is done about clients that guess.
package struct TokenFailureSettings: Sendable, Equatable {
    /// Failed verifications of one client address; nil is off.
    package var rate: RateSettings? = RateSettings(perSecond: 20, burst: 100)

    package init() {}
}
