extension SettingsField {
    /// `off`, `100`, or `{rate: 100, burst: 200}`.
    func rateOrOff() -> RateSettings?? {
        self.rateOrOff(
            hint: "write rate: 100, which is per second", rate: { $0.perSecond(upTo: 1_000_000) },
            burst: { $0.integer(in: 1...1_000_000) }
        )
    }

    /// `off`, `64KiB`, or `{rate: 64KiB, burst: 1MiB}`.
    func byteRateOrOff() -> RateSettings?? {
        self.rateOrOff(
            hint: "write rate: 64KiB, which is per second", rate: { $0.bytesPerSecond() },
            burst: { $0.size(in: 1...(1 << 40)) }
        )
    }

    private func rateOrOff(
        hint: String, rate readRate: (SettingsField) -> Int?, burst readBurst: (SettingsField) -> Int?
    ) -> RateSettings?? {
        self.orOff { field in
            guard case .mapping = field.node.content else {
                return readRate(field).map { RateSettings(perSecond: $0, burst: $0) }
            }
            var settings: RateSettings?
            field.readBlock { block in
                let rate = block.require("rate", hint: hint).flatMap(readRate)
                var burst = rate
                block.read("burst", into: &burst) { field in readBurst(field).map { .some($0) } }
                if let rate, let burst { settings = RateSettings(perSecond: rate, burst: burst) }
            }
            return settings
        }
    }

    private func perSecond(upTo largest: Int) -> Int? {
        self.parsed(expected: "off, a number per second or {rate: 100, burst: 200}") { (text) throws(ScalarProblem) in
            var scanner = ScalarScanner(text)
            if let number = scanner.integer(), scanner.skip("/") || scanner.skip("r/") {
                let suggestion = scanner.skipSecond() ? "write \(number)" : nil
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

    private func bytesPerSecond() -> Int? {
        self.parsed(expected: "off, a size per second or {rate: 64KiB, burst: 1MiB}") { (text) throws(ScalarProblem) in
            let largest = 1 << 40
            if let slash = text.firstIndex(of: "/"), let size = try? SizeText.parse(String(text[..<slash])) {
                var scanner = ScalarScanner(String(text[slash...].dropFirst()))
                let suggestion = scanner.skipSecond() ? "write \(SizeText.render(size))" : nil
                throw ScalarProblem(
                    "is not a size", hint: "rates are sizes per second, such as 64KiB", suggestion: suggestion)
            }
            let size = try SizeText.parse(text)
            guard (1...largest).contains(size) else {
                throw ScalarProblem("is out of range", hint: "from 1 to \(SizeText.render(largest)) per second")
            }
            return size
        }
    }
}

extension ScalarScanner {
    /// Whether the rest is one of the words for a second.
    fileprivate mutating func skipSecond() -> Bool {
        ["s", "sec", "second"].contains(self.letters()) && self.isAtEnd
    }
}
