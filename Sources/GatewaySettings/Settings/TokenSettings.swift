/// The `tokens` block: what Django's settings have no word for.
package struct TokenSettings: Sendable, Equatable {
    /// Nil: HTTP reads [header], WebSocket handshakes [header, query].
    package var sources: [TokenSource]?
    package var queryParameter = "token"
    package var forward = TokenForwarding.normalize

    package init() {}
}

package enum TokenSource: String, Sendable, CaseIterable { case header, query }

/// What happens to the client's token on the way upstream.
package enum TokenForwarding: String, Sendable, CaseIterable {
    /// Removed wherever it was and emitted once under `AUTH_HEADER_NAME`.
    case normalize
    /// Left where the client put it.
    case keep
    /// Removed and not emitted.
    case strip
}
