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
    /// Nil only when no route reads tokens.
    let tokenRules: TokenRules?
    let tokenHeader: AuthorizationHeader
    let tokenQuery: QueryToken
    let owned: OwnedHeaders
    let identity: IdentityPlan
    /// `allowed_origins` of the whole file; nil when not written.
    let origins: OriginRules?
    private let texts: RefusalTexts

    init(
        routes: [(terms: RouteTerms, pattern: RoutePattern)],
        settings: Settings,
        tokenRules: TokenRules?,
        origins: OriginRules?
    ) {
        let simpleJWT = settings.simpleJWT
        self.routes = routes.map(\.terms)
        self.patterns = routes.map(\.pattern)
        self.asksForCategories = routes.contains { $0.pattern.asksForCategories }
        self.upstreamNames = settings.upstreams.map(\.name.value)
        self.tokenRules = tokenRules
        self.tokenHeader = AuthorizationHeader(simpleJWT)
        self.tokenQuery = QueryToken(parameter: settings.tokens.queryParameter)
        self.owned = OwnedHeaders(
            adding: settings.identity.map(\.header.value),
            except: simpleJWT?.authHeaderName ?? "authorization"
        )
        self.identity = IdentityPlan(
            settings.identity,
            header: self.tokenHeader,
            userIDClaim: simpleJWT?.userIDClaim ?? "user_id",
            leeway: tokenRules?.leeway ?? 0
        )
        self.origins = origins
        self.texts = RefusalTexts(simpleJWT)
    }

    /// The names that are removed from every request, for `check` to print.
    package var ownedHeaderNames: [String] { self.owned.names }

    /// Header lines that let a page of an allowed origin read a refusal, so that it can refresh its token; empty for others.
    /// The backend's own CORS headers are the backend's business.
    package func readingLines(for refusal: Refusal, head: borrowing RequestHead, bytes: RawSpan) -> [UInt8] {
        guard let origin = (refusal.route?.origins ?? self.origins)?.readable(head, bytes: bytes) else { return [] }
        return Array("Access-Control-Allow-Origin: ".utf8) + bytes.bytes(origin) + Array("\r\nVary: Origin\r\n".utf8)
    }

    /// What an HTTP client is told.
    package func answer(to refusal: Refusal) -> RefusalAnswer { self.texts.answer(to: refusal.reason) }
}

/// What came of building a policy.
package struct PolicyBuilding: Sendable {
    /// Nil exactly when there are problems.
    package var policy: Policy?
    package var problems: [SettingsProblem]
    package var notices: [SettingsProblem]
}
