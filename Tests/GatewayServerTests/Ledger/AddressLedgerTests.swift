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

    // MARK: Failed verifications

    private static let rate = RateSettings(perSecond: 2, burst: 3)

    @Test func address_mayFailItsBurst_andThenAtItsRate() throws {
        let ledger = AddressLedger()
        let guesser = try Self.address("192.0.2.1")
        let other = try Self.address("192.0.2.2")
        for _ in 0..<3 {
            #expect(!ledger.isThrottling(now: 0))
            #expect(ledger.mayFail(guesser, Self.rate, now: 0))
            ledger.failed(guesser, Self.rate, now: 0)
        }
        #expect(ledger.isThrottling(now: 0))
        #expect(!ledger.mayFail(guesser, Self.rate, now: 0))
        #expect(ledger.mayFail(other, Self.rate, now: 0))
        #expect(ledger.count == 1, "who is only looked up is not entered")
        #expect(!ledger.mayFail(guesser, Self.rate, now: 499_999_999))
        #expect(ledger.isThrottling(now: 499_999_999))
        #expect(!ledger.isThrottling(now: 500_000_000), "nobody has to be looked up any more")
        #expect(ledger.mayFail(guesser, Self.rate, now: 500_000_000))
        ledger.failed(guesser, Self.rate, now: 500_000_000)
        #expect(!ledger.mayFail(guesser, Self.rate, now: 999_999_999))
    }

    @Test func networkOf64Bits_failsTogether() throws {
        let ledger = AddressLedger()
        for last in 1...3 { ledger.failed(try Self.address("2001:db8:1:2::\(last)"), Self.rate, now: 0) }
        #expect(!ledger.mayFail(try Self.address("2001:db8:1:2:ffff::9"), Self.rate, now: 0))
        #expect(ledger.mayFail(try Self.address("2001:db8:1:3::1"), Self.rate, now: 0))
    }

    /// Those that fail together through others' verifications under way go beyond the burst, and owe nothing for it.
    @Test func failuresBeyondTheBurst_areNotPiledUp() throws {
        let ledger = AddressLedger()
        let address = try Self.address("192.0.2.1")
        for _ in 0..<1000 { ledger.failed(address, Self.rate, now: 0) }
        #expect(ledger.mayFail(address, Self.rate, now: 500_000_000))
    }

    @Test func failures_areForgotten_onceTheyAreOver() throws {
        let ledger = AddressLedger()
        ledger.failed(try Self.address("192.0.2.1"), Self.rate, now: 0)
        Self.sweep(ledger, now: 499_999_999)
        #expect(ledger.count == 1)
        Self.sweep(ledger, now: 500_000_000)
        #expect(ledger.count == 0)
    }

    @Test func strangers_doNotAnswerForEachOther_whenThereAreTooMany() {
        let ledger = AddressLedger(addresses: 64)
        for number in 0..<10_000 { ledger.failed(IPAddress(v4: UInt32(number)), Self.rate, now: 0) }
        #expect(ledger.count <= 64)
        #expect(ledger.isThrottling(now: 0))
        #expect(ledger.mayFail(IPAddress(v4: 20_000), Self.rate, now: 0))
    }

    private static func sweep(_ ledger: AddressLedger, now: Int64) {
        for turn in 0..<64 { ledger.sweep(turn: turn, now: now) }
    }
}
