internal import Glibc

/// Times as an operator reads them.
enum MomentText {
    /// `2030-01-01T00:00:00Z, in 5m`.
    static func text(_ seconds: Int64, now: WallClock) -> String {
        let distance = self.distance(seconds.subtractingClamped(now.seconds))
        guard let moment = self.utc(seconds) else { return "\(seconds), \(distance)" }
        return "\(moment), \(distance)"
    }

    /// The two largest units; nothing is rounded up.
    static func span(_ seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        var rest = max(0, seconds)
        var parts: [String] = []
        for (size, name) in units where rest >= size && parts.count < 2 {
            parts.append("\(rest / size)\(name)")
            rest %= size
        }
        return parts.isEmpty ? "0s" : parts.joined()
    }

    private static func distance(_ seconds: Int64) -> String {
        if seconds == 0 { return "now" }
        if seconds > 0 { return "in \(self.span(seconds))" }
        return "\(self.span(Int64(0).subtractingClamped(seconds))) ago"
    }

    /// Nil for years that nobody writes with four digits.
    private static func utc(_ seconds: Int64) -> String? {
        var time = time_t(seconds)
        var parts = tm()
        guard (-62_135_596_800..<NumericDate.end).contains(seconds), gmtime_r(&time, &parts) != nil else { return nil }
        return self.padded(Int(parts.tm_year) + 1900, 4) + "-" + self.padded(Int(parts.tm_mon) + 1, 2) + "-"
            + self.padded(Int(parts.tm_mday), 2) + "T" + self.padded(Int(parts.tm_hour), 2) + ":"
            + self.padded(Int(parts.tm_min), 2) + ":" + self.padded(Int(parts.tm_sec), 2) + "Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
