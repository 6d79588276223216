package import GatewaySettings
import GatewayTokens

extension Policy {
    /// Compiles settings. Every problem is found before anything is refused.
    ///
    /// `remoteKeys` finds, or makes, the holder of the keys behind a JWK_URL: those that an earlier policy has fetched already.
    package static func build(
        from settings: Settings,
        remoteKeys: (RemoteKeys.Source) -> RemoteKeys = { RemoteKeys($0) }
    ) -> PolicyBuilding {
        var builder = PolicyBuilder(settings)
        return builder.build(remoteKeys)
    }

    /// What is wrong with the patterns, origins and keys of settings that cannot be used for other reasons, so that one run
    /// tells everything. Nothing else is looked at: what those reasons left out would be reported a second time.
    package static func problemsOfTexts(in settings: Settings) -> [SettingsProblem] {
        var builder = PolicyBuilder(settings)
        return builder.checkTexts()
    }
}

/// Compiles settings piece by piece and collects what is wrong with them.
struct PolicyBuilder {
    let settings: Settings
    private var problems: [SettingsProblem] = []
    private var notices: [SettingsProblem] = []

    let owned: OwnedHeaders

    init(_ settings: Settings) {
        self.settings = settings
        self.owned = OwnedHeaders(settings)
    }

    mutating func build(_ remoteKeys: (RemoteKeys.Source) -> RemoteKeys) -> PolicyBuilding {
        let tokens = self.tokenPlan(remoteKeys)
        let assertion = self.assertionPlan(tokens)
        let commonOrigins = self.settings.allowedOrigins.map { self.origins($0) }
        var routes: [(terms: RouteTerms, pattern: RoutePattern)] = []
        for (index, route) in self.settings.routes.enumerated() {
            if let compiled = self.compile(route, index: index, commonOrigins) { routes.append(compiled) }
        }
        self.checkIdentity()
        self.checkReleasedHeaders()
        self.checkHealth()
        self.checkSessions()
        let cors = self.cors()
        var policy: Policy?
        if self.problems.isEmpty, routes.count == self.settings.routes.count {
            policy = Policy(
                routes: routes, settings: self.settings, owned: self.owned, tokens: tokens,
                assertion: assertion, origins: commonOrigins, cors: cors)
        }
        self.problems.sort(by: SettingsProblem.isOrdered)
        self.notices.sort(by: SettingsProblem.isOrdered)
        return PolicyBuilding(policy: policy, problems: self.problems, notices: self.notices)
    }

    mutating func checkTexts() -> [SettingsProblem] {
        self.checkTokenTexts()
        _ = self.assertionKey()
        _ = self.settings.allowedOrigins.map { self.origins($0) }
        for route in self.settings.routes {
            _ = route.allowedOrigins.map { self.origins($0) }
            do {
                _ = try RoutePattern(route.pattern.value, tolerating: PathForms(route.tolerate))
            } catch {
                self.report(error.message, at: route.pattern.location, hint: error.hint)
            }
        }
        return self.problems
    }

    mutating func report(_ message: String, at location: SettingsLocation, hint: String? = nil) {
        self.problems.append(SettingsProblem(location: location, message: message, hint: hint))
    }

    mutating func note(_ message: String, at location: SettingsLocation) {
        self.notices.append(SettingsProblem(location: location, message: message))
    }

    // MARK: Identity

    /// The settings reader has checked the names; what is left is what the policy itself must be sure of.
    private mutating func checkIdentity() {
        guard let simpleJWT = self.settings.simpleJWT else { return }
        let secrets = [simpleJWT.revokeTokenClaim] + self.settings.tokens.issuers.map(\.rules.revokeTokenClaim)
        for entry in self.settings.identity {
            guard let claim = entry.claim else { continue }
            let isSecret = secrets.contains { claim.value == $0 || claim.value.hasPrefix($0 + ".") }
            if isSecret { self.report("REVOKE_TOKEN_CLAIM never leaves the gateway", at: claim.location) }
        }
    }

    private mutating func checkReleasedHeaders() {
        for released in self.settings.releasedHeaders {
            do {
                try HeaderRelease.check(released.value, identity: self.settings.identity)
            } catch {
                self.report(error.message, at: released.location, hint: error.hint)
            }
        }
    }

    /// It is compared with the path as it arrives.
    private mutating func checkHealth() {
        guard let health = self.settings.health else { return }
        let isPath =
            health.value.utf8.first == .slash
            && health.value.utf8.allSatisfy {
                (0x21...0x7E).contains($0) && $0 != 0x3F && $0 != .hash && $0 != .backslash
            }
        if !isPath { self.report("“\(health.value)” is not a path", at: health.location, hint: "/healthz") }
    }

    /// A name cannot be both the token's and the session's.
    private mutating func checkSessions() {
        guard self.settings.tokens.queryParameter == SessionID.parameter,
            let route = self.settings.routes.first(where: { $0.webSocket?.renewal.http ?? false })
        else { return }
        self.report(
            "sessions are named by the query parameter \(SessionID.parameter), and query_parameter is the same",
            at: route.location, hint: "choose another name for tokens.query_parameter")
    }

    // MARK: CORS

    private mutating func cors() -> CORSRules? {
        guard let settings = self.settings.cors else { return nil }
        var origins: [CORSOrigin] = []
        for origin in settings.origins {
            do {
                origins.append(try CORSOrigin(origin.value))
            } catch {
                self.report(error.message, at: origin.location, hint: error.hint)
            }
        }
        if let place = settings.origins.first(where: { $0.value == "*" }) {
            if settings.origins.count > 1 {
                self.report("“*” is every origin: it stands alone", at: place.location)
            }
            if settings.credentials {
                self.report(
                    "credentials are never for every origin", at: place.location, hint: "list the origins one by one")
            }
        }
        let names = settings.methods + settings.headers + settings.exposedHeaders
        if let place = settings.origins.first, let name = names.first(where: { !HeaderEditRule.isToken($0) }) {
            self.report("“\(name)” in cors is neither a method nor a header name", at: place.location)
        }
        return CORSRules(settings, origins: origins)
    }
}
