/// What routes and other blocks say about tokens and claims.
extension Settings {
    func reportTokenDisagreements(_ context: ReadingContext) {
        self.reportUnknownIssuers(context)
        self.reportMixedUsers(context)
        self.reportUncapturedIdentity(context)
        self.reportOpenCookies(context)
        self.reportAssertion(context)
    }

    private func reportUnknownIssuers(_ context: ReadingContext) {
        let known = [IssuerSettings.defaultName] + self.tokens.issuers.map(\.name.value)
        for route in self.routes {
            for name in route.issuers ?? [] where !known.contains(name.value) {
                context.report(
                    "no issuer has this name", at: name.location,
                    hint: "default is SIMPLE_JWT, others are named under tokens.issuers")
            }
        }
    }

    /// Issuers name their users as they please: the partner's user 7 is another one than the own user 7.
    private func reportMixedUsers(_ context: ReadingContext) {
        guard let first = self.tokens.issuers.first, !self.identity.isEmpty || self.assertion != nil,
            !self.identity.contains(where: { $0.claim?.value == "iss" })
        else { return }
        let all = self.tokens.issuers.count + 1
        guard self.routes.contains(where: { $0.auth != .none && ($0.issuers?.count ?? all) > 1 }) else { return }
        context.notice(
            "the backend cannot tell its users from those of SIMPLE_JWT who have the same id", at: first.name.location,
            hint:
                "add X-Issuer: iss to identity and have the backend look at it, or give each route one of tokens.issuers"
        )
    }

    private func reportUncapturedIdentity(_ context: ReadingContext) {
        let captures = Set(self.routes.flatMap(\.pattern.value.captureNames))
        guard !self.routes.isEmpty else { return }
        for entry in self.identity {
            guard case .capture(let name) = entry.source.value, !captures.contains(name) else { continue }
            context.report(
                "no route's pattern captures anything under this name", at: entry.source.location,
                hint: "name it there: (?P<room_id>…) or <int:room_id>")
        }
    }

    /// Browsers send cookies along with what any page makes them do.
    private func reportOpenCookies(_ context: ReadingContext) {
        let routes = self.routes.filter { route in
            route.auth != .none && (route.sources ?? self.tokens.sources)?.contains(.cookie) == true
        }
        // Routes for WebSockets are told so anyway.
        if self.allowedOrigins == nil,
            let route = routes.first(where: { $0.webSocket == nil && $0.allowedOrigins == nil })
        {
            context.report(
                "tokens from cookies need allowed_origins: any page could make browsers send them", at: route.location,
                hint: "write allowed_origins: [\".example.com\"], at the top of the file or in this route")
        }
        var seen: Set<SettingsLocation> = []
        for origin in routes.flatMap({ $0.allowedOrigins ?? self.allowedOrigins ?? [] })
        where origin.value == "*" && seen.insert(origin.location).inserted {
            context.notice(
                "pages of every origin can act with the token in a user's cookie", at: origin.location,
                hint: "list the origins of your own pages")
        }
    }

    private func reportAssertion(_ context: ReadingContext) {
        guard let assertion = self.assertion else { return }
        let folded = HeaderNameRule.folded(assertion.header.value)
        let objection =
            folded == self.simpleJWT.map({ HeaderNameRule.folded($0.authHeaderName) })
            ? "this header carries the token"
            : self.identity.contains { HeaderNameRule.folded($0.header.value) == folded }
                ? "identity sends this header" : nil
        if let objection { context.report(objection, at: assertion.header.location, hint: "choose another name") }
        let others =
            ([self.simpleJWT] + self.tokens.issuers.map(\.rules)).compactMap { $0?.signingKey?.value }
            + self.tokens.previousKeys.map(\.key.value.text)
        if others.contains(assertion.signingKey.value.text) {
            context.report(
                "tokens are signed with this key too: the one could pass for the other",
                at: assertion.signingKey.location,
                hint: "make a key of its own")
        }
        if self.simpleJWT == nil {
            context.notice(
                "is never sent: there is no SIMPLE_JWT to verify users with", at: assertion.signingKey.location)
        }
        self.reportDearAssertion(assertion, context)
    }

    /// A user may ask for one room after the other, and a signature of RSA costs ten times what others do.
    private func reportDearAssertion(_ assertion: AssertionSettings, _ context: ReadingContext) {
        guard assertion.algorithm.value.hasPrefix("RS") || assertion.algorithm.value.hasPrefix("PS") else { return }
        for entry in self.identity {
            guard case .capture = entry.source.value else { continue }
            context.notice(
                "is signed anew for each value of \(entry.header.value), a quarter of a millisecond each time",
                at: assertion.algorithm.location,
                hint: "HS256, ES256 and EdDSA take a tenth")
            return
        }
    }
}
