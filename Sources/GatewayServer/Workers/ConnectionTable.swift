/// A connection that its worker can find again.
class TableEntry: FlushQueueEntry {
    fileprivate var row = -1
}

/// The client connections of one worker, for draining and for counting. Order means nothing.
struct ConnectionTable<Entry: TableEntry> {
    private(set) var entries: ContiguousArray<Entry> = []

    mutating func insert(_ entry: Entry) {
        entry.row = self.entries.count
        self.entries.append(entry)
    }

    mutating func remove(_ entry: Entry) {
        guard entry.row >= 0, entry.row < self.entries.count else { return }
        self.entries.swapAt(entry.row, self.entries.count - 1)
        self.entries[entry.row].row = entry.row
        self.entries.removeLast()
        entry.row = -1
    }
}
