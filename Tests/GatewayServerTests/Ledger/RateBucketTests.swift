import GatewaySettings
import Testing

@testable import GatewayServer

@Suite struct RateBucketTests {
    private static let second: Int64 = 1_000_000_000

    @Test(arguments: [(1, 1), (1, 5), (10, 10), (10, 1), (1000, 3), (3, 7)])
    func burst_isTakenAtOnce_andThenTheRateHolds(perSecond: Int, burst: Int) {
        let rate = RateSettings(perSecond: perSecond, burst: burst)
        let bucket = RateBucket()
        var now = 17 * Self.second
        for _ in 0..<burst { #expect(bucket.take(rate, now: now) == nil) }
        #expect(bucket.take(rate, now: now) != nil)
        let interval = Self.second / Int64(perSecond)
        for _ in 0..<20 {
            now += interval
            #expect(bucket.take(rate, now: now) == nil)
            #expect(bucket.take(rate, now: now) != nil)
        }
    }

    @Test func waitingAsTold_isEnough() throws {
        let rate = RateSettings(perSecond: 1, burst: 2)
        let bucket = RateBucket()
        #expect(bucket.take(rate, now: 5) == nil)
        #expect(bucket.take(rate, now: 5) == nil)
        let seconds = try #require(bucket.take(rate, now: 5))
        #expect(seconds == 1)
        #expect(bucket.take(rate, now: 5 + Int64(seconds) * Self.second) == nil)
    }

    @Test func bucket_isFullAgain_whenEverythingTakenHasComeBack() {
        let rate = RateSettings(perSecond: 2, burst: 4)
        let bucket = RateBucket()
        #expect(bucket.isFull(now: 0))
        for _ in 0..<4 { _ = bucket.take(rate, now: 0) }
        #expect(!bucket.isFull(now: 2 * Self.second - 1))
        #expect(bucket.isFull(now: 2 * Self.second))
    }

    /// Not a nanosecond earlier, and not later.
    @Test(arguments: [(1, 1), (1, 5), (10, 1), (1000, 3), (3, 7), (.max, .max), (1, .max)])
    func nextToken_canBeTaken_whenItIsSaid(perSecond: Int, burst: Int) {
        let rate = RateSettings(perSecond: perSecond, burst: burst)
        let bucket = RateBucket()
        #expect(bucket.nextTime(rate) == .min)
        var now = 17 * Self.second
        for _ in 0..<min(burst, 20) {
            #expect(bucket.nextTime(rate) <= now)
            #expect(bucket.take(rate, now: now) == nil)
        }
        guard burst < 20 else { return }
        for _ in 0..<20 {
            let next = bucket.nextTime(rate)
            #expect(next > now)
            #expect(bucket.take(rate, now: next - 1) != nil)
            #expect(bucket.take(rate, now: next) == nil)
            now = next
        }
    }

    @Test func rates_doNotOverflow_whenTheyAreAsLargeAsCanBe() {
        let bucket = RateBucket()
        let rate = RateSettings(perSecond: .max, burst: .max)
        for _ in 0..<1000 { #expect(bucket.take(rate, now: .max / 4) == nil) }
        #expect(RateBucket().take(RateSettings(perSecond: 1, burst: .max), now: .max / 4) == nil)
    }

    /// Never more than the burst plus the rate, whatever the times.
    @Test(arguments: 0..<8)
    func taken_isWithinTheRate(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rate = RateSettings(perSecond: 50, burst: 9)
        let bucket = RateBucket()
        var (now, taken) = (Int64(0), 0)
        for _ in 0..<2000 {
            now += Int64.random(in: 0...Self.second / 40, using: &random)
            if bucket.take(rate, now: now) == nil { taken += 1 }
            #expect(Int64(taken) <= 9 + now * 50 / Self.second)
        }
        #expect(taken > 100)
    }
}
