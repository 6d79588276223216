/// What one relay is given when it begins to watch.
package struct RelayOpening: Sendable {
    /// No deadline.
    package static let never = RelayWatch.never

    package var rules: RelayRules
    /// Nanoseconds of the monotonic clock that all later times are read from.
    package var now: UInt64
    /// Random: makes the cookies of pings.
    package var seed: UInt64
    /// When the token is over, if the machine is to end the session then and to tell the client before. The shell may call
    /// `tokenExpired` at any time before, by the wall clock.
    package var expiry = RelayOpening.never
    /// The id that the notice names.
    package var session: [UInt8] = []
    /// When the session is too old.
    package var oldAge = RelayOpening.never

    package init(rules: RelayRules, now: UInt64, seed: UInt64) {
        self.rules = rules
        self.now = now
        self.seed = seed
    }

    package var isEmpty: Bool { self.rules.isEmpty && self.expiry == Self.never && self.oldAge == Self.never }
}
