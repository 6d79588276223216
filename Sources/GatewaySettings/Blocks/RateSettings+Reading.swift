extension SettingsField {
    /// `off`, `100`, or `{rate: 100, burst: 200}`.
    func rateOrOff(upTo largest: Int = 1_000_000) -> RateSettings?? {
        self.orOff { field in
            guard case .mapping = field.node.content else {
                return field.perSecond(upTo: largest).map { RateSettings(perSecond: $0, burst: $0) }
            }
            var settings: RateSettings?
            field.readBlock { block in
                let rate = block.require("rate", hint: "write rate: 100, which is per second")?.perSecond(upTo: largest)
                var burst = rate
                block.read("burst", into: &burst) { $0.integer(in: 1...largest) }
                if let rate, let burst { settings = RateSettings(perSecond: rate, burst: burst) }
            }
            return settings
        }
    }

    private func perSecond(upTo largest: Int) -> Int? {
        self.parsed(expected: "off, a number per second or {rate: 100, burst: 200}") { (text) throws(ScalarProblem) in
            var scanner = ScalarScanner(text)
            if let number = scanner.integer(), scanner.skip("/") || scanner.skip("r/") {
                let isSecond = scanner.skip("s") || scanner.skip("sec") || scanner.skip("second")
                let suggestion = isSecond && scanner.isAtEnd ? "write \(number)" : nil
                throw ScalarProblem(
                    "is not a number", hint: "rates are whole numbers per second, such as 100", suggestion: suggestion)
            }
            let number = try NumberText.parse(text)
            guard (1...largest).contains(number) else {
                throw ScalarProblem("is out of range", hint: "from 1 to \(largest) per second")
            }
            return number
        }
    }
}
