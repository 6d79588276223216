internal import Glibc

/// A moment of the wall clock, as exact as log lines show it.
package struct LogTime: Sendable, Equatable {
    package var seconds: Int64
    package var milliseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32) {
        self.seconds = seconds
        self.milliseconds = nanoseconds / 1_000_000
    }

    package static func now() -> LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(seconds: Int64(time.tv_sec), nanoseconds: Int32(truncatingIfNeeded: time.tv_nsec))
    }
}

/// Renders moments as `2026-11-22T13:37:00.123Z`, remembering the part that changes only every second.
struct TimestampRenderer: Sendable {
    private var second: Int64?
    /// `2026-11-22T13:37:00.` and then `000Z`.
    private var text: [UInt8] = Array("0000-00-00T00:00:00.000Z".utf8)

    /// 9999-12-31T23:59:59Z: the last second with four digits for the year.
    private static let last: Int64 = 253_402_300_799

    mutating func append(_ time: LogTime, to bytes: inout [UInt8]) {
        if time.seconds != self.second {
            self.second = time.seconds
            self.renderSecond(Swift.min(Swift.max(time.seconds, 0), Self.last))
        }
        self.put(Int64(time.milliseconds), digits: 3, at: 20)
        bytes.append(contentsOf: self.text)
    }

    private mutating func renderSecond(_ seconds: Int64) {
        let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let date = Self.date(daysSince1970: days)
        self.put(date.year, digits: 4, at: 0)
        self.put(date.month, digits: 2, at: 5)
        self.put(date.day, digits: 2, at: 8)
        self.put(rest / 3600, digits: 2, at: 11)
        self.put(rest / 60 % 60, digits: 2, at: 14)
        self.put(rest % 60, digits: 2, at: 17)
    }

    private mutating func put(_ value: Int64, digits: Int, at offset: Int) {
        var rest = value
        for index in stride(from: offset + digits - 1, through: offset, by: -1) {
            self.text[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// The proleptic Gregorian date, counted in years that begin in March so that the leap day is the last one.
    private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let sinceMarch0 = days + 719_468
        let (era, dayOfEra) = sinceMarch0.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
