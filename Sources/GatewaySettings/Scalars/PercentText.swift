/// Whole percentages: `10%`.
enum PercentText {
    static func parse(_ text: String, in range: ClosedRange<Int>) throws(ScalarProblem) -> Int {
        let hint = "write a whole number from \(range.lowerBound)% to \(range.upperBound)%"
        var scanner = ScalarScanner(text)
        let number = scanner.integer()
        if let number, scanner.isAtEnd {
            let isLikely = range.contains(number)
            throw ScalarProblem("has no percent sign", hint: hint, suggestion: isLikely ? "write \(number)%" : nil)
        }
        scanner.skipSpaces()
        guard let number, scanner.skip("%"), scanner.isAtEnd else {
            throw ScalarProblem("is not a whole percentage", hint: hint)
        }
        guard range.contains(number) else { throw ScalarProblem("is out of range", hint: hint) }
        return number
    }
}
