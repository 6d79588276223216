/// What no single block can see: names that another block must define, keys that need each other.
extension Settings {
    func reportDisagreements(in root: SettingsBlock) {
        let context = root.field.context
        self.reportUnknownUpstreams(context)
        self.reportMissingOrigins(context)
        self.reportMissingTokenRules(context)
        self.reportUnusableIdentity(context)
        self.reportRepeatedListeners(context)
        self.reportOwnedHeaders(context)
        self.reportForeignCORSHeaders(context)
        self.reportUnsendableTokens(context)
        self.reportHiddenRoutes(context)
        self.reportTokenDisagreements(context)
    }

    private func reportUnknownUpstreams(_ context: ReadingContext) {
        let names = self.upstreams.map(\.name.value)
        let known = Set(names)
        guard !names.isEmpty else { return }
        for route in self.routes where !known.contains(route.upstream.value) {
            let hint = Suggestion.hint(for: route.upstream.value, among: names)
            context.report("no upstream has this name", at: route.upstream.location, hint: hint)
        }
    }

    private func reportMissingOrigins(_ context: ReadingContext) {
        guard self.allowedOrigins == nil else { return }
        for route in self.routes where route.webSocket != nil && route.allowedOrigins == nil {
            var location = route.location
            location.key += ".websocket"
            let hint = "write allowed_origins: [\".example.com\"], at the top of the file or in this route"
            context.report("a WebSocket route needs allowed_origins", at: location, hint: hint)
        }
    }

    private func reportMissingTokenRules(_ context: ReadingContext) {
        guard self.simpleJWT == nil, let route = self.routes.first(where: { $0.auth != .none }) else { return }
        let hint = "add SIMPLE_JWT: {SIGNING_KEY: …}, or write auth: none"
        context.report(
            "auth: \(route.auth.rawValue) needs SIMPLE_JWT, which is missing", at: route.location, hint: hint)
    }

    private func reportUnusableIdentity(_ context: ReadingContext) {
        guard let simpleJWT = self.simpleJWT else { return }
        for entry in self.identity {
            if HeaderNameRule.folded(entry.header.value) == HeaderNameRule.folded(simpleJWT.authHeaderName) {
                context.report("this header carries the token", at: entry.header.location, hint: "choose another name")
            }
            guard let claim = entry.claim else { continue }
            if claim.value == simpleJWT.revokeTokenClaim || claim.value.hasPrefix(simpleJWT.revokeTokenClaim + ".") {
                let message = "REVOKE_TOKEN_CLAIM is derived from the user's password and never leaves the token"
                context.report(message, at: claim.location)
            }
        }
    }

    private func reportRepeatedListeners(_ context: ReadingContext) {
        var seen: Set<AddressSettings> = []
        let all = self.listen.map(\.address) + (self.admin.map { [$0.address] } ?? [])
        for address in all where !seen.insert(address.value).inserted {
            // Port 0 is a new port each time.
            if case .tcp(_, port: 0) = address.value { continue }
            context.report("this address is already listened on", at: address.location)
        }
    }

    private func reportHiddenRoutes(_ context: ReadingContext) {
        guard let health = self.health else { return }
        for route in self.routes where route.pattern.value == .path(String(health.value.dropFirst())) {
            context.notice("is never asked: health answers this path", at: route.pattern.location)
        }
    }
}
