extension RouteSettings {
    init?(reading field: SettingsField) {
        var route: RouteSettings?
        field.readBlock { block in
            let (pattern, captures) = RoutePatternSettings.read(&block)
            let upstream = block.require("upstream", hint: "name one of upstreams")
            let name = upstream?.text(expected: "an upstream's name")
            // Stands in for what is missing, so that the other keys are read and reported as well.
            var reading = RouteSettings(
                location: field.location,
                pattern: pattern ?? field.located(.path("")),
                upstream: (upstream ?? field).located(name ?? "")
            )
            reading.readOptions(&block, captures: captures)
            if pattern != nil, name != nil { route = reading }
        }
        guard let route else { return nil }
        self = route
    }

    /// `captures`: nil when the pattern cannot be read.
    private mutating func readOptions(_ block: inout SettingsBlock, captures: RouteCaptures?) {
        block.read("auth", into: &self.auth) { $0.choice(of: Authentication.self) }
        let auth = self.auth
        block.read("websocket", into: &self.webSocket) { .some(WebSocketSettings.read($0, auth: auth)) }
        block.readBlock("tokens") { self.readTokens(&$0) }
        if let field = block.take("require"), !field.isNull { self.readRequirements(field, captures) }
        block.read("allowed_origins", into: &self.allowedOrigins) { $0.originPatterns() }
        block.read("tolerate", into: &self.tolerate) { field in
            field.list(of: "path forms (\"//\", \";\", \"%2F\")") { $0.choice(of: TolerablePathForm.self) }.map {
                Set($0)
            }
        }
        self.readConditions(&block)
        self.readEdits(&block)
    }

    /// To be asked after `websocket`.
    private mutating func readTokens(_ block: inout SettingsBlock) {
        block.read("sources", into: &self.sources) { field in
            let sources = field.tokenSources()
            if let sources, sources.contains(.subprotocol), self.webSocket == nil {
                field.notice("subprotocol has no effect: this route takes no WebSockets")
            }
            return sources
        }
        block.read("cookie", into: &self.cookie) { field in field.cookieName().map { .some($0) } }
        block.read("forward", into: &self.forward) { $0.choice(of: TokenForwarding.self) }
        block.read("issuers", into: &self.issuers) { field in
            if self.auth == .none { field.notice("has no effect: auth: none looks at no token") }
            return field.distinctList(of: "names of issuers") { $0.text(expected: "an issuer's name") }
        }
    }

    private mutating func readRequirements(_ field: SettingsField, _ captures: RouteCaptures?) {
        field.readBlock { self.require = ClaimRequirementSettings.readAll(&$0, captures) }
        switch self.auth {
        case .required: return
        case .optional:
            field.notice(
                "holds for tokens only: auth: optional lets requests without one pass",
                hint: "auth: required refuses them")
        case .none:
            field.report("auth: none looks at no claims", hint: "write auth: required, or delete require")
        }
    }
}

extension RoutePatternSettings {
    /// Exactly one of `path` and `re_path`. An empty path is Django's root.
    static func read(_ block: inout SettingsBlock) -> (Located<RoutePatternSettings>?, RouteCaptures?) {
        let field: SettingsField
        let pattern: RoutePatternSettings?
        switch (block.take("path"), block.take("re_path")) {
        case (let path?, nil):
            (field, pattern) = (path, path.pattern().map { .path($0) })
            if case .path(let text)? = pattern, self.resemblesExpression(text) {
                field.notice("looks like a regular expression, which path takes literally", hint: "write re_path")
            }
        case (nil, let rePath?): (field, pattern) = (rePath, rePath.pattern().map { .rePath($0) })
        case (nil, nil):
            block.reportMissing("path", hint: "write path: or re_path: as in urls.py")
            return (nil, nil)
        case (_?, let rePath?):
            rePath.report("a route has either path or re_path, not both", hint: "make it two routes")
            return (nil, nil)
        }
        guard let pattern else { return (nil, nil) }
        return (
            field.located(pattern), RouteCaptures(names: pattern.captureNames, mayBeShown: !field.usesVariables)
        )
    }
}

extension RoutePatternSettings {
    /// What Django's own check warns of (2_0.W001).
    private static func resemblesExpression(_ text: String) -> Bool {
        text.hasPrefix("^") || text.hasSuffix("$") || text.contains("(?P<")
    }
}

extension SettingsField {
    /// `r'^ws/$'`, which YAML reads as a text that begins with `r'`.
    private var isRawString: Bool {
        guard case .scalar(let scalar) = self.node.content, scalar.isPlain else { return false }
        return ["r'", "r\""].contains { scalar.text.hasPrefix($0) }
    }

    fileprivate func pattern() -> String? {
        guard let text = self.rawText(expected: "a route pattern")?.text else { return nil }
        guard !self.isRawString else {
            self.report("is a Python string with its quotes", hint: "leave out Python's r before the quote")
            return nil
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            self.report(
                "holds a line break or another control character", hint: "write it on one line, in single quotes")
            return nil
        }
        return text
    }
}
