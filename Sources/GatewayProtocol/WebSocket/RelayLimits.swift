/// Bounds on what one relayed peer may send, in payload bytes as they travel.
package struct RelayLimits: Sendable, Equatable {
    package var maxFrame: Int
    package var maxMessage: Int

    package init(maxFrame: Int, maxMessage: Int) {
        self.maxFrame = maxFrame
        self.maxMessage = maxMessage
    }
}

/// How long a closing relay waits for its peers.
package struct RelayTimings: Sendable, Equatable {
    /// For the answer to a peer's Close: what Python's websockets waits, so that we are not the impatient one.
    package var closeAnswer: Duration = .seconds(10)
    /// For the end of a frame or the room to write it when the gateway itself ends the session.
    package var frameEnd: Duration = .seconds(1)
    /// For the other end of TCP once everything has been said.
    package var linger: Duration = .seconds(1)

    package init() {}
}
