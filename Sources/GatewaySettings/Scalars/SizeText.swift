/// Sizes in bytes: `512`, `512B`, `64KiB`, `1MiB`, `2GiB`.
package enum SizeText {
    private static let units: [(name: String, bytes: Int)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    private static let hint = "write bytes or a number with KiB, MiB or GiB, such as 64KiB"

    static func parse(_ text: String) throws(ScalarProblem) -> Int {
        var scanner = ScalarScanner(text)
        guard let count = scanner.integer() else { throw ScalarProblem("is not a size", hint: self.hint) }
        scanner.skipSpaces()
        let unit = scanner.letters()
        guard scanner.isAtEnd else { throw ScalarProblem("is not a size", hint: self.hint) }
        let (size, overflow) = count.multipliedReportingOverflow(by: try self.factor(unit, count: count))
        guard !overflow else { throw ScalarProblem("is too large a size") }
        guard size == 0 || !text.hasPrefix("0") else { throw ScalarProblem("begins with 0", hint: self.hint) }
        return size
    }

    /// `k` and `KB` mean 1000 to some and 1024 to others, so they mean nothing here.
    private static func factor(_ unit: String, count: Int) throws(ScalarProblem) -> Int {
        if unit.isEmpty || unit == "B" { return 1 }
        for known in self.units {
            if unit == known.name { return known.bytes }
            guard unit.utf8.first.map({ $0 | 0x20 }) == known.name.utf8.first.map({ $0 | 0x20 }) else { continue }
            throw ScalarProblem("is not a size", hint: self.hint, suggestion: "did you mean \(count)\(known.name)?")
        }
        throw ScalarProblem("is not a size", hint: self.hint)
    }

    package static func render(_ size: Int) -> String {
        for unit in self.units where size >= unit.bytes && size % unit.bytes == 0 {
            return "\(size / unit.bytes)\(unit.name)"
        }
        return "\(size)"
    }
}
