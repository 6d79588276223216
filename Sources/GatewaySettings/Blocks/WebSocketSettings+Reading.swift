extension WebSocketSettings {
    /// `true`, `false` or a mapping of options; nil for `false`.
    static func read(_ field: SettingsField, auth: Authentication) -> WebSocketSettings? {
        if field.isScalar { return field.boolean() == true ? WebSocketSettings() : nil }
        var settings = WebSocketSettings()
        field.readBlock { block in
            settings.readMessages(&block)
            settings.readTimes(&block)
            settings.readExpiry(&block, auth)
            settings.readFlow(&block)
            block.readBlock("limits") { settings.limits.read(&$0, auth) }
            block.readBlock("drain") { settings.drain.read(&$0) }
        }
        return settings
    }

    private mutating func readMessages(_ block: inout SettingsBlock) {
        block.read("only", into: &self.only) { $0.boolean() }
        block.read("max_message", into: &self.maxMessage) { $0.size(in: 125...(1 << 40)) }
        if block.writes("max_message") { self.maxFrame = self.maxMessage }
        block.read("max_frame", into: &self.maxFrame) { field in
            guard let size = field.size(in: 125...(1 << 40)) else { return nil }
            guard size <= self.maxMessage else {
                field.report("is larger than max_message", hint: "at most \(SizeText.render(self.maxMessage))")
                return nil
            }
            return size
        }
        block.read("refuse", into: &self.refuse) { $0.choice(of: WebSocketRefusal.self) }
        block.read("compression", into: &self.compression) { $0.boolean() }
    }

    private mutating func readTimes(_ block: inout SettingsBlock) {
        block.read("ping", into: &self.ping) { $0.orOff { $0.duration(in: .seconds(1)...(.seconds(86_400))) } }
        block.read("pong_timeout", into: &self.pongTimeout) { $0.duration(in: .milliseconds(100)...(.seconds(3600))) }
        block.read("idle", into: &self.idle) { $0.orOff { $0.duration(in: .seconds(1)...(.seconds(30 * 86_400))) } }
        block.read("idle_counts_pings", into: &self.idleCountsPings) { field in
            let counts = field.boolean()
            if counts == true, self.idle == nil { field.notice("has no effect while idle is off") }
            return counts
        }
        block.read("max_age", into: &self.maxAge) {
            $0.orOff { $0.duration(in: .seconds(1)...(.seconds(366 * 86_400))) }
        }
        block.read("max_age_jitter", into: &self.maxAgeJitter) { $0.percentage(in: 0...50) }
    }

    private mutating func readFlow(_ block: inout SettingsBlock) {
        block.read("buffer", into: &self.buffer) { $0.size(in: 4096...(1 << 30)) }
        block.read("slow_consumer", into: &self.slowConsumer) { $0.duration(in: .seconds(1)...(.seconds(86_400))) }
    }
}

extension WebSocketLimitSettings {
    fileprivate mutating func read(_ block: inout SettingsBlock, _ auth: Authentication) {
        block.read("messages_per_second", into: &self.messagesPerSecond) { $0.rateOrOff() }
        block.read("bytes_per_second", into: &self.bytesPerSecond) { $0.byteRateOrOff() }
        block.read("exceed", into: &self.exceed) { $0.choice(of: WebSocketRateExcess.self) }
        block.read("per_user", into: &self.perUser) { field in
            let count = field.socketsOrOff()
            if case .some(.some) = count, auth == .none { field.notice("has no effect: auth: none knows no users") }
            return count
        }
        block.read("per_address", into: &self.perAddress) { $0.socketsOrOff() }
        block.read("per_route", into: &self.perRoute) { $0.socketsOrOff() }
        block.read("when_full", into: &self.whenFull) { $0.choice(of: WebSocketOverflow.self) }
    }
}

extension WebSocketDrainSettings {
    fileprivate mutating func read(_ block: inout SettingsBlock) {
        block.read("code", into: &self.code) { field in
            field.parsed(expected: "1001 or 1012") { (text) throws(ScalarProblem) in
                switch text {
                case "1001": return 1001
                case "1012": return 1012
                default:
                    let hint = "write 1001 (going away) or 1012 (service restart)"
                    throw ScalarProblem("is no close code for a stop", hint: hint)
                }
            }
        }
        block.read("reason", into: &self.reason) { $0.closeReason() }
    }
}

extension SettingsField {
    /// How many may be open at once.
    func socketsOrOff() -> Int?? { self.orOff { $0.integer(in: 1...10_000_000) } }

    fileprivate func percentage(in range: ClosedRange<Int>) -> Int? {
        self.parsed(expected: "a percentage such as 10%") { (text) throws(ScalarProblem) in
            try PercentText.parse(text, in: range)
        }
    }

    /// RFC 6455 section 5.5: a control frame holds 125 bytes, two of them the code.
    fileprivate func closeReason() -> String? {
        if self.isScalar, self.isBlank, !self.isNull { return "" }
        return self.parsed(expected: "a short text") { (text) throws(ScalarProblem) in
            guard text.utf8.count <= 123 else {
                throw ScalarProblem("is too long for a close frame", hint: "at most 123 bytes")
            }
            return text
        }
    }
}
