import GatewayMessage
package import GatewaySettings
import GatewayTokens

/// What a connection keeps of its route after admission: small, immutable and shared. It holds nothing of the policy it
/// came from, so that an open socket does not keep an old policy alive.
package final class RouteTerms: Sendable {
    /// Position in the file's list of routes.
    package let index: Int
    /// The pattern as written, for logs and metrics.
    package let pattern: String
    let key: RouteKey
    /// Index into `Policy.upstreamNames`.
    package let upstream: Int
    /// Nil: the route serves plain requests only.
    package let webSocket: WebSocketSettings?
    package let auth: Authentication
    package let forward: TokenForwarding
    package let location: SettingsLocation
    /// Whole lines that every request of the route is sent with.
    package let requestLines: [UInt8]
    /// Goes in front of what is left of the path.
    package let addedPrefix: [UInt8]
    /// Nil: responses stay as they are.
    package let responseEdits: ResponseEdits?

    let httpSources: TokenSources
    let webSocketSources: TokenSources
    /// Which one it is, where cookies are among the sources.
    let tokenCookie: CookieToken
    /// For each block of the token plan whether its tokens are taken; nil: all are.
    let issuers: [Bool]?
    /// What a token's claims must be; nil: anything.
    let requirement: ClaimRules?
    /// What of the pattern's captures anything is made of.
    let captureNames: Set<String>
    /// Path forms the route tolerates.
    let tolerated: PathForms
    /// Nil only on routes without `websocket` that read no cookies.
    let origins: OriginRules?
    /// Nil: every host, also none.
    let hosts: HostRules?
    /// Nil: every method.
    let methods: MethodRule?
    /// Nil: every client address.
    let addresses: AddressRules?
    let prefix: PathPrefix
    private let requestEdits: RequestEdits?

    init(
        index: Int,
        pattern: RoutePatternSettings,
        upstream: Int,
        webSocket: WebSocketSettings?,
        auth: Authentication,
        forward: TokenForwarding,
        location: SettingsLocation,
        httpSources: TokenSources,
        webSocketSources: TokenSources,
        tokenCookie: CookieToken,
        issuers: [Bool]?,
        requirement: ClaimRules?,
        captureNames: Set<String>,
        tolerated: PathForms,
        origins: OriginRules?,
        filters: RouteFilters,
        edits: RouteEdits
    ) {
        self.index = index
        self.pattern = pattern.text
        self.key = RouteKey(pattern: pattern, hosts: filters.hosts)
        self.upstream = upstream
        self.webSocket = webSocket
        self.auth = auth
        self.forward = forward
        self.location = location
        self.httpSources = httpSources
        self.webSocketSources = webSocketSources
        self.tokenCookie = tokenCookie
        self.issuers = issuers
        self.requirement = requirement
        self.captureNames = captureNames
        self.tolerated = tolerated
        self.origins = origins
        self.hosts = filters.hosts
        self.methods = filters.methods
        self.addresses = filters.addresses
        self.prefix = edits.prefix
        self.requestEdits = edits.request
        self.requestLines = edits.requestLines
        self.addedPrefix = edits.prefix.added
        self.responseEdits = edits.response
    }

    /// Whether handshakes may carry their token among the sub-protocols.
    var readsOffers: Bool {
        self.webSocket != nil && self.auth != .none && self.webSocketSources.contains(.subprotocol)
    }

    /// Whether tokens are looked for in cookies.
    var readsCookies: Bool { self.auth != .none && self.httpSources.contains(.cookie) }

    /// Whether handshakes may name a session, for requests that renew its token.
    var takesSession: Bool { self.webSocket?.renewal.http ?? false }

    /// Whether a handshake with this `Origin` would be let in, an empty one meaning that none was sent: for sockets that are
    /// open when the rules change.
    package func allowsOrigin(_ origin: [UInt8]) -> Bool {
        let whole = origin.isEmpty ? nil : ByteRange(start: 0, end: origin.count)
        return self.origins?.allow(whole, bytes: origin.span.bytes) ?? false
    }

    /// Whether requests of this kind look at the route at all.
    func serves(webSocket isWebSocket: Bool) -> Bool {
        guard let webSocket = self.webSocket else { return !isWebSocket }
        return isWebSocket || !webSocket.only
    }

    /// Whether requests go upstream with other header lines than their clients sent.
    package var editsRequests: Bool { self.requestEdits != nil }

    /// Drops the header lines that the route removes or replaces.
    func edit(_ head: inout RequestHead, bytes: RawSpan) { self.requestEdits?.apply(to: &head, bytes: bytes) }
}

/// Which of the requests whose path matches are the route's.
struct RouteFilters: Sendable {
    var hosts: HostRules?
    var methods: MethodRule?
    var addresses: AddressRules?
}

/// What a route changes on the way.
struct RouteEdits: Sendable {
    var prefix: PathPrefix
    /// Nil: nothing.
    var request: RequestEdits?
    var response: ResponseEdits?

    /// Backends that build links find out here what was cut off.
    var requestLines: [UInt8] {
        let lines = self.request?.lines ?? []
        guard !self.prefix.stripped.isEmpty else { return lines }
        return lines + Array("X-Forwarded-Prefix: ".utf8) + self.prefix.stripped + [0x0D, 0x0A]
    }
}
