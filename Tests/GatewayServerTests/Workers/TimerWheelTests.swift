import NIOCore
import Testing

@testable import GatewayServer

@Suite struct TimerWheelTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test(arguments: [Int64(0), 1, 249, 250, 251, 999, 60_000, 255_000, 256_000, 300_000, 3_600_000])
    func deadline_fires_notBeforeItsTimeAndWithinTwoTicks(milliseconds: Int64) {
        var wheel = TimerWheel(now: Self.start)
        let timer = WheelTimer()
        let deadline = Self.start + .milliseconds(milliseconds)
        wheel.arm(timer, at: deadline)
        var now = Self.start
        while now < deadline {
            #expect(wheel.advance(to: now).isEmpty)
            now = now + TimerWheel.tick
        }
        let due = wheel.advance(to: now) + wheel.advance(to: now + TimerWheel.tick)
        #expect(due.count == 1)
        #expect(due.first === timer)
        #expect(timer.deadline == nil)
        #expect(wheel.advance(to: now + .hours(2)).isEmpty)
    }

    @Test func movingADeadline_countsFromTheNewTime() {
        var wheel = TimerWheel(now: Self.start)
        let timer = WheelTimer()
        wheel.arm(timer, at: Self.start + .seconds(1))
        wheel.arm(timer, at: Self.start + .seconds(10))
        #expect(wheel.advance(to: Self.start + .seconds(9)).isEmpty)
        wheel.arm(timer, at: Self.start + .milliseconds(9500))
        #expect(wheel.advance(to: Self.start + .seconds(11)).count == 1)
    }

    @Test func cancelledDeadline_neverFires() {
        var wheel = TimerWheel(now: Self.start)
        let timers = (0..<10).map { _ in WheelTimer() }
        for timer in timers { wheel.arm(timer, at: Self.start + .seconds(1)) }
        for timer in timers where timer !== timers[4] { wheel.cancel(timer) }
        let due = wheel.advance(to: Self.start + .seconds(5))
        #expect(due.count == 1)
        #expect(due.first === timers[4])
    }

    @Test func dueTimer_isNotDueAnyMore_whenAnotherOfTheSameTickCancelsOrMovesIt() {
        var wheel = TimerWheel(now: Self.start)
        let timers = (0..<3).map { _ in WheelTimer() }
        for timer in timers { wheel.arm(timer, at: Self.start + .seconds(1)) }
        let due = wheel.advance(to: Self.start + .seconds(2))
        #expect(due.count == 3)
        wheel.cancel(timers[1])
        wheel.arm(timers[2], at: Self.start + .seconds(9))
        #expect(timers.map(\.isDue) == [true, false, false])
    }

    @Test func stallOfManyRevolutions_firesEverything() {
        var wheel = TimerWheel(now: Self.start)
        let timers = (1...500).map { _ in WheelTimer() }
        for (index, timer) in timers.enumerated() {
            wheel.arm(timer, at: Self.start + .milliseconds(Int64(index) * 700))
        }
        #expect(wheel.advance(to: Self.start + .hours(24)).count == 500)
    }

    /// Against a plain list of deadlines.
    @Test(arguments: 0..<16)
    func wheel_agreesWithAList_underRandomUse(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var wheel = TimerWheel(now: Self.start)
        var now = Self.start
        let timers = (0..<40).map { _ in WheelTimer() }
        var expected: [ObjectIdentifier: NIODeadline] = [:]
        for _ in 0..<600 {
            guard let timer = timers.randomElement(using: &random) else { continue }
            switch UInt8.random(in: 0..<4, using: &random) {
            case 0, 1:
                let deadline = now + .milliseconds(Int64.random(in: 0...400_000, using: &random))
                wheel.arm(timer, at: deadline)
                expected[ObjectIdentifier(timer)] = deadline
            case 2:
                wheel.cancel(timer)
                expected[ObjectIdentifier(timer)] = nil
            default:
                now = now + .milliseconds(Int64.random(in: 1...20_000, using: &random))
                for due in wheel.advance(to: now) {
                    let deadline = expected.removeValue(forKey: ObjectIdentifier(due))
                    #expect(deadline.map { $0 <= now } ?? false)
                }
                for deadline in expected.values { #expect(deadline + TimerWheel.tick + TimerWheel.tick > now) }
            }
        }
    }
}
