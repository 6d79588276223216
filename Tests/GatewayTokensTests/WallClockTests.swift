import Testing

@testable import GatewayTokens

struct WallClockTests {
    @Test func moments_areOrderedBySecondsThenNanoseconds() {
        #expect(WallClock(seconds: 1, nanoseconds: 5) < WallClock(seconds: 1, nanoseconds: 6))
        #expect(WallClock(seconds: 1, nanoseconds: 999) < WallClock(seconds: 2))
        #expect(!(WallClock(seconds: 2) < WallClock(seconds: 1, nanoseconds: 999)))
    }

    @Test func now_isAfterThisWasWritten() {
        let now = WallClock.now()
        #expect(now.seconds > 1_700_000_000 && 0..<1_000_000_000 ~= now.nanoseconds)
    }
}
