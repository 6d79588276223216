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
enum RelayTimings {
    /// For the answer to a peer's Close: what Python's websockets waits, so that we are not the impatient one.
    static let closeAnswer: Duration = .seconds(10)
    /// For the end of a frame or the room to write it when the gateway itself ends the session.
    static let frameEnd: Duration = .seconds(1)
    /// For the other end of TCP once everything has been said.
    static let linger: Duration = .seconds(1)
}
