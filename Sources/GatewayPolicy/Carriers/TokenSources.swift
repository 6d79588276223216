import GatewaySettings

/// Where a route reads tokens from.
struct TokenSources: OptionSet, Sendable {
    let rawValue: UInt8

    static let header = TokenSources(rawValue: 1)
    static let query = TokenSources(rawValue: 2)
    static let cookie = TokenSources(rawValue: 4)
    static let subprotocol = TokenSources(rawValue: 8)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ sources: [TokenSource]) {
        self = []
        for source in sources {
            switch source {
            case .header: self.insert(.header)
            case .query: self.insert(.query)
            case .cookie: self.insert(.cookie)
            case .subprotocol: self.insert(.subprotocol)
            }
        }
    }

    /// Browsers cannot set a header on a WebSocket, hence `query` there; on plain requests `?token=` often is another
    /// thing (a password reset, say), hence not.
    static func resolved(_ sources: [TokenSource]?, webSocket: Bool) -> TokenSources {
        guard let sources else { return webSocket ? [.header, .query] : [.header] }
        return TokenSources(sources)
    }
}
