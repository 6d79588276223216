import GatewayMessage
import GatewaySettings
import Testing

@testable import GatewayServer

@Suite struct AddressLedgerTests {
    private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test func oneAddress_hasOneEntry_onAllItsConnections() throws {
        let ledger = AddressLedger()
        let first = ledger.enter(try Self.address("192.0.2.1"), now: 0)
        #expect(ledger.enter(try Self.address("::ffff:192.0.2.1"), now: 0) === first)
        #expect(ledger.enter(try Self.address("192.0.2.2"), now: 0) !== first)
        #expect(ledger.count == 2)
    }

    @Test func subscriberOfIPv6_isKnownByItsNetwork() throws {
        let ledger = AddressLedger()
        let first = ledger.enter(try Self.address("2001:db8:1:2::1"), now: 0)
        #expect(ledger.enter(try Self.address("2001:db8:1:2:ffff::9"), now: 0) === first)
        #expect(ledger.enter(try Self.address("2001:db8:1:3::1"), now: 0) !== first)
    }

    @Test func entry_isForgotten_onceNobodyHoldsItAndItOwesNothing() throws {
        let ledger = AddressLedger()
        let address = try Self.address("192.0.2.1")
        let entry = ledger.enter(address, now: 0)
        let rate = RateSettings(perSecond: 1, burst: 1)
        #expect(entry.requests.take(rate, now: 0) == nil)
        Self.sweep(ledger, now: 5_000_000_000)
        #expect(ledger.count == 1, "it is held")
        ledger.leave(entry)
        Self.sweep(ledger, now: 500_000_000)
        #expect(ledger.count == 1, "it owes")
        Self.sweep(ledger, now: 1_000_000_000)
        #expect(ledger.count == 0)
    }

    @Test func strangers_cannotFillTheMemory() {
        let ledger = AddressLedger(addresses: 640)
        let rate = RateSettings(perSecond: 1, burst: 1)
        var refused = 0
        for number in 0..<20_000 {
            let entry = ledger.entry(of: IPAddress(v4: UInt32(number)), now: 0)
            if entry.requests.take(rate, now: 0) != nil { refused += 1 }
        }
        #expect(ledger.count <= 640)
        #expect(refused > 19_000, "those that do not fit share one entry")
        // What owes nothing makes room.
        Self.sweep(ledger, now: 100_000_000_000)
        #expect(ledger.count == 0)
    }

    private static func sweep(_ ledger: AddressLedger, now: Int64) {
        for turn in 0..<64 { ledger.sweep(turn: turn, now: now) }
    }
}
