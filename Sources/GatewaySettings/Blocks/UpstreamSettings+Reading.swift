extension UpstreamSettings {
    static func readAll(_ field: SettingsField) -> [UpstreamSettings] {
        var upstreams: [UpstreamSettings] = []
        if field.items != nil {
            let hint = "write upstreams: {app: {servers: [\"127.0.0.1:8000\"]}}"
            field.reportMismatch(expected: "a mapping of keys to values", hint: hint)
            return []
        }
        field.readBlock { block in
            if block.isEmpty {
                field.report("no upstream is named", hint: "write app: {servers: [\"127.0.0.1:8000\"]}")
            }
            upstreams = self.readAll(block.takeAll())
        }
        return upstreams
    }

    private static let ownKeys = [
        "servers", "pool", "connect_timeout", "response_timeout", "idle_timeout", "max_in_flight",
    ]

    /// An upstream without value, followed by keys that belong into one, is one problem: the indentation.
    private static func readAll(_ entries: [(key: Located<String>, field: SettingsField)]) -> [UpstreamSettings] {
        var upstreams: [UpstreamSettings] = []
        var rest = entries[...]
        while let (name, field) = rest.popFirst() {
            let stray = field.isNull ? rest.prefix(while: self.isStray) : []
            guard let first = stray.first else {
                upstreams.append(UpstreamSettings(name: name, reading: field))
                continue
            }
            let hint = "indent \(first.key.value) below \(Excerpt.clean(name.value))"
            field.reportMismatch(expected: "a mapping of keys to values", hint: hint)
            upstreams.append(UpstreamSettings(name: name, servers: []))
            rest = rest.dropFirst(stray.count)
        }
        return upstreams
    }

    /// `servers` could be an upstream's name, but not with this value.
    private static func isStray(_ entry: (key: Located<String>, field: SettingsField)) -> Bool {
        guard case .mapping = entry.field.node.content else { return self.ownKeys.contains(entry.key.value) }
        return entry.key.value == "pool"
    }

    /// Answers even when its block cannot be read, so that routes which name it are not blamed.
    private init(name: Located<String>, reading field: SettingsField) {
        self.init(name: name, servers: [])
        if name.value.isEmpty { field.context.report("an upstream needs a name", at: name.location) }
        if field.isScalar, !field.isNull {
            let hint = "write {servers: [\"127.0.0.1:8000\"]}"
            field.reportMismatch(expected: "a mapping of keys to values", hint: hint)
            return
        }
        field.readBlock { block in
            if let servers = block.require("servers", hint: "write servers: [\"127.0.0.1:8000\"]") {
                self.servers = servers.list(of: "addresses") { $0.address(ports: 1...65535) } ?? []
            }
            block.readBlock("pool") { self.pool.read(&$0) }
            block.read("connect_timeout", into: &self.connectTimeout) {
                $0.duration(in: .milliseconds(1)...(.seconds(600)))
            }
            block.read("response_timeout", into: &self.responseTimeout) { $0.duration(in: .anyTimeout) }
            block.read("idle_timeout", into: &self.idleTimeout) { $0.orOff { $0.duration(in: .anyTimeout) } }
            block.read("max_in_flight", into: &self.maxInFlight) { $0.orOff { $0.integer(in: 1...10_000_000) } }
        }
    }
}

extension PoolSettings {
    mutating func read(_ block: inout SettingsBlock) {
        block.read("idle", into: &self.idle) { $0.duration(in: .zero...(.seconds(3600))) }
        block.read("size", into: &self.size) { $0.integer(in: 0...65536) }
    }
}

extension ClosedRange<Duration> {
    /// From the shortest that can be told from nothing to a day.
    static var anyTimeout: Self { .milliseconds(1)...(.seconds(86_400)) }
}
