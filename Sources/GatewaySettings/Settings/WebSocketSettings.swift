/// What a route says about WebSockets.
package struct WebSocketSettings: Sendable, Equatable {
    /// Whether plain requests do not match this route.
    package var only = false
    /// Bytes; the largest message, all its frames together. Uvicorn's default.
    package var maxMessage = 16 << 20
    /// Bytes; the largest single frame. Follows `max_message` when only that is written: browsers send a message as one frame.
    package var maxFrame = 16 << 20
    package var refuse = WebSocketRefusal.close
    /// Whether `permessage-deflate` offers are passed on.
    package var compression = true

    package init() {}
}

/// How a refused handshake is answered.
package enum WebSocketRefusal: String, Sendable, CaseIterable {
    /// Accept, then close with a code that browsers show to the page.
    case close
    /// An HTTP status.
    case http
    /// `close` when the request has an Origin, else `http`.
    case auto
}
