import GatewayTokens

/// When the revocation file is read again, and when its trouble is told: pure, time is an argument.
struct RevocationFileWatch {
    typealias Instant = ContinuousClock.Instant

    /// How often the file is looked at: open sockets of a revoked token end within a second.
    static let interval = Duration.milliseconds(500)

    private(set) var lastSuccess: Instant
    /// What was read last; nil: whatever is there is read.
    private var signature: FileSignature?
    private(set) var fingerprint: Int
    /// What is wrong with the file, and when it was told last.
    private var trouble: (problem: UnusableDocument, told: Instant)?

    init(_ file: RevocationFile, at now: Instant, wallClock: WallClock) {
        self.lastSuccess = now
        self.fingerprint = file.fingerprint
        self.note(file.signature, wallClock)
    }

    var isFailing: Bool { self.trouble != nil }

    func isTooOld(at now: Instant, stale: Duration) -> Bool { self.isFailing && now - self.lastSuccess > stale }

    /// `signature` is that of the file now, nil when there is none: reading it tells why.
    func shouldRead(_ signature: FileSignature?) -> Bool { signature == nil || signature != self.signature }

    /// The file is as it was, and still good.
    mutating func unchanged(at now: Instant) { self.lastSuccess = now }

    /// Whether the list is another one than before.
    mutating func read(_ file: RevocationFile, at now: Instant, wallClock: WallClock) -> Bool {
        self.trouble = nil
        self.lastSuccess = now
        self.note(file.signature, wallClock)
        defer { self.fingerprint = file.fingerprint }
        return file.fingerprint != self.fingerprint
    }

    /// A file that may yet change without showing it is read again.
    private mutating func note(_ signature: FileSignature, _ wallClock: WallClock) {
        self.signature = signature.isSettled(at: wallClock) ? signature : nil
    }

    /// It is read again however it looks.
    mutating func forget() { self.signature = nil }

    /// Whether the log should be told: of something new, and of the old again after `interval`.
    mutating func failed(_ problem: UnusableDocument, at now: Instant, every interval: Duration) -> Bool {
        self.signature = nil
        if let trouble = self.trouble, trouble.problem == problem, now - trouble.told < interval { return false }
        self.trouble = (problem, now)
        return true
    }
}
