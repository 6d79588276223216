/// What one `gateway.yaml` says, as types. Reading it changes nothing; building a policy or a server from it is others' work.
///
/// Each default stands once, here at its property; `gateway.yaml` documents them and a test compares the two.
package struct Settings: Sendable {
    package var listen: [ListenSettings] = []
    /// Event loops; 0 means one per core.
    package var threads = 0
    package var simpleJWT: SimpleJWTSettings?
    package var tokens = TokenSettings()
    /// Headers to inject, in the file's order.
    package var identity: [IdentityHeaderSettings] = []
    /// Nil when the key is not written, which is a problem as soon as there is a WebSocket route.
    package var allowedOrigins: [Located<String>]?
    package var allowMissingOrigin = false
    package var upstreams: [UpstreamSettings] = []
    package var routes: [RouteSettings] = []
    package var limits = LimitSettings()
    package var timeouts = TimeoutSettings()
    package var logs = LogSettings()
    package var admin: AdminSettings?

    package init() {}
}

/// A value and where the file says it.
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    package var location: SettingsLocation

    package init(_ value: Value, at location: SettingsLocation) {
        self.value = value
        self.location = location
    }
}

extension Located: Equatable where Value: Equatable {}

/// A place in a settings file. Lines and columns count from 1, as editors do.
package struct SettingsLocation: Sendable, Hashable {
    package var file: String
    package var line: Int
    package var column: Int
    /// The key path, for example `routes[2].re_path`.
    package var key: String

    package init(file: String, line: Int, column: Int, key: String) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
    }
}

/// A TCP or Unix-domain address as written: `127.0.0.1:8080`, `[::1]:8080`, `name:8000` or `unix:/path`.
package enum AddressSettings: Sendable, Hashable {
    case tcp(host: String, port: Int)
    case unix(path: String)
}

package struct ListenSettings: Sendable {
    package var address: Located<AddressSettings>
    package var tls: TLSListenSettings?
}

/// Paths are resolved against the settings file's folder.
package struct TLSListenSettings: Sendable {
    package var certificate: Located<String>
    package var key: Located<String>
}

/// The `SIMPLE_JWT` block: the names and meanings of `rest_framework_simplejwt`'s settings.
package struct SimpleJWTSettings: Sendable {
    package var location: SettingsLocation
    package var algorithm: Located<String>?
    /// A secret already read from its text, environment variable or file.
    package var signingKey: Located<String>?
    package var verifyingKey: Located<String>?
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

/// The `tokens` block: what Django's settings have no word for.
package struct TokenSettings: Sendable {
    /// Nil: HTTP reads [header], WebSocket handshakes [header, query].
    package var sources: [TokenSource]?
    package var queryParameter = "token"
    package var forward = TokenForwarding.normalize
}

package enum TokenSource: String, Sendable, CaseIterable { case header, query }

/// What happens to the client's token on the way upstream.
package enum TokenForwarding: String, Sendable, CaseIterable {
    /// Removed wherever it was and emitted once under `AUTH_HEADER_NAME`.
    case normalize
    /// Left where the client put it.
    case keep
    /// Removed and not emitted.
    case strip
}

package struct IdentityHeaderSettings: Sendable {
    package var header: Located<String>
    /// A claim's name, dots reach into objects.
    package var claim: Located<String>
}

package struct UpstreamSettings: Sendable {
    package var name: Located<String>
    package var servers: [Located<AddressSettings>]
    package var pool = PoolSettings()
    package var connectTimeout: Duration = .seconds(5)
    /// From the whole request sent to the response's head.
    package var responseTimeout: Duration = .seconds(60)
    /// Between two reads of a response body or none at all; nil is off, for server-sent events.
    package var idleTimeout: Duration? = .seconds(300)
}

package struct PoolSettings: Sendable {
    /// How long an unused upstream connection is kept; uvicorn closes its side after 5 s.
    package var idle: Duration = .seconds(3)
    /// Unused connections kept per event loop and server.
    package var size = 256
}

package struct RouteSettings: Sendable {
    package var location: SettingsLocation
    package var pattern: Located<RoutePatternSettings>
    package var upstream: Located<String>
    package var webSocket: WebSocketSettings?
    package var auth = Authentication.required
    /// Per-route overrides of `tokens`; nil inherits.
    package var sources: [TokenSource]?
    package var forward: TokenForwarding?
    package var allowedOrigins: [Located<String>]?
    package var tolerate: Set<TolerablePathForm> = []
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

package struct WebSocketSettings: Sendable {
    /// Whether plain requests do not match this route.
    package var only = false
    /// Bytes; the largest message, all its frames together. Uvicorn's default.
    package var maxMessage = 16 << 20
    /// Bytes; the largest single frame.
    package var maxFrame = 16 << 20
    package var refuse = WebSocketRefusal.close
    /// Whether `permessage-deflate` offers are passed on.
    package var compression = true
}

/// How a refused handshake is answered.
package enum WebSocketRefusal: String, Sendable, CaseIterable {
    /// Accept, then close with a code that browsers show to the page.
    case close
    /// An HTTP status.
    case http
    /// `close` when the request has an Origin, else `http`.
    case auto
}

package struct LimitSettings: Sendable {
    /// Bytes of the request line.
    package var requestLine = 8 << 10
    /// Bytes of one header line.
    package var header = 8 << 10
    /// Bytes of the whole head.
    package var headerBlock = 32 << 10
    package var headerCount = 100
    /// Bytes of a request body; nil is off.
    package var body: Int? = 100 << 20
    /// Client connections in all; nil derives it from the file-descriptor limit.
    package var connections: Int?
}

package struct TimeoutSettings: Sendable {
    /// From a request's first byte (or the connection's start) to its whole head.
    package var head: Duration = .seconds(15)
    /// Between two reads of a request body.
    package var bodyIdle: Duration = .seconds(30)
    /// How long a peer may accept nothing of what is waiting for it.
    package var writeStall: Duration = .seconds(60)
    /// An idle client connection between two requests.
    package var keepAlive: Duration = .seconds(75)
    package var drain: Duration = .seconds(20)
}

package struct LogSettings: Sendable {
    package var level = LogLevel.info
    package var format = LogFormat.text
    package var access = AccessLogTarget.on
}

package enum LogLevel: String, Sendable, CaseIterable { case debug, info, notice, warning, error }
package enum LogFormat: String, Sendable, CaseIterable { case text, json }

package enum AccessLogTarget: Sendable, Equatable {
    /// Standard output.
    case on
    case off
    case file(String)
}

package struct AdminSettings: Sendable {
    package var address: Located<AddressSettings>
}
