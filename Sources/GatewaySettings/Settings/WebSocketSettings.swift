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
    /// How long a side may be silent until it is sent a ping; nil is off.
    package var ping: Duration? = .seconds(30)
    /// How long a side may stay silent after a ping.
    package var pongTimeout: Duration = .seconds(10)
    /// How long no message may pass, in either direction; nil is off.
    package var idle: Duration?
    /// Whether pings and pongs count as messages for `idle`.
    package var idleCountsPings = false
    /// How long a socket may be open; nil is off.
    package var maxAge: Duration?
    /// Percent of `maxAge` by which a socket may be closed sooner, so that those of one moment do not end in one.
    package var maxAgeJitter = 10
    /// How much before its token's end a socket may be closed.
    package var expiryJitter: Duration = .zero
    /// Nil is off.
    package var expiryNotice: ExpiryNoticeSettings?
    package var renewal = WebSocketRenewalSettings()
    /// Bytes that may wait for one side beyond what the system's own buffers take.
    package var buffer = 256 << 10
    /// How long a side may take nothing of what waits for it.
    package var slowConsumer: Duration = .seconds(30)
    package var limits = WebSocketLimitSettings()
    package var drain = WebSocketDrainSettings()

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
