extension Settings {
    /// Reads the whole document, then checks what its blocks say about each other.
    init(reading root: SettingsField) {
        self.init()
        root.readBlock { block in
            self.readBlocks(&block)
            self.reportDisagreements(in: block)
        }
    }

    private mutating func readBlocks(_ block: inout SettingsBlock) {
        if let field = block.require("listen", hint: "write listen: [{address: 127.0.0.1:8080}]") {
            self.listen = ListenSettings.readAll(field)
        }
        block.read("threads", into: &self.threads) { $0.integer(in: 0...1024) }
        if let field = block.take("SIMPLE_JWT"), !field.isNull { self.simpleJWT = SimpleJWTSettings(reading: field) }
        let simpleJWT = self.simpleJWT
        block.readBlock("tokens") { self.tokens.read(&$0, simpleJWT) }
        block.readBlock("identity") { self.identity = IdentityHeaderSettings.read(&$0) }
        block.readBlock("assertion") { self.assertion = AssertionSettings(reading: &$0) }
        block.read("allowed_origins", into: &self.allowedOrigins) { $0.originPatterns() }
        block.read("allow_missing_origin", into: &self.allowMissingOrigin) { $0.boolean() }
        block.readBlock("cors") { self.cors = CORSSettings(reading: &$0) }
        self.readForwarding(&block)
        block.read("health", into: &self.health) { $0.healthPath() }
        block.readBlock("limits") { self.limits.read(&$0) }
        block.readBlock("timeouts") { self.timeouts.read(&$0) }
        block.readBlock("logs") { self.logs.read(&$0) }
        block.readBlock("admin") { self.admin = AdminSettings(reading: &$0) }
        block.readBlock("reload") { reload in
            reload.read("close_removed", into: &self.reload.closeRemoved) { $0.boolean() }
        }
        if let field = block.require("upstreams", hint: "write upstreams: {app: {servers: [\"127.0.0.1:8000\"]}}") {
            self.upstreams = UpstreamSettings.readAll(field)
        }
        // Last, so that they can say which of their unknown keys stand at the top of the file.
        if let field = block.require("routes", hint: "write routes: [{path: '<path:rest>', upstream: app}]") {
            self.routes =
                field.list(of: "routes", example: "write - path: '<path:rest>'") { RouteSettings(reading: $0) } ?? []
            RouteOrder.noteUnreached(self.routes, field.context)
        }
    }
}

/// What is believed of the proxies in front, and told to the servers behind.
extension Settings {
    private mutating func readForwarding(_ block: inout SettingsBlock) {
        if let field = block.take("trusted_proxies"), let proxies = field.peerRanges() {
            self.trustedProxies = proxies.map(\.value)
            self.reportDoubtful(proxies, field.context)
        }
        block.read("forwarded", into: &self.forwarded) { $0.boolean() }
        block.read("release_headers", into: &self.releasedHeaders) { $0.releasedHeaders() }
    }

    /// To be asked after `listen`.
    private func reportDoubtful(_ proxies: [Located<PeerRange>], _ context: ReadingContext) {
        for proxy in proxies where proxy.value.isEverybody {
            context.notice(
                "every client is believed what it says about its address", at: proxy.location,
                hint: "list the addresses of your own proxies only")
        }
        let isReachableByPath = self.listen.contains { if case .unix = $0.address.value { true } else { false } }
        if let unix = proxies.first(where: { $0.value == .unix }), !isReachableByPath, !self.listen.isEmpty {
            context.notice("no listener is a Unix socket", at: unix.location)
        }
    }
}

extension AdminSettings {
    init?(reading block: inout SettingsBlock) {
        let field = block.require("address", hint: "write address: 127.0.0.1:9901")
        guard let address = field?.address(ports: 0...65535) else { return nil }
        self.init(address: address)
    }
}

extension SettingsField {
    /// In lower case. Which names there are to release is the policy's to say.
    fileprivate func releasedHeaders() -> [Located<String>]? {
        self.distinctList(of: "header names such as X-User", mayBeEmpty: true) { item in
            item.parsed(expected: "a header name such as X-User") { (text) throws(ScalarProblem) in
                if let objection = HeaderNameRule.objection(toForm: text) { throw objection }
                let name = text.lowercased()
                if ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-request-id"]
                    .contains(name)
                {
                    throw ScalarProblem("is believed of trusted_proxies only", hint: "list the proxies there")
                }
                if name == "forwarded" || name == "x-real-ip" || name.hasPrefix("x-forwarded-") {
                    throw ScalarProblem("is never taken from clients", hint: "delete it")
                }
                return name
            }
        }
    }

    /// Nil inside for `off`.
    fileprivate func healthPath() -> Located<String>?? {
        if self.says("off") { return .some(nil) }
        let path = self.parsed(expected: "off or a path such as /healthz") { (text) throws(ScalarProblem) in
            try PathText.exact(text)
        }
        guard let path else { return nil }
        if path == "/" {
            self.notice("answers in place of the front page", hint: "write a path of its own, such as /healthz")
        }
        return .some(self.located(path))
    }

    /// Texts; what they mean as patterns is the policy's to say.
    func originPatterns() -> [Located<String>]? {
        self.list(of: "origin patterns such as \".example.com\"") { item in
            item.text(expected: "an origin pattern").map { item.located($0) }
        }
    }
}
