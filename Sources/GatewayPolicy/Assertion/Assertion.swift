/// A signed assertion about one user for one audience, kept while it is good for more than half of its lifetime.
struct Assertion {
    /// See `AssertionPlan.audience`.
    let audience: Int
    /// The lines of the request that are in it beside the user's own.
    let captureLines: [UInt8]
    /// `captureLines`, and the assertion's own line.
    let lines: [UInt8]
    private let issuedAt: Int64
    private let expiresAt: Int64
    private let lifetime: Int64

    init(audience: Int, captureLines: [UInt8], line: [UInt8], issuedAt: Int64, expiresAt: Int64, lifetime: Int64) {
        self.audience = audience
        self.captureLines = captureLines
        self.lines = captureLines + line
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.lifetime = lifetime
    }

    /// Whether it may be sent once more. Not when the clock was set back either: it would be from the future.
    func isFresh(at now: Int64) -> Bool {
        let (age, overflow) = now.subtractingReportingOverflow(self.issuedAt)
        return !overflow && age >= 0 && age < (self.lifetime &+ 1) / 2 && now < self.expiresAt
    }

    /// Estimated, with the array's own header.
    var size: Int { self.captureLines.count + self.lines.count + 128 }
}
