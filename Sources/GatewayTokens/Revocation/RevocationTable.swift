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
        if self.entries.count * 2 >= self.slots.count { self.grow() }
        var issuerBytes = Array((issuer ?? "").utf8)
        let nameBytes = Array(name.utf8)
        let hash = issuerBytes.withUnsafeBytes { issuerBytes in
            nameBytes.withUnsafeBytes { Self.hash(issuer == nil ? nil : issuerBytes, $0) }
        }
        let found = issuerBytes.withUnsafeBytes { issuerBytes in
            nameBytes.withUnsafeBytes { self.find(hash, issuer == nil ? nil : issuerBytes, $0) }
        }
        if let found {
            self.entries[found].bound = max(self.entries[found].bound, bound)
            return
        }
        let start = self.text.count
        let issuerLength = issuer == nil ? nil : issuerBytes.count
        issuerBytes += nameBytes
        self.text += issuerBytes
        self.place(self.entries.count, hash)
        self.entries.append(
            Entry(hash: hash, issuerLength: issuerLength, start: start, end: self.text.count, bound: bound))
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
