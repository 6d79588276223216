import GatewayMessage
import GatewaySettings
import Synchronization

/// What is known of each client address across all workers: touched when a connection opens or closes, and for each request
/// only through the entry that the connection holds.
///
/// Clients of IPv6 are known by their /64, which is the least that one subscriber has.
final class AddressLedger: Sendable {
    /// One address. It stays as long as a connection holds it or its buckets are not full again.
    final class Entry: Sendable {
        let connections = RateBucket()
        let requests = RateBucket()
        /// Verifications that failed.
        let failures = RateBucket()
        fileprivate let holders = Atomic<Int>(0)

        fileprivate init() {}
    }

    private final class Shard: Sendable {
        let entries = Mutex<[IPAddress: Entry]>([:])
    }

    private let shards: [Shard]
    /// Addresses that one shard remembers; more share one entry, so that strangers cannot fill the memory.
    private let shardLimit: Int
    private let overflow = Entry()
    /// Until when some address may not fail any more, in monotonic nanoseconds: later, nobody has to be looked up.
    private let throttledUntil = Atomic<Int64>(.min)

    /// `addresses` is how many are told apart at most; each takes some 200 bytes.
    init(addresses: Int = 1 << 18) {
        let shardCount = 64
        self.shards = (0..<shardCount).map { _ in Shard() }
        self.shardLimit = max(1, addresses / shardCount)
    }

    /// The entry of `address`, held until `leave`.
    func enter(_ address: IPAddress, now: Int64) -> Entry {
        self.entry(of: address, now: now, isHeld: true)
    }

    func leave(_ entry: Entry) { entry.holders.subtract(1, ordering: .relaxed) }

    /// The entry of an address that somebody else vouches for, for one request.
    func entry(of address: IPAddress, now: Int64) -> Entry { self.entry(of: address, now: now, isHeld: false) }

    private func entry(of address: IPAddress, now: Int64, isHeld: Bool) -> Entry {
        let key = address.subscriber
        return self.shard(of: key).entries.withLock { entries in
            let entry = self.find(key, in: &entries, now: now)
            if isHeld { entry.holders.add(1, ordering: .relaxed) }
            return entry
        }
    }

    private func find(_ key: IPAddress, in entries: inout [IPAddress: Entry], now: Int64) -> Entry {
        if let known = entries[key] { return known }
        // What owes nothing is forgotten by the workers' ticks; here nobody waits for a search.
        guard entries.count < self.shardLimit else { return self.overflow }
        let entry = Entry()
        entries[key] = entry
        return entry
    }

    /// Forgets the addresses of one shard that nobody holds and that owe nothing. Called in turn for all shards.
    func sweep(turn: Int, now: Int64) {
        self.shards[turn % self.shards.count].entries.withLock { Self.sweep(&$0, now: now) }
    }

    var count: Int { self.shards.reduce(0) { $0 + $1.entries.withLock { $0.count } } }

    private static func sweep(_ entries: inout [IPAddress: Entry], now: Int64) {
        guard !entries.isEmpty else { return }
        entries = entries.filter { _, entry in
            entry.holders.load(ordering: .relaxed) > 0 || !entry.connections.isFull(now: now)
                || !entry.requests.isFull(now: now) || !entry.failures.isFull(now: now)
        }
    }

    private func shard(of key: IPAddress) -> Shard {
        // Keyed by the process, so that nobody can choose addresses that fall into one shard.
        self.shards[Int(UInt(bitPattern: key.hashValue) % UInt(self.shards.count))]
    }
    // MARK: Failed verifications

    func isThrottling(now: Int64) -> Bool { self.throttledUntil.load(ordering: .relaxed) > now }

    /// Whether a verification of this address may fail once more. Addresses beyond those that are told apart may: else they
    /// would answer for each other.
    func mayFail(_ address: IPAddress, _ rate: RateSettings, now: Int64) -> Bool {
        let key = address.subscriber
        let entry = self.shard(of: key).entries.withLock { $0[key] }
        return entry.map { $0.failures.nextTime(rate) <= now } ?? true
    }

    /// Counts one that failed.
    func failed(_ address: IPAddress, _ rate: RateSettings, now: Int64) {
        let bucket = self.entry(of: address, now: now).failures
        _ = bucket.take(rate, now: now)
        self.throttledUntil.max(bucket.nextTime(rate), ordering: .relaxed)
    }
}
