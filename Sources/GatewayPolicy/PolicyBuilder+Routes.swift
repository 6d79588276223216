import GatewaySettings

extension PolicyBuilder {
    mutating func compile(
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
        let sources = route.sources ?? self.settings.tokens.sources
        let readsCookies = route.auth != .none && (sources ?? []).contains(.cookie)
        let origins = route.webSocket == nil && !readsCookies ? nil : ownOrigins ?? commonOrigins
        self.checkOrigins(of: route, origins, readsCookies: readsCookies)
        let filters = self.filters(of: route)
        let edits = self.edits(of: route)
        let issuers = self.issuers(of: route)
        do {
            let pattern = try RoutePattern(route.pattern.value, tolerating: tolerated)
            self.checkStripping(of: route, pattern)
            let requirement = self.requirement(of: route, pattern)
            guard let upstream else { return nil }
            let terms = RouteTerms(
                index: index,
                pattern: route.pattern.value,
                upstream: upstream,
                webSocket: route.webSocket,
                auth: route.auth,
                forward: route.forward ?? self.settings.tokens.forward,
                location: route.location,
                httpSources: .resolved(sources, webSocket: false),
                webSocketSources: .resolved(sources, webSocket: true),
                tokenCookie: CookieToken(name: route.cookie ?? self.settings.tokens.cookie),
                issuers: issuers,
                requirement: requirement,
                captureNames: self.captureNames(requirement, pattern),
                tolerated: tolerated,
                origins: origins,
                filters: filters,
                edits: edits
            )
            return (terms, pattern)
        } catch {
            self.report(error.message, at: route.pattern.location, hint: error.hint)
            return nil
        }
    }

    private mutating func checkOrigins(of route: RouteSettings, _ origins: OriginRules?, readsCookies: Bool) {
        guard route.webSocket != nil || readsCookies, origins == nil else { return }
        self.report(
            route.webSocket == nil
                ? "tokens from cookies need allowed_origins" : "a WebSocket route needs allowed_origins",
            at: route.location,
            hint: "allowed_origins: [\".example.com\"], at the top of the file or in this route"
        )
    }

    mutating func origins(_ patterns: [Located<String>]) -> OriginRules {
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

    // MARK: Filters

    private mutating func filters(of route: RouteSettings) -> RouteFilters {
        RouteFilters(
            hosts: route.hosts.map { self.hosts($0) },
            methods: route.methods.map { self.methods($0) },
            addresses: AddressRules(allow: route.allow, deny: route.deny)
        )
    }

    private mutating func hosts(_ hosts: [Located<String>]) -> HostRules {
        var patterns: [HostPattern] = []
        for host in hosts {
            do {
                patterns.append(try HostPattern(host.value))
            } catch {
                self.report(error.message, at: host.location, hint: error.hint)
            }
        }
        return HostRules(patterns: patterns)
    }

    private mutating func methods(_ methods: [Located<String>]) -> MethodRule {
        for method in methods {
            guard let objection = MethodRule.objection(to: method.value) else { continue }
            self.report(objection.message, at: method.location, hint: objection.hint)
        }
        return MethodRule(methods.map(\.value))
    }

    // MARK: Edits

    private mutating func edits(of route: RouteSettings) -> RouteEdits {
        self.check(route.requestHeaders, .request)
        self.check(route.responseHeaders, .response)
        self.checkPrefix(route.addPrefix)
        return RouteEdits(
            prefix: PathPrefix(
                stripped: route.stripPrefix.map { Array($0.value.utf8) } ?? [],
                added: route.addPrefix.map { Array($0.value.utf8) } ?? []
            ),
            request: route.requestHeaders.isEmpty ? nil : RequestEdits(route.requestHeaders),
            response: ResponseEdits(route.responseHeaders, dropsCORS: self.settings.cors != nil)
        )
    }

    private mutating func check(_ edits: HeaderEditSettings, _ direction: HeaderEditRule.Direction) {
        guard !edits.isEmpty else { return }
        let rule = HeaderEditRule(
            direction: direction,
            owned: self.owned,
            tokenHeader: self.settings.simpleJWT?.authHeaderName ?? "authorization",
            hasCORS: self.settings.cors != nil
        )
        let lines = edits.set + edits.add
        for name in lines.map(\.name) + edits.remove {
            guard let objection = rule.objection(to: name.value) else { continue }
            self.report("cannot be edited: \(objection)", at: name.location)
        }
        for value in lines.map(\.value) where !HeaderEditRule.isValue(value.value) {
            self.report("holds a line break or another control character", at: value.location)
        }
    }

    private mutating func checkPrefix(_ prefix: Located<String>?) {
        guard let prefix else { return }
        do {
            _ = try PathPrefix.decoded(prefix.value)
        } catch {
            self.report(error.message, at: prefix.location, hint: error.hint)
        }
    }

    /// What is cut off must be there whenever the pattern matches: otherwise requests that are meant to pass are refused.
    private mutating func checkStripping(of route: RouteSettings, _ pattern: RoutePattern) {
        guard let prefix = route.stripPrefix else { return }
        do {
            let literal = String(decoding: try PathPrefix.decoded(prefix.value), as: UTF8.self)
            if LiteralPrefix(of: pattern.program).isProved(literal) { return }
            self.report(
                "“\(route.pattern.value.text)” also matches paths that are not under “\(prefix.value)”",
                at: prefix.location,
                hint: "a pattern that begins with \(literal)/, such as path: '\(literal)/<path:rest>'"
            )
        } catch {
            self.report(error.message, at: prefix.location, hint: error.hint)
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
