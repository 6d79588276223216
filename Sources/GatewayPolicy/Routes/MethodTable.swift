import GatewaySettings

/// Routes that share a pattern and hosts share their requests out by method; nothing ever falls through to another pattern.
struct MethodTable: Sendable {
    /// False: no route has methods.
    let isUsed: Bool
    /// For each route the next that is like it.
    private let next: [Int?]
    /// For each route the value of `Allow` when neither it nor one behind it takes a method.
    private let allowed: [[UInt8]]

    init(_ routes: [RouteTerms]) {
        self.isUsed = routes.contains { $0.methods != nil }
        guard self.isUsed else {
            self.next = []
            self.allowed = []
            return
        }
        var next = [Int?](repeating: nil, count: routes.count)
        var unions = routes.map { $0.methods ?? MethodRule([]) }
        var nearest: [RouteKey: Int] = [:]
        for index in routes.indices.reversed() where routes[index].serves(webSocket: false) {
            if let later = nearest.updateValue(index, forKey: routes[index].key) {
                next[index] = later
                unions[index].add(unions[later])
            }
        }
        self.next = next
        self.allowed = unions.map(\.list)
    }

    func route(after index: Int) -> Int? { self.next[index] }

    func allowed(from index: Int) -> [UInt8] { self.allowed[index] }
}

/// What makes two routes look at the same requests.
struct RouteKey: Hashable, Sendable {
    let pattern: RoutePatternSettings
    /// Nil without hosts.
    let hosts: Set<HostPattern>?

    init(pattern: RoutePatternSettings, hosts: HostRules?) {
        self.pattern = pattern
        self.hosts = hosts.map { Set($0.patterns) }
    }
}
