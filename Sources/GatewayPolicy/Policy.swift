package import GatewayMessage
package import GatewaySettings
import GatewayTokens

/// Everything that decides about requests, compiled from one settings file: an immutable snapshot, built whole and swapped
/// by reference.
package final class Policy: Sendable {
    /// In the file's order; `RouteTerms.index` is the position here.
    package let routes: [RouteTerms]
    package let upstreamNames: [String]

    /// One for each route.
    let patterns: [RoutePattern]
    /// Whether any pattern depends on Unicode's tables.
    let asksForCategories: Bool
    /// Whether any route looks for tokens among sub-protocols.
    package let readsOffers: Bool
    /// Nil only when no route reads tokens.
    let tokens: TokenPlan?
    let tokenHeader: AuthorizationHeader
    let tokenQuery: QueryToken
    let owned: OwnedHeaders
    let identity: IdentityPlan
    /// Nil: nothing is signed.
    let assertion: AssertionPlan?
    /// `allowed_origins` of the whole file; nil when not written.
    let origins: OriginRules?
    let forwarding: ForwardingRules
    /// Nil: the backend's own CORS is left alone.
    let cors: CORSRules?
    /// The path that is answered without a route; empty when there is none.
    let health: [UInt8]
    /// Whether any route looks at the request's host.
    let asksForHost: Bool
    let methods: MethodTable
    /// Nil: no route's sockets can be renewed by a request.
    let renewals: RenewalRules?
    let sessionQuery = QueryToken(parameter: SessionID.parameter)
    private let texts: RefusalTexts

    init(
        routes: [(terms: RouteTerms, pattern: RoutePattern)],
        settings: Settings,
        owned: OwnedHeaders,
        tokens: TokenPlan?,
        assertion: AssertionPlan?,
        origins: OriginRules?,
        cors: CORSRules?
    ) {
        let simpleJWT = settings.simpleJWT
        self.routes = routes.map(\.terms)
        self.patterns = routes.map(\.pattern)
        self.asksForCategories = routes.contains { $0.pattern.asksForCategories }
        self.upstreamNames = settings.upstreams.map(\.name.value)
        self.readsOffers = routes.contains { $0.terms.readsOffers }
        self.tokens = tokens
        self.tokenHeader = AuthorizationHeader(simpleJWT)
        self.tokenQuery = QueryToken(parameter: settings.tokens.queryParameter)
        self.owned = owned
        self.identity = IdentityPlan(
            settings.identity,
            header: self.tokenHeader,
            userIDClaim: simpleJWT?.userIDClaim ?? "user_id",
            blocks: tokens?.blocks.map(\.rules) ?? [],
            keepsClaims: routes.contains { $0.terms.requirement != nil }
        )
        self.assertion = assertion
        self.origins = origins
        self.forwarding = ForwardingRules(
            trustedProxies: settings.trustedProxies, sendsForwarded: settings.forwarded)
        self.cors = cors
        self.health = settings.health.map { Array($0.value.utf8) } ?? []
        self.asksForHost = routes.contains { $0.terms.hosts != nil }
        self.methods = MethodTable(self.routes)
        self.renewals = RenewalRules(self.routes, tokenHeader: self.tokenHeader.name)
        self.texts = RefusalTexts(simpleJWT)
    }

    /// The names that are removed from every request, for `check` to print.
    package var ownedHeaderNames: [String] { self.owned.names }

    /// Header lines that let a page of an allowed origin read a refusal, so that it can refresh its token; empty for others.
    /// Without `cors` the backend's own CORS headers are the backend's business, and `allowed_origins` says who may read.
    package func readingLines(on route: RouteTerms?, head: borrowing RequestHead, bytes: RawSpan) -> [UInt8] {
        if route == nil, let renewals = self.renewals,
            RenewalRules.session(in: head.path, bytes: bytes) != nil
        {
            return renewals.responseLines(head, bytes: bytes)
        }
        if let cors = self.cors { return cors.responseLines(head, bytes: bytes) }
        let rules = route?.origins ?? self.origins
        guard let rules, let origin = rules.readable(head, bytes: bytes) else { return [] }
        var lines = Array("Access-Control-Allow-Origin: ".utf8) + bytes.bytes(origin)
        lines += "\r\nVary: Origin\r\n".utf8
        // Else a page that sends its cookie along could not see that the token in it has expired.
        if route?.readsCookies ?? false, !rules.rules.contains(.anything) {
            lines += "Access-Control-Allow-Credentials: true\r\n".utf8
        }
        return lines
    }

    /// The route of this policy that took the place of one of another: same pattern and hosts, and for WebSockets or not.
    package func route(like terms: RouteTerms) -> RouteTerms? {
        self.routes.first { $0.key == terms.key && ($0.webSocket == nil) == (terms.webSocket == nil) }
    }

    /// Whether the key with this fingerprint still verifies tokens.
    package func knowsKey(of identity: VerifiedIdentity) -> Bool {
        self.tokens?.knowsKey(of: identity) ?? false
    }

    /// The holders of all keys that have to be fetched.
    package var remoteKeys: [RemoteKeys] { self.tokens?.blocks.compactMap(\.remote) ?? [] }

    /// The same, each with what routes call the issuer.
    package var remoteIssuers: [(name: String, keys: RemoteKeys)] {
        self.tokens?.blocks.compactMap { block in block.remote.map { (block.name, $0) } } ?? []
    }

    /// What an HTTP client is told.
    package func answer(to refusal: Refusal) -> RefusalAnswer { self.texts.answer(to: refusal) }
}

/// What came of building a policy.
package struct PolicyBuilding: Sendable {
    /// Nil exactly when there are problems.
    package var policy: Policy?
    package var problems: [SettingsProblem]
    package var notices: [SettingsProblem]
}
