/// One entry of `routes`; the first that matches a request decides about it.
package struct RouteSettings: Sendable {
    package var location: SettingsLocation
    package var pattern: Located<RoutePatternSettings>
    package var upstream: Located<String>
    package var webSocket: WebSocketSettings?
    package var auth = Authentication.required
    /// Per-route overrides of `tokens`; nil inherits.
    package var sources: [TokenSource]?
    package var cookie: String?
    package var forward: TokenForwarding?
    /// Names of `tokens.issuers` or `default`; nil is all.
    package var issuers: [Located<String>]?
    /// What the claims must be, in the file's order.
    package var require: [ClaimRequirementSettings] = []
    package var allowedOrigins: [Located<String>]?
    package var tolerate: Set<TolerablePathForm> = []
    /// `example.com`, `.example.com` for a host and all below it, `*`, `[::1]`; in lower case, without port and last dot. Nil is
    /// every host and none.
    package var hosts: [Located<String>]?
    /// Nil is every method.
    package var methods: [Located<String>]?
    package var requestHeaders = HeaderEditSettings()
    package var responseHeaders = HeaderEditSettings()
    /// Begins with a slash and ends without one.
    package var stripPrefix: Located<String>?
    /// Begins with a slash and ends without one.
    package var addPrefix: Located<String>?
    /// Client addresses that may use the route; nil is all.
    package var allow: [PeerRange]?
    /// Client addresses that may not, whatever `allow` says.
    package var deny: [PeerRange] = []

    package init(location: SettingsLocation, pattern: Located<RoutePatternSettings>, upstream: Located<String>) {
        self.location = location
        self.pattern = pattern
        self.upstream = upstream
    }
}

package enum RoutePatternSettings: Sendable, Hashable {
    case path(String)
    case rePath(String)
}

package enum Authentication: String, Sendable, CaseIterable { case required, optional, none }

/// Path forms on which servers disagree, refused with 400 unless the route tolerates them.
package enum TolerablePathForm: String, Sendable, CaseIterable {
    case emptySegment = "//"
    case semicolon = ";"
    case encodedSlash = "%2F"
}
