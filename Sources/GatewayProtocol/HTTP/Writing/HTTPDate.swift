/// The fixed-length form of a date (RFC 9110 section 5.6.7), which is the only one that may be sent.
package enum HTTPDate {
    /// `Date: Sun, 06 Nov 1994 08:49:37 GMT` and CRLF. The form has four digits for the year: a clock outside 1970…9999 gets
    /// the nearest end.
    package static func line(unixSeconds: Int64) -> [UInt8] {
        let seconds = Int(min(max(unixSeconds, 0), 253_402_300_799))
        let (days, time) = (seconds / 86_400, seconds % 86_400)
        let (year, month, day) = self.civil(days)
        var line = Array("Date: ".utf8)
        line.reserveCapacity(37)
        // 1 January 1970 was a Thursday.
        self.append(word: (days + 4) % 7, of: "SunMonTueWedThuFriSat", to: &line)
        line += [0x2C, 0x20]
        self.append(day, 0x20, to: &line)
        self.append(word: month - 1, of: "JanFebMarAprMayJunJulAugSepOctNovDec", to: &line)
        line.append(0x20)
        line += [UInt8(truncatingIfNeeded: 0x30 + year / 1000), UInt8(truncatingIfNeeded: 0x30 + year / 100 % 10)]
        self.append(year % 100, 0x20, to: &line)
        self.append(time / 3600, 0x3A, to: &line)
        self.append(time / 60 % 60, 0x3A, to: &line)
        self.append(time % 60, 0x20, to: &line)
        line += [0x47, 0x4D, 0x54, 0x0D, 0x0A]
        return line
    }

    /// Days since 1970 as a date. Counted in years that begin with March, so that the leap day comes last.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let fromMarch0 = days + 719_468
        let era = fromMarch0 / 146_097
        let dayOfEra = fromMarch0 % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func append(word index: Int, of words: StaticString, to line: inout [UInt8]) {
        for offset in 0..<3 { line.append(words.utf8Start[index * 3 + offset]) }
    }

    private static func append(_ number: Int, _ separator: UInt8, to line: inout [UInt8]) {
        line.append(UInt8(truncatingIfNeeded: 0x30 + number / 10))
        line.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
        line.append(separator)
    }
}
