/// Moments: `2026-12-31T00:00:00Z` (RFC 3339) or seconds since 1970, as tokens count them.
enum InstantText {
    private static let hint = "write 2026-12-31T00:00:00Z, or the seconds since 1970"
    /// The last second of the year 9999.
    private static let last: Int64 = 253_402_300_799

    /// Unix seconds; a fraction is dropped.
    static func parse(_ text: String) throws(ScalarProblem) -> Int64 {
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return try self.seconds(text) }
        var scanner = ScalarScanner(text)
        guard let day = self.day(&scanner) else { throw ScalarProblem("is not a moment", hint: self.hint) }
        guard !scanner.isAtEnd else {
            throw ScalarProblem(
                "says no time of the day", hint: self.hint, suggestion: "write \(Excerpt.clean(text))T00:00:00Z")
        }
        guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "), let time = self.time(&scanner) else {
            throw ScalarProblem("is not a moment", hint: self.hint)
        }
        guard !scanner.isAtEnd else {
            throw ScalarProblem(
                "says no time zone", hint: self.hint, suggestion: "write \(Excerpt.clean(text))Z, which is UTC")
        }
        guard let offset = self.offset(&scanner), scanner.isAtEnd else {
            throw ScalarProblem("is not a moment", hint: self.hint)
        }
        let moment = day * 86_400 + time - offset
        guard (0...self.last).contains(moment) else { throw ScalarProblem("is out of range", hint: self.hint) }
        return moment
    }

    private static func seconds(_ text: String) throws(ScalarProblem) -> Int64 {
        let seconds = Int64(try NumberText.parse(text))
        guard seconds > self.last else { return seconds }
        throw ScalarProblem("is out of range", hint: "write seconds, not milliseconds")
    }

    /// Days since 1970; nil when there is no such day.
    private static func day(_ scanner: inout ScalarScanner) -> Int64? {
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let day = scanner.digits(2), (1...12).contains(month)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...lengths[month - 1]).contains(day) else { return nil }
        // Of the years before this one, counted from year 0.
        let leapYears = year == 0 ? 0 : (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1
        let days = year * 365 + leapYears + lengths.prefix(month - 1).reduce(0, +) + day - 1
        return Int64(days - 719_528)
    }

    private static func time(_ scanner: inout ScalarScanner) -> Int64? {
        guard let hour = scanner.digits(2), scanner.skip(":"), let minute = scanner.digits(2), scanner.skip(":"),
            let second = scanner.digits(2), hour < 24, minute < 60, second < 60
        else { return nil }
        if scanner.skip("."), scanner.integer() == nil { return nil }
        return Int64(hour * 3600 + minute * 60 + second)
    }

    private static func offset(_ scanner: inout ScalarScanner) -> Int64? {
        if scanner.skip("Z") || scanner.skip("z") { return 0 }
        let isEast = scanner.skip("+")
        guard isEast || scanner.skip("-"), let hours = scanner.digits(2), scanner.skip(":"),
            let minutes = scanner.digits(2), hours < 24, minutes < 60
        else { return nil }
        let seconds = Int64(hours * 3600 + minutes * 60)
        return isEast ? seconds : -seconds
    }
}

extension ScalarScanner {
    /// Exactly so many digits.
    fileprivate mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let byte = self.next, (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte &- 0x30)
            _ = self.skip(String(UnicodeScalar(byte)))
        }
        return value
    }
}
