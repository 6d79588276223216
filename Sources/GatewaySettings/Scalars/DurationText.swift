/// Durations: `500ms`, `30s`, `5m`, `1h30m`, `2d`.
package enum DurationText {
    private static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]
    static let hint = "write a duration such as 500ms, 30s, 5m or 1h30m"

    /// For texts that do not come out of a file; nil when it is no duration.
    package static func duration(_ text: String) -> Duration? { try? self.parse(text) }

    static func parse(_ text: String) throws(ScalarProblem) -> Duration {
        var scanner = ScalarScanner(text)
        var total = DurationSum()
        var smallest = Int.max
        repeat {
            guard let count = scanner.integer() else { throw ScalarProblem("is not a duration", hint: self.hint) }
            let name = scanner.letters()
            guard !name.isEmpty else {
                let isBare = scanner.isAtEnd && smallest == .max
                throw ScalarProblem(
                    "is not a duration",
                    hint: self.hint,
                    suggestion: isBare ? "a duration needs a unit: \(count)s?" : nil
                )
            }
            // Each unit once, the largest first.
            guard let unit = self.units.first(where: { $0.name == name }), unit.milliseconds < smallest else {
                throw ScalarProblem("is not a duration", hint: self.hint)
            }
            smallest = unit.milliseconds
            total.add(count, times: unit.milliseconds)
        } while !scanner.isAtEnd
        return try total.duration()
    }

    package static func render(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var rest = Int(seconds) &* 1000 &+ Int(attoseconds / 1_000_000_000_000_000)
        guard rest > 0 else { return "0s" }
        var text = ""
        for unit in self.units where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }
}

/// Adds up milliseconds without overflowing.
struct DurationSum {
    private var milliseconds = 0
    private var isTooLong = false

    mutating func add(_ count: Int, times unit: Int) {
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        let (sum, carry) = self.milliseconds.addingReportingOverflow(product)
        if overflow || carry { self.isTooLong = true } else { self.milliseconds = sum }
    }

    func duration() throws(ScalarProblem) -> Duration {
        // A century: beyond it only mistakes.
        guard !self.isTooLong, self.milliseconds <= 100 * 366 * 86_400_000 else {
            throw ScalarProblem("is too long a duration")
        }
        return .milliseconds(self.milliseconds)
    }
}
