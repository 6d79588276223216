/// The sockets that are counted by one key, in the order of their opening.
///
/// Who leaves makes a gap, and gaps are closed when they are half of all: to leave costs the same however many there are, for all of
/// a backend's sockets may end in one moment, and other workers wait for the ledger meanwhile.
struct SocketHolders {
    private struct Place {
        let number: UInt64
        /// Nil: a gap.
        var ticket: SocketTicket?
    }

    /// By rising numbers.
    private var places: [Place] = []
    /// Before it there are only gaps.
    private var start = 0
    private(set) var count = 0

    private static let fewPlaces = 16

    /// `ticket` is younger than all that are here.
    mutating func append(_ ticket: SocketTicket) {
        self.places.append(Place(number: ticket.number, ticket: ticket))
        self.count += 1
    }

    mutating func remove(_ ticket: SocketTicket) {
        let index = self.index(of: ticket.number)
        guard index < self.places.count, self.places[index].ticket === ticket else { return }
        self.places[index].ticket = nil
        self.count -= 1
        while self.start < self.places.count, self.places[self.start].ticket == nil { self.start += 1 }
        guard self.places.count > Self.fewPlaces, self.count < self.places.count / 2 else { return }
        self.places.removeAll { $0.ticket == nil }
        self.start = 0
    }

    func first(where isWanted: (SocketTicket) -> Bool) -> SocketTicket? {
        for place in self.places[self.start...] {
            if let ticket = place.ticket, isWanted(ticket) { return ticket }
        }
        return nil
    }

    /// Where this number stands, or would stand.
    private func index(of number: UInt64) -> Int {
        var (low, high) = (self.start, self.places.count)
        while low < high {
            let middle = low + (high - low) / 2
            if self.places[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
