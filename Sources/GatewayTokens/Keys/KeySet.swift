/// The keys of one issuer: immutable, and replaced whole when they change.
///
/// Which of them a token is checked with depends on its header alone. First those of its algorithm that bear its `kid`,
/// then those that bear none, or, when the token names no key, all of its algorithm; within these groups in the order
/// in which they were given, so current keys before previous ones. Eight checks at most: a token must not make the
/// gateway compute at will. Names are no secrets and are compared as bytes; a MAC is compared in constant time
/// (`HMACCheck`), and how many keys were tried shows only in how long a refusal takes.
package struct KeySet: Sendable {
    package static let maximumTries = 8

    let entries: [Entry]
    /// Counts the versions of a set that is loaded again and again; 0 for one that is not.
    package let generation: UInt64
    /// Whether any key bears a `kid`.
    let hasNames: Bool
    package let isLoaded: Bool

    /// The keys are still to be fetched: no token can be judged.
    package static let unavailable = KeySet()

    struct Entry: Sendable {
        let key: VerificationKey
        let keyID: [UInt8]?
        /// Unix seconds; nil: for ever.
        let notAfter: Int64?

        func isAlive(at now: WallClock) -> Bool {
            guard let notAfter = self.notAfter else { return true }
            return now <= WallClock(seconds: notAfter)
        }
    }

    private init() {
        self.entries = []
        self.generation = 0
        self.hasNames = false
        self.isLoaded = false
    }

    package init(_ keys: [VerificationKey], previous: [PreviousKey] = [], generation: UInt64 = 0) {
        self.entries =
            keys.map { Entry(key: $0, keyID: $0.keyID.map { Array($0.utf8) }, notAfter: nil) }
            + previous.map { Entry(key: $0.key, keyID: $0.key.keyID.map { Array($0.utf8) }, notAfter: $0.notAfter) }
        self.generation = generation
        self.hasNames = self.entries.contains { $0.keyID != nil }
        self.isLoaded = true
    }

    package var isEmpty: Bool { self.entries.isEmpty }
    package var count: Int { self.entries.count }

    /// Warnings of all keys.
    package var warnings: [String] { self.entries.compactMap(\.key.warning) }

    /// Whether a key with this fingerprint is among them.
    package func contains(fingerprint: UInt64) -> Bool {
        self.entries.contains { $0.key.fingerprint == fingerprint }
    }

    /// Whether one of the keys accepts what this one signs.
    package func contains(counterpartOf key: SigningKey) -> Bool {
        self.entries.contains { key.isCounterpart(of: $0.key) }
    }

    /// Why no key accepted the signature of a token with this header.
    func reason(of algorithm: SigningAlgorithm, keyID: [UInt8]?, needsName: Bool) -> TokenRejection.Reason {
        guard let keyID else { return .badSignature }
        var isNamed = false
        for entry in self.entries where entry.keyID == keyID {
            if entry.key.algorithm == algorithm { return .badSignature }
            isNamed = true
        }
        // The key of that name is for another algorithm: the token must agree with it.
        if isNamed { return .wrongAlgorithm }
        return self.hasNames || self.isEmpty || needsName ? .unknownKey : .badSignature
    }
}

/// A key that was replaced: tokens which it has signed are accepted until a moment.
package struct PreviousKey: Sendable {
    package let key: VerificationKey
    /// Unix seconds, the last moment at which the key is tried; nil: for ever.
    package let notAfter: Int64?

    package init(_ key: VerificationKey, notAfter: Int64?) {
        self.key = key
        self.notAfter = notAfter
    }
}

/// The keys to try for one token, in order.
struct KeyCandidates: IteratorProtocol {
    private let entries: [KeySet.Entry]
    private let algorithm: SigningAlgorithm
    private let keyID: [UInt8]?
    private let needsName: Bool
    private let now: WallClock
    private var index = 0
    private var pass: Pass
    private var tries = 0

    private enum Pass { case named, unnamed, all, over }

    init(_ set: KeySet, algorithm: SigningAlgorithm, keyID: [UInt8]?, needsName: Bool, now: WallClock) {
        self.entries = set.entries
        self.algorithm = algorithm
        self.keyID = keyID
        self.needsName = needsName
        self.now = now
        self.pass = keyID == nil ? .all : .named
    }

    mutating func next() -> KeySet.Entry? {
        while self.pass != .over, self.tries < KeySet.maximumTries {
            while self.index < self.entries.count {
                let entry = self.entries[self.index]
                self.index += 1
                if self.isWanted(entry) {
                    self.tries += 1
                    return entry
                }
            }
            self.index = 0
            self.pass = self.pass == .named && !self.needsName ? .unnamed : .over
        }
        return nil
    }

    private func isWanted(_ entry: KeySet.Entry) -> Bool {
        guard entry.key.algorithm == self.algorithm, entry.isAlive(at: self.now) else { return false }
        return switch self.pass {
        case .named: entry.keyID == self.keyID
        case .unnamed: entry.keyID == nil
        case .all: true
        case .over: false
        }
    }
}
