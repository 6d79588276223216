/// Something that ends at a second of the wall clock, and may have a deadline of its own beside it.
class ExpiringEntry: WheelTimer {
    fileprivate(set) var expirySecond: Int64?
    fileprivate var place = 0

    /// Called once when the wall clock has reached the second.
    func expired() {}
}

/// Wall-clock deadlines of one worker, a second coarse: token expiries.
///
/// The wall clock is read at every look, at most a quarter of a second apart, so the buckets stay right after a suspend or
/// a step of the clock; a monotonic timer armed with "exp − now" would not.
struct ExpiryBuckets {
    private var buckets: [Int64: ContiguousArray<ExpiringEntry>] = [:]
    /// Every second before this one has been looked at.
    private var lookedUpTo: Int64

    init(now: Int64) { self.lookedUpTo = now }

    /// Entries wait in the bucket of `second`; one already past is due at the next look.
    mutating func insert(_ entry: ExpiringEntry, at second: Int64) {
        self.remove(entry)
        let bucket = max(second, self.lookedUpTo)
        entry.expirySecond = bucket
        entry.place = self.buckets[bucket]?.count ?? 0
        self.buckets[bucket, default: []].append(entry)
    }

    mutating func remove(_ entry: ExpiringEntry) {
        guard let second = entry.expirySecond else { return }
        entry.expirySecond = nil
        guard let last = self.buckets[second]?.popLast() else { return }
        if last !== entry {
            last.place = entry.place
            self.buckets[second]?[entry.place] = last
        } else if self.buckets[second]?.isEmpty == true {
            self.buckets[second] = nil
        }
    }

    /// Takes out everything whose second has come.
    mutating func take(now: Int64) -> [ExpiringEntry] {
        // A clock that went back: entries inserted from now on may be due before what was looked at.
        if now < self.lookedUpTo {
            self.lookedUpTo = now
            return []
        }
        var due: [ExpiringEntry] = []
        // A step forward may skip more seconds than there are buckets.
        if now - self.lookedUpTo > Int64(self.buckets.count) {
            for second in self.buckets.keys where second <= now { self.take(second, into: &due) }
        } else {
            for second in self.lookedUpTo...now { self.take(second, into: &due) }
        }
        self.lookedUpTo = now
        return due
    }

    private mutating func take(_ second: Int64, into due: inout [ExpiringEntry]) {
        guard let entries = self.buckets.removeValue(forKey: second) else { return }
        for entry in entries { entry.expirySecond = nil }
        due.append(contentsOf: entries)
    }
}
