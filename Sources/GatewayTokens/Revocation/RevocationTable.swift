/// Names, each of one issuer or of all, and a bound for each: an open hash table over one block of bytes, so that a
/// look-up costs two hashes and no memory.
struct RevocationTable: Sendable {
    private struct Entry: Sendable {
        let hash: Int
        /// In `text`: the issuer, and the name right behind it. Nil: of every issuer.
        let issuerLength: Int?
        let start: Int
        let end: Int
        var bound: Int64
    }

    private var text: [UInt8] = []
    private var entries: [Entry] = []
    /// Places in `entries`, or -1. A power of two, at most half full.
    private var slots: [Int32] = []

    var count: Int { self.entries.count }

    /// Of two bounds for the same name the later one holds.
    mutating func insert(issuer: String?, name: String, bound: Int64) {
        var text = Array((issuer ?? "").utf8)
        let issuerLength = issuer == nil ? nil : text.count
        text += name.utf8
        text.withUnsafeBytes { self.insert($0, issuerLength: issuerLength, bound: bound) }
    }

    /// `text` is the issuer, if there is one, and the name right behind it.
    private mutating func insert(_ text: UnsafeRawBufferPointer, issuerLength: Int?, bound: Int64) {
        if self.entries.count * 2 >= self.slots.count { self.grow() }
        let issuer = issuerLength.map { UnsafeRawBufferPointer(rebasing: text[..<$0]) }
        let name = UnsafeRawBufferPointer(rebasing: text[(issuerLength ?? 0)...])
        let hash = Self.hash(issuer, name)
        if let found = self.find(hash, issuer, name) {
            self.entries[found].bound = max(self.entries[found].bound, bound)
            return
        }
        let start = self.text.count
        self.text.append(contentsOf: text)
        self.place(self.entries.count, hash)
        self.entries.append(
            Entry(hash: hash, issuerLength: issuerLength, start: start, end: self.text.count, bound: bound))
    }

    /// What either of the two holds.
    func union(_ other: RevocationTable) -> RevocationTable {
        var union = self
        for entry in other.entries {
            other.text.withUnsafeBytes { text in
                let text = UnsafeRawBufferPointer(rebasing: text[entry.start..<entry.end])
                union.insert(text, issuerLength: entry.issuerLength, bound: entry.bound)
            }
        }
        return union
    }

    /// The bound of `name`, as `issuer` uses it or as everyone does; nil when it is not there.
    func bound(issuer: String?, name: String) -> Int64? {
        guard !self.entries.isEmpty else { return nil }
        return name.withUTF8Bytes { name in
            let general = self.find(Self.hash(nil, name), nil, name).map { self.entries[$0].bound }
            guard let issuer else { return general }
            let own = issuer.withUTF8Bytes { issuer in
                self.find(Self.hash(issuer, name), issuer, name).map { self.entries[$0].bound }
            }
            guard let general, let own else { return general ?? own }
            return max(general, own)
        }
    }

    private func find(_ hash: Int, _ issuer: UnsafeRawBufferPointer?, _ name: UnsafeRawBufferPointer) -> Int? {
        guard !self.slots.isEmpty else { return nil }
        var slot = hash & (self.slots.count - 1)
        while self.slots[slot] >= 0 {
            let index = Int(self.slots[slot])
            if self.entries[index].hash == hash, self.isEqual(self.entries[index], issuer, name) { return index }
            slot = (slot + 1) & (self.slots.count - 1)
        }
        return nil
    }

    private func isEqual(
        _ entry: Entry,
        _ issuer: UnsafeRawBufferPointer?,
        _ name: UnsafeRawBufferPointer
    ) -> Bool {
        guard entry.issuerLength == issuer?.count else { return false }
        let middle = entry.start + (entry.issuerLength ?? 0)
        return self.text[middle..<entry.end].elementsEqual(name)
            && (issuer.map { self.text[entry.start..<middle].elementsEqual($0) } ?? true)
    }

    private mutating func place(_ index: Int, _ hash: Int) {
        var slot = hash & (self.slots.count - 1)
        while self.slots[slot] >= 0 { slot = (slot + 1) & (self.slots.count - 1) }
        self.slots[slot] = Int32(truncatingIfNeeded: index)
    }

    private mutating func grow() {
        self.slots = [Int32](repeating: -1, count: max(16, self.slots.count * 2))
        for index in self.entries.indices { self.place(index, self.entries[index].hash) }
    }

    /// Keyed per process.
    private static func hash(_ issuer: UnsafeRawBufferPointer?, _ name: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(issuer?.count ?? -1)
        if let issuer { hasher.combine(bytes: issuer) }
        hasher.combine(bytes: name)
        return hasher.finalize()
    }
}
