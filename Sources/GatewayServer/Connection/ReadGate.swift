/// Holds back a channel's reads while the other side cannot take more. It answers NIO's own read requests, so no channel
/// option is toggled and a paused channel is simply not read.
struct ReadGate {
    private(set) var isPaused = false
    private var isWanted = false

    /// A read was asked for. Returns whether it may go on.
    mutating func admit() -> Bool {
        self.isWanted = self.isPaused
        return !self.isPaused
    }

    mutating func pause() { self.isPaused = true }

    /// Returns whether a read that was held back must be asked for now.
    mutating func resume() -> Bool {
        self.isPaused = false
        defer { self.isWanted = false }
        return self.isWanted
    }
}
