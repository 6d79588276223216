/// Which requests a route is for, beside its pattern, and who may make them.
extension RouteSettings {
    mutating func readConditions(_ block: inout SettingsBlock) {
        block.read("hosts", into: &self.hosts) { $0.hostPatterns() }
        if let field = block.take("methods") { self.readMethods(field) }
        let denied = block.take("deny")?.peerRanges() ?? []
        self.deny = denied.map(\.value)
        guard let allowed = block.take("allow")?.peerRanges(mayBeEmpty: false) else { return }
        self.allow = allowed.map(\.value)
        for range in allowed where self.deny.contains(where: { $0.covers(range.value) }) {
            block.field.context.report(
                "deny names it too, and deny comes first", at: range.location, hint: "delete one of them")
        }
    }

    /// To be asked after `websocket`.
    private mutating func readMethods(_ field: SettingsField) {
        self.methods = field.requestMethods()
        if self.webSocket?.only == true {
            field.report("a route for WebSockets only has no methods: handshakes are always GET", hint: "delete it")
        }
    }
}

/// What a route does to requests and responses.
extension RouteSettings {
    mutating func readEdits(_ block: inout SettingsBlock) {
        block.read("strip_prefix", into: &self.stripPrefix) { $0.pathPrefix() }
        block.read("add_prefix", into: &self.addPrefix) { $0.pathPrefix() }
        block.readBlock("headers") { headers in
            headers.readBlock("request") { self.requestHeaders.read(&$0, .request) }
            headers.readBlock("response") { self.responseHeaders.read(&$0, .response) }
        }
    }
}

extension SettingsField {
    fileprivate func hostPatterns() -> [Located<String>]? {
        let hosts = self.distinctList(of: "hosts such as chat.example.com") { item in
            item.parsed(expected: "a host such as chat.example.com") { (text) throws(ScalarProblem) in
                try HostPatternText.parse(text)
            }
        }
        if let hosts, hosts.count > 1, let star = hosts.first(where: { $0.value == "*" }) {
            self.context.report(
                "`*` is every host and stands alone", at: star.location, hint: "delete it, or the others")
        }
        return hosts
    }

    fileprivate func pathPrefix() -> Located<String>? {
        self.parsed(expected: "a prefix such as /chat") { (text) throws(ScalarProblem) in
            try PathText.prefix(text)
        }.map { self.located($0) }
    }
}
