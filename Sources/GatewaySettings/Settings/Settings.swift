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
    package var assertion: AssertionSettings?
    /// Nil when the key is not written, which is a problem as soon as there is a WebSocket route.
    package var allowedOrigins: [Located<String>]?
    package var allowMissingOrigin = false
    /// Nil: the backend's own CORS is left alone.
    package var cors: CORSSettings?
    /// Peers whose `X-Forwarded-*` and `X-Request-Id` are believed.
    package var trustedProxies: [PeerRange] = []
    /// Whether `Forwarded` (RFC 7239) is sent upstream beside `X-Forwarded-*`.
    package var forwarded = false
    /// Owned header names that clients may send after all, in lower case. Of names that are not owned the policy reports.
    package var releasedHeaders: [Located<String>] = []
    /// The path that is answered on the public listeners without a token, with its leading slash; nil is off.
    package var health: Located<String>?
    package var upstreams: [UpstreamSettings] = []
    package var routes: [RouteSettings] = []
    package var limits = LimitSettings()
    package var timeouts = TimeoutSettings()
    package var logs = LogSettings()
    package var admin: AdminSettings?
    package var reload = ReloadSettings()

    package init() {}
}
