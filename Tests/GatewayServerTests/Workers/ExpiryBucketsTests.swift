import Testing

@testable import GatewayServer

@Suite struct ExpiryBucketsTests {
    @Test func entry_expires_inItsSecond() {
        var buckets = ExpiryBuckets(now: 100)
        let entry = ExpiringEntry()
        buckets.insert(entry, at: 103)
        #expect(buckets.take(now: 102).isEmpty)
        #expect(buckets.take(now: 103).first === entry)
        #expect(entry.expirySecond == nil)
        #expect(buckets.take(now: 103).isEmpty)
    }

    @Test func pastEntry_isDueAtTheNextLook() {
        var buckets = ExpiryBuckets(now: 100)
        _ = buckets.take(now: 110)
        let entry = ExpiringEntry()
        buckets.insert(entry, at: 50)
        #expect(buckets.take(now: 110).count == 1)
    }

    @Test func stepForward_expiresEverythingBetween() {
        var buckets = ExpiryBuckets(now: 0)
        let entries = (0..<200).map { _ in ExpiringEntry() }
        for (index, entry) in entries.enumerated() { buckets.insert(entry, at: Int64(index) * 1000) }
        #expect(buckets.take(now: 150_000).count == 151)
        #expect(buckets.take(now: 1_000_000_000).count == 49)
    }

    @Test func stepBack_delaysButLosesNothing() {
        var buckets = ExpiryBuckets(now: 1000)
        let entry = ExpiringEntry()
        buckets.insert(entry, at: 1010)
        #expect(buckets.take(now: 500).isEmpty)
        let early = ExpiringEntry()
        buckets.insert(early, at: 505)
        #expect(buckets.take(now: 505).first === early)
        #expect(buckets.take(now: 1010).first === entry)
    }

    @Test func removedEntry_doesNotExpire_andTheOthersDo() {
        var buckets = ExpiryBuckets(now: 0)
        let entries = (0..<5).map { _ in ExpiringEntry() }
        for entry in entries { buckets.insert(entry, at: 7) }
        buckets.remove(entries[0])
        buckets.remove(entries[4])
        buckets.remove(entries[4])
        let due = buckets.take(now: 7)
        #expect(due.count == 3)
        #expect(!due.contains { $0 === entries[0] || $0 === entries[4] })
    }

    @Test func movedEntry_expiresOnce() {
        var buckets = ExpiryBuckets(now: 0)
        let entry = ExpiringEntry()
        buckets.insert(entry, at: 5)
        buckets.insert(entry, at: 9)
        #expect(buckets.take(now: 8).isEmpty)
        #expect(buckets.take(now: 9).count == 1)
    }
}
