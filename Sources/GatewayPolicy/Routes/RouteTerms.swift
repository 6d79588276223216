package import GatewaySettings

/// What a connection keeps of its route after admission: small, immutable and shared. It holds nothing of the policy it
/// came from, so that an open socket does not keep an old policy alive.
package final class RouteTerms: Sendable {
    /// Position in the file's list of routes.
    package let index: Int
    /// The pattern as written, for logs and metrics.
    package let pattern: String
    /// Index into `Policy.upstreamNames`.
    package let upstream: Int
    /// Nil: the route serves plain requests only.
    package let webSocket: WebSocketSettings?
    package let auth: Authentication
    package let forward: TokenForwarding
    package let location: SettingsLocation

    let httpSources: TokenSources
    let webSocketSources: TokenSources
    /// Path forms the route tolerates.
    let tolerated: PathForms
    /// Nil only on routes without `websocket`.
    let origins: OriginRules?

    init(
        index: Int,
        pattern: String,
        upstream: Int,
        webSocket: WebSocketSettings?,
        auth: Authentication,
        forward: TokenForwarding,
        location: SettingsLocation,
        httpSources: TokenSources,
        webSocketSources: TokenSources,
        tolerated: PathForms,
        origins: OriginRules?
    ) {
        self.index = index
        self.pattern = pattern
        self.upstream = upstream
        self.webSocket = webSocket
        self.auth = auth
        self.forward = forward
        self.location = location
        self.httpSources = httpSources
        self.webSocketSources = webSocketSources
        self.tolerated = tolerated
        self.origins = origins
    }

    /// Whether requests of this kind look at the route at all.
    func serves(webSocket isWebSocket: Bool) -> Bool {
        guard let webSocket = self.webSocket else { return !isWebSocket }
        return isWebSocket || !webSocket.only
    }
}
