/// Counters that wrap, for differences; a frame that is still being collected is not among them.
struct ScanCounters {
    var frames: UInt32 = 0
    var dataFrames: UInt32 = 0
    /// Frames of `WebSocketFrameScanner.largeFragment` bytes and more that do not end their message.
    var largeFragments: UInt32 = 0
    /// Whether the last one is a data frame that is not at its end.
    var isInData = false
}

/// What `WebSocketFrameScanner.scan` found in one buffer.
package struct ScanOutcome: Sendable, Equatable {
    /// Leading bytes that may go on verbatim, after the header bytes that were held back before.
    package var forwardable: Int
    /// The last offset, at most `forwardable`, at which a frame ends; nil when all of it is one frame's payload. After
    /// `.caught` and `.message` the offset at which the scan goes on.
    package var boundary: Int?
    package var stop: ScanStop
}

package enum ScanStop: Sendable, Equatable {
    /// The whole buffer was taken.
    case none
    /// A whole Close frame; see `receivedClose`. What follows it is ignored.
    case close
    case violation(FrameViolation)
    /// A whole frame of a kind that is caught: either from `forwardable` to `boundary`, or collected from several reads.
    /// It belongs behind what was released; the scan goes on behind it.
    case caught
    /// At `forwardable` a message begins, and no other is open. Its header is in order; the scan goes on behind it.
    case message
}
