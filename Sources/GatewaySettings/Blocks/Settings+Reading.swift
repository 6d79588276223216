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
        block.readBlock("tokens") { self.tokens.read(&$0) }
        block.readBlock("identity") { self.identity = IdentityHeaderSettings.read(&$0) }
        block.read("allowed_origins", into: &self.allowedOrigins) { $0.originPatterns() }
        block.read("allow_missing_origin", into: &self.allowMissingOrigin) { $0.boolean() }
        if let field = block.require("upstreams", hint: "write upstreams: {app: {servers: [\"127.0.0.1:8000\"]}}") {
            self.upstreams = UpstreamSettings.readAll(field)
        }
        if let field = block.require("routes", hint: "write routes: [{path: '<path:rest>', upstream: app}]") {
            self.routes = field.list(of: "routes") { RouteSettings(reading: $0) } ?? []
        }
        block.readBlock("limits") { self.limits.read(&$0) }
        block.readBlock("timeouts") { self.timeouts.read(&$0) }
        block.readBlock("logs") { self.logs.read(&$0) }
        block.readBlock("admin") { self.admin = AdminSettings(reading: &$0) }
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
    /// Texts; what they mean as patterns is the policy's to say.
    func originPatterns() -> [Located<String>]? {
        self.list(of: "origin patterns such as \".example.com\"") { item in
            item.text(expected: "an origin pattern").map { item.located($0) }
        }
    }
}
