extension RouteSettings {
    init?(reading field: SettingsField) {
        var route: RouteSettings?
        field.readBlock { block in
            let pattern = RoutePatternSettings.read(&block)
            let upstream = block.require("upstream", hint: "name one of upstreams")
            let name = upstream?.text(expected: "an upstream's name")
            // Stands in for what is missing, so that the other keys are read and reported as well.
            var reading = RouteSettings(
                location: field.location,
                pattern: pattern ?? field.located(.path("")),
                upstream: (upstream ?? field).located(name ?? "")
            )
            reading.readOptions(&block)
            if pattern != nil, name != nil { route = reading }
        }
        guard let route else { return nil }
        self = route
    }

    private mutating func readOptions(_ block: inout SettingsBlock) {
        block.read("auth", into: &self.auth) { $0.choice(of: Authentication.self) }
        let auth = self.auth
        block.read("websocket", into: &self.webSocket) { .some(WebSocketSettings.read($0, auth: auth)) }
        block.readBlock("tokens") { tokens in
            tokens.read("sources", into: &self.sources) { $0.tokenSources() }
            tokens.read("forward", into: &self.forward) { $0.choice(of: TokenForwarding.self) }
        }
        block.read("allowed_origins", into: &self.allowedOrigins) { $0.originPatterns() }
        block.read("tolerate", into: &self.tolerate) { field in
            field.list(of: "path forms (\"//\", \";\", \"%2F\")") { $0.choice(of: TolerablePathForm.self) }.map {
                Set($0)
            }
        }
        self.readConditions(&block)
        self.readEdits(&block)
    }
}

extension RoutePatternSettings {
    /// Exactly one of `path` and `re_path`. An empty path is Django's root.
    static func read(_ block: inout SettingsBlock) -> Located<RoutePatternSettings>? {
        switch (block.take("path"), block.take("re_path")) {
        case (let path?, nil): return path.pattern().map { path.located(.path($0)) }
        case (nil, let rePath?): return rePath.pattern().map { rePath.located(.rePath($0)) }
        case (nil, nil): block.reportMissing("path", hint: "write path: or re_path: as in urls.py")
        case (_?, let rePath?):
            rePath.report("a route has either path or re_path, not both", hint: "make it two routes")
        }
        return nil
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
