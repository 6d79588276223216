import Testing

@testable import GatewayServer

@Suite struct ConnectionTableTests {
    @Test func removal_keepsTheOthersFindable() {
        var table = ConnectionTable<TableEntry>()
        let entries = (0..<6).map { _ in TableEntry() }
        for entry in entries { table.insert(entry) }
        table.remove(entries[0])
        table.remove(entries[5])
        table.remove(entries[0])
        #expect(table.entries.count == 4)
        for entry in entries[1...4] { table.remove(entry) }
        #expect(table.entries.isEmpty)
    }

    @Test func connectionCount_refusesBeyondItsLimit() {
        let count = ConnectionCount()
        #expect(count.enter(limit: 2))
        #expect(count.enter(limit: 2))
        #expect(!count.enter(limit: 2))
        #expect(count.current == 2)
        count.leave()
        #expect(count.enter(limit: 2))
    }

    @Test func readGate_remembersTheReadItHeldBack() {
        var gate = ReadGate()
        let open = gate.admit()
        gate.pause()
        let paused = gate.admit()
        let wanted = gate.resume()
        let asked = gate.resume()
        gate.pause()
        let nothingHeldBack = gate.resume()
        #expect([open, paused, wanted, asked, nothingHeldBack] == [true, false, true, false, false])
    }
}
