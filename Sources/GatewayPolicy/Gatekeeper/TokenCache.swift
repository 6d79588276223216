import Glibc

/// The tokens that were verified lately, so that a signature is checked once and not with every request.
///
/// Confined to one worker and one policy. Only verified tokens enter; a look-up compares every byte of the token. Times
/// are not looked at here: the caller does on every hit. Bounded by entries and by bytes.
struct TokenCache {
    private struct Entry {
        var hash = 0
        var token: [UInt8] = []
        var identity: VerifiedIdentity?
        /// Asked for since the clock hand last came by.
        var wasUsed = false
        /// What was signed about the user lately: one for each audience, and for each set of lines out of paths.
        var assertions: [Assertion] = []
    }

    /// Entries that share a hash live side by side in one set, which is all that a look-up reads.
    private static let setSize = 4
    /// Object headers and the slot itself, estimated.
    private static let entryOverhead = 256
    /// A user with more of them at a time pays with signatures.
    private static let assertionsPerEntry = 4

    private var entries: [Entry]
    private let setCount: Int
    private let maximumBytes: Int
    private var hand = 0
    private(set) var bytes = 0
    private(set) var count = 0
    /// Where the token is that was found or inserted last.
    private var last = 0

    init(entries: Int, bytes: Int) {
        self.setCount = max(1, entries / Self.setSize)
        self.entries = Array(repeating: Entry(), count: self.setCount * Self.setSize)
        self.maximumBytes = bytes
    }

    mutating func find(_ token: RawSpan) -> VerifiedIdentity? {
        let hash = Self.hash(token)
        for place in self.places(of: hash) where self.entries[place].hash == hash {
            guard let identity = self.entries[place].identity, Self.isEqual(self.entries[place].token, token) else {
                continue
            }
            self.entries[place].wasUsed = true
            self.last = place
            return identity
        }
        return nil
    }

    mutating func insert(_ token: RawSpan, _ identity: VerifiedIdentity) {
        let hash = Self.hash(token)
        let size = Self.size(token.byteCount, identity)
        guard size <= self.maximumBytes else { return }
        let place = self.placeToUse(hash, token)
        self.remove(at: place)
        while self.bytes + size > self.maximumBytes { self.evictAtHand() }
        var copy: [UInt8] = []
        token.withUnsafeBytes { copy.append(contentsOf: $0) }
        self.entries[place] = Entry(hash: hash, token: copy, identity: identity)
        self.bytes += size
        self.count += 1
        self.last = place
    }

    /// For a token whose time is over.
    mutating func remove(_ token: RawSpan) {
        let hash = Self.hash(token)
        for place in self.places(of: hash)
        where self.entries[place].hash == hash && Self.isEqual(self.entries[place].token, token) {
            self.remove(at: place)
        }
    }

    /// For when keys have changed.
    mutating func removeAll(where isOver: (VerifiedIdentity) -> Bool) {
        for place in self.entries.indices {
            if let identity = self.entries[place].identity, isOver(identity) { self.remove(at: place) }
        }
    }

    // MARK: Assertions

    /// What was signed about the user whose token was found last; fresh or not.
    func assertion(about identity: VerifiedIdentity, _ audience: Int, _ captureLines: [UInt8]) -> Assertion? {
        guard self.entries[self.last].identity === identity else { return nil }
        for index in self.entries[self.last].assertions.indices {
            let assertion = self.entries[self.last].assertions[index]
            if assertion.audience == audience, assertion.captureLines == captureLines { return assertion }
        }
        return nil
    }

    /// Goes when the token goes. In place of an older one of its like, or of the oldest.
    mutating func keep(_ assertion: Assertion, about identity: VerifiedIdentity) {
        guard self.entries[self.last].identity === identity, assertion.size <= self.maximumBytes else { return }
        let others = self.entries[self.last].assertions
        let like = others.firstIndex { $0.audience == assertion.audience && $0.captureLines == assertion.captureLines }
        if let index = like ?? (others.count < Self.assertionsPerEntry ? nil : 0) {
            self.bytes -= others[index].size
            self.entries[self.last].assertions.remove(at: index)
        }
        while self.bytes + assertion.size > self.maximumBytes { self.evictAtHand() }
        // It may have been its own turn to go.
        guard self.entries[self.last].identity === identity else { return }
        self.entries[self.last].assertions.append(assertion)
        self.bytes += assertion.size
    }

    // MARK: Places

    /// The token's own place, a free one, or that of a neighbour nobody has asked for lately.
    private mutating func placeToUse(_ hash: Int, _ token: RawSpan) -> Int {
        let places = self.places(of: hash)
        var free: Int?
        for place in places {
            if self.entries[place].identity == nil {
                free = free ?? place
            } else if self.entries[place].hash == hash, Self.isEqual(self.entries[place].token, token) {
                return place
            }
        }
        if let free { return free }
        for place in places where !self.entries[place].wasUsed { return place }
        for place in places { self.entries[place].wasUsed = false }
        return places.lowerBound + (self.hand & (Self.setSize - 1))
    }

    /// One step of the clock: an entry that was used gets a second chance.
    private mutating func evictAtHand() {
        self.hand = (self.hand + 1) % self.entries.count
        guard self.entries[self.hand].identity != nil else { return }
        if self.entries[self.hand].wasUsed {
            self.entries[self.hand].wasUsed = false
        } else {
            self.remove(at: self.hand)
        }
    }

    private mutating func remove(at place: Int) {
        guard let identity = self.entries[place].identity else { return }
        self.bytes -= Self.size(self.entries[place].token.count, identity)
        for assertion in self.entries[place].assertions { self.bytes -= assertion.size }
        self.count -= 1
        self.entries[place] = Entry()
    }

    private func places(of hash: Int) -> Range<Int> {
        let first = Int(UInt(bitPattern: hash) % UInt(self.setCount)) * Self.setSize
        return first..<first + Self.setSize
    }

    /// Keyed per process. A token's end is its signature, which differs from token to token and which nobody but the
    /// issuer can choose; the beginning hardly differs at all.
    private static func hash(_ token: RawSpan) -> Int {
        var hasher = Hasher()
        hasher.combine(token.byteCount)
        token.withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.suffix(64))) }
        return hasher.finalize()
    }

    private static func isEqual(_ token: [UInt8], _ other: RawSpan) -> Bool {
        guard token.count == other.byteCount else { return false }
        guard !token.isEmpty else { return true }
        return token.withUnsafeBytes { left in
            other.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return false }
                return memcmp(left, right, token.count) == 0
            }
        }
    }

    private static func size(_ tokenLength: Int, _ identity: VerifiedIdentity) -> Int {
        // Claims are the token's bytes once more and a node for each value.
        let claims = identity.claims == nil ? 0 : 4 * tokenLength
        return tokenLength + identity.injected.count + identity.identityLines.count + claims + Self.entryOverhead
    }
}
