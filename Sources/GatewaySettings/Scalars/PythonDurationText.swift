/// What stands for Python's `timedelta` in `SIMPLE_JWT`: seconds (`300`, `0.5`), `HH:MM:SS` as Python prints it, ISO 8601
/// (`PT60M`), `timedelta(minutes=60)` as pasted from settings.py, and the durations of the other blocks.
enum PythonDurationText {
    private static let hint = "write seconds, 5m, PT5M, 00:05:00 or timedelta(minutes=5)"

    static func parse(_ text: String) throws(ScalarProblem) -> Duration {
        guard !text.hasPrefix("-") else { throw ScalarProblem("is negative", hint: "write 0 or more") }
        for read in [self.seconds, self.clock, self.iso8601, self.timedelta] {
            if let sum = read(text) { return try sum.duration() }
        }
        do {
            return try DurationText.parse(text)
        } catch {
            let isCut = text.contains("timedelta(") && !text.hasSuffix(")")
            let suggestion = isCut ? "inside { } write it in quotes: \"timedelta(days=1, hours=2)\"" : nil
            throw ScalarProblem(error.message, hint: self.hint, suggestion: suggestion)
        }
    }

    /// `300`, `300.0`, `0.25`
    private static func seconds(_ text: String) -> DurationSum? {
        var scanner = ScalarScanner(text)
        var sum = DurationSum()
        guard let seconds = scanner.integer() else { return nil }
        sum.add(seconds, times: 1000)
        if scanner.skip(".") {
            // Digits beyond the millisecond are cut off.
            var unit = 100
            guard !scanner.isAtEnd else { return nil }
            while let digit = scanner.next, digit >= 0x30, digit <= 0x39 {
                sum.add(Int(digit &- 0x30), times: unit)
                unit /= 10
                _ = scanner.skip(String(UnicodeScalar(digit)))
            }
        }
        return scanner.isAtEnd ? sum : nil
    }

    /// `1:00:00`, `00:05:00`, `1 day, 0:00:00`, `2 days, 12:00:00`
    private static func clock(_ text: String) -> DurationSum? {
        var scanner = ScalarScanner(text)
        var sum = DurationSum()
        guard var hours = scanner.integer() else { return nil }
        if scanner.skip(" day, ") || scanner.skip(" days, ") {
            sum.add(hours, times: 86_400_000)
            guard let written = scanner.integer() else { return nil }
            hours = written
        }
        sum.add(hours, times: 3_600_000)
        for unit in [60_000, 1000] {
            guard scanner.skip(":") else { return nil }
            let start = scanner.position
            guard let value = scanner.integer(), value < 60, scanner.position == start + 2 else { return nil }
            sum.add(value, times: unit)
        }
        return scanner.isAtEnd ? sum : nil
    }

    /// `PT60M`, `P1D`, `P1DT12H`, `P2W`; years and months have no fixed length.
    private static func iso8601(_ text: String) -> DurationSum? {
        var scanner = ScalarScanner(text)
        var sum = DurationSum()
        guard scanner.skip("P"), !scanner.isAtEnd else { return nil }
        var units = [("W", 604_800_000), ("D", 86_400_000)][...]
        var isTime = false
        while !scanner.isAtEnd {
            if !isTime, scanner.skip("T") {
                isTime = true
                units = [("H", 3_600_000), ("M", 60_000), ("S", 1000)]
                guard !scanner.isAtEnd else { return nil }
            }
            guard let count = scanner.integer() else { return nil }
            guard let index = units.firstIndex(where: { scanner.skip($0.0) }) else { return nil }
            sum.add(count, times: units[index].1)
            units = units[(index + 1)...]
        }
        return sum
    }

    /// `timedelta(days=1, hours=2)`, with or without `datetime.` before it.
    private static func timedelta(_ text: String) -> DurationSum? {
        let units = [
            "weeks": 604_800_000, "days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1000,
            "milliseconds": 1,
        ]
        var scanner = ScalarScanner(text)
        var sum = DurationSum()
        _ = scanner.skip("datetime.")
        guard scanner.skip("timedelta(") else { return nil }
        repeat {
            scanner.skipSpaces()
            guard let unit = units[scanner.letters()] else { return nil }
            scanner.skipSpaces()
            guard scanner.skip("=") else { return nil }
            scanner.skipSpaces()
            guard let count = scanner.integer() else { return nil }
            sum.add(count, times: unit)
            scanner.skipSpaces()
        } while scanner.skip(",")
        return scanner.skip(")") && scanner.isAtEnd ? sum : nil
    }
}
