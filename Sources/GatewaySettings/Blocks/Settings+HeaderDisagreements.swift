/// Headers that two blocks lay claim to.
extension Settings {
    /// What the gateway says about the user is said by nobody else.
    func reportOwnedHeaders(_ context: ReadingContext) {
        let identity = Set(self.identity.map { HeaderNameRule.folded($0.header.value) })
        let assertion = self.assertion.map { HeaderNameRule.folded($0.header.value) }
        for header in self.releasedHeaders {
            let folded = HeaderNameRule.folded(header.value)
            guard identity.contains(folded) || folded == assertion else { continue }
            let block = folded == assertion ? "assertion" : "identity"
            context.report(
                "\(block) sends this header, so clients never can", at: header.location, hint: "delete it here or there"
            )
        }
        let token = self.simpleJWT.map { HeaderNameRule.folded($0.authHeaderName) }
        for route in self.routes {
            for name in route.requestHeaders.names {
                let folded = HeaderNameRule.folded(name.value)
                if identity.contains(folded) {
                    context.report("identity sends this header", at: name.location, hint: "delete it here or there")
                } else if folded == assertion {
                    context.report("assertion sends this header", at: name.location, hint: "delete it here or there")
                } else if folded == token {
                    let hint = "tokens: {forward: strip} in this route keeps it from the backend"
                    context.report(
                        "this header carries the token", at: name.location, hint: route.auth == .none ? nil : hint)
                }
            }
        }
    }

    /// With `cors` the gateway answers for these alone.
    func reportForeignCORSHeaders(_ context: ReadingContext) {
        guard self.cors != nil else { return }
        for route in self.routes {
            for name in route.responseHeaders.names where name.value.lowercased().hasPrefix("access-control-") {
                context.report("cors sends this header", at: name.location, hint: "delete it, and say it under cors")
            }
            let replaced = route.responseHeaders.set.map(\.name) + route.responseHeaders.remove
            for name in replaced where name.value.lowercased() == "vary" {
                context.report(
                    "cors needs this header, for caches to keep origins apart", at: name.location,
                    hint: "write it under add")
            }
        }
    }
}

/// What pages of other origins could not do.
extension Settings {
    func reportUnsendableTokens(_ context: ReadingContext) {
        guard let cors = self.cors, let name = self.simpleJWT?.authHeaderName, let origin = cors.origins.first else {
            return
        }
        guard self.tokens.sources?.contains(.header) != false, !cors.headers.contains(name) else { return }
        var location = origin.location
        location.key = "cors.headers"
        context.notice(
            "pages cannot send tokens, for their header is not listed", at: location, hint: "add \(Excerpt.clean(name))"
        )
    }
}

extension HeaderEditSettings {
    /// Every name once for each line or removal.
    fileprivate var names: [Located<String>] { self.set.map(\.name) + self.add.map(\.name) + self.remove }
}
