package import GatewaySettings
import GatewayTokens

extension Policy {
    /// Compiles settings. Every problem is found before anything is refused.
    package static func build(from settings: Settings) -> PolicyBuilding {
        var builder = PolicyBuilder(settings)
        return builder.build()
    }

    /// What is wrong with the patterns, origins and keys of settings that cannot be used for other reasons, so that one run
    /// tells everything. Nothing else is looked at: what those reasons left out would be reported a second time.
    package static func problemsOfTexts(in settings: Settings) -> [SettingsProblem] {
        var builder = PolicyBuilder(settings)
        return builder.checkTexts()
    }
}

/// Compiles settings piece by piece and collects what is wrong with them.
private struct PolicyBuilder {
    private let settings: Settings
    private var problems: [SettingsProblem] = []
    private var notices: [SettingsProblem] = []

    init(_ settings: Settings) { self.settings = settings }

    mutating func build() -> PolicyBuilding {
        let tokenRules = self.tokenRules()
        let commonOrigins = self.settings.allowedOrigins.map { self.origins($0) }
        var routes: [(terms: RouteTerms, pattern: RoutePattern)] = []
        for (index, route) in self.settings.routes.enumerated() {
            if let compiled = self.compile(route, index: index, commonOrigins) { routes.append(compiled) }
        }
        self.checkIdentity()
        var policy: Policy?
        if self.problems.isEmpty, routes.count == self.settings.routes.count {
            policy = Policy(
                routes: routes, settings: self.settings, tokenRules: tokenRules, origins: commonOrigins)
        }
        self.problems.sort(by: SettingsProblem.isOrdered)
        self.notices.sort(by: SettingsProblem.isOrdered)
        return PolicyBuilding(policy: policy, problems: self.problems, notices: self.notices)
    }

    mutating func checkTexts() -> [SettingsProblem] {
        if let settings = self.settings.simpleJWT,
            let algorithm = SigningAlgorithm(rawValue: settings.algorithm?.value ?? SimpleJWTSettings.defaultAlgorithm),
            (algorithm.usesSecret ? settings.signingKey : settings.verifyingKey) != nil
        {
            _ = self.key(settings, algorithm)
        }
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

    private mutating func report(_ message: String, at location: SettingsLocation, hint: String? = nil) {
        self.problems.append(SettingsProblem(location: location, message: message, hint: hint))
    }

    // MARK: Routes

    private mutating func compile(
        _ route: RouteSettings,
        index: Int,
        _ commonOrigins: OriginRules?
    ) -> (terms: RouteTerms, pattern: RoutePattern)? {
        let tolerated = PathForms(route.tolerate)
        let upstream = self.settings.upstreams.firstIndex { $0.name.value == route.upstream.value }
        if upstream == nil { self.report("no upstream has this name", at: route.upstream.location) }
        if route.auth != .none, self.settings.simpleJWT == nil {
            self.report("auth: \(route.auth.rawValue) needs SIMPLE_JWT", at: route.location)
        }
        let ownOrigins = route.allowedOrigins.map { self.origins($0) }
        let origins = route.webSocket == nil ? nil : ownOrigins ?? commonOrigins
        self.checkOrigins(of: route, origins)
        do {
            let pattern = try RoutePattern(route.pattern.value, tolerating: tolerated)
            let sources = route.sources ?? self.settings.tokens.sources
            guard let upstream else { return nil }
            let terms = RouteTerms(
                index: index,
                pattern: route.pattern.value.text,
                upstream: upstream,
                webSocket: route.webSocket,
                auth: route.auth,
                forward: route.forward ?? self.settings.tokens.forward,
                location: route.location,
                httpSources: .resolved(sources, webSocket: false),
                webSocketSources: .resolved(sources, webSocket: true),
                tolerated: tolerated,
                origins: origins
            )
            return (terms, pattern)
        } catch {
            self.report(error.message, at: route.pattern.location, hint: error.hint)
            return nil
        }
    }

    private mutating func checkOrigins(of route: RouteSettings, _ origins: OriginRules?) {
        guard route.webSocket != nil, origins == nil else { return }
        self.report(
            "a WebSocket route needs allowed_origins",
            at: route.location,
            hint: "allowed_origins: [\".example.com\"], at the top of the file or in this route"
        )
    }

    private mutating func origins(_ patterns: [Located<String>]) -> OriginRules {
        var rules: [OriginRule] = []
        for pattern in patterns {
            do {
                rules.append(try OriginPattern.compile(pattern.value))
            } catch {
                self.report(error.message, at: pattern.location, hint: error.hint)
            }
        }
        return OriginRules(rules: rules, allowMissing: self.settings.allowMissingOrigin)
    }

    // MARK: Tokens

    private mutating func tokenRules() -> TokenRules? {
        guard let settings = self.settings.simpleJWT else { return nil }
        let name = settings.algorithm?.value ?? SimpleJWTSettings.defaultAlgorithm
        guard let algorithm = SigningAlgorithm(rawValue: name) else {
            self.report("“\(name)” is not a signing algorithm", at: settings.algorithm?.location ?? settings.location)
            return nil
        }
        guard let key = self.key(settings, algorithm) else { return nil }
        return TokenRules(
            algorithm: algorithm,
            keys: [key],
            audience: settings.audience?.value,
            issuer: settings.issuer?.value,
            // A fraction is dropped, which is on the strict side.
            leeway: max(0, settings.leeway.components.seconds),
            tokenClasses: settings.tokenClasses.map { TokenClass(name: $0.name, type: $0.type) },
            typeClaim: settings.tokenTypeClaim,
            jtiClaim: settings.jtiClaim,
            userIDClaim: settings.userIDClaim
        )
    }

    private mutating func key(_ settings: SimpleJWTSettings, _ algorithm: SigningAlgorithm) -> VerificationKey? {
        let written = algorithm.usesSecret ? settings.signingKey : settings.verifyingKey
        guard let written else {
            let key = algorithm.usesSecret ? "SIGNING_KEY" : "VERIFYING_KEY"
            self.report("\(algorithm.rawValue) needs \(key)", at: settings.location)
            return nil
        }
        do throws(KeyProblem) {
            let key =
                algorithm.usesSecret
                ? try VerificationKey.secret(Array(written.value.utf8), algorithm: algorithm)
                : try VerificationKey.publicKey(pem: written.value, algorithm: algorithm)
            if let warning = key.warning {
                self.notices.append(SettingsProblem(location: written.location, message: warning))
            }
            return key
        } catch {
            self.report(error.message, at: written.location)
            return nil
        }
    }

    // MARK: Identity

    /// The settings reader has checked the names; what is left is what the policy itself must be sure of.
    private mutating func checkIdentity() {
        guard let simpleJWT = self.settings.simpleJWT else { return }
        for entry in self.settings.identity {
            let claim = entry.claim.value
            if claim == simpleJWT.revokeTokenClaim || claim.hasPrefix(simpleJWT.revokeTokenClaim + ".") {
                self.report("REVOKE_TOKEN_CLAIM never leaves the gateway", at: entry.claim.location)
            }
        }
    }
}

extension RoutePatternSettings {
    /// As written.
    var text: String {
        switch self {
        case .path(let text), .rePath(let text): text
        }
    }
}
