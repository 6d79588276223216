/// What an open socket has to do with its token.
extension WebSocketSettings {
    /// To be asked after `compression`.
    mutating func readExpiry(_ block: inout SettingsBlock, _ auth: Authentication) {
        block.read("expiry_jitter", into: &self.expiryJitter) { field in
            let jitter = field.duration(in: .zero...(.seconds(300)))
            if let jitter, jitter > .zero { field.noticeTokenless(auth) }
            return jitter
        }
        block.read("expiry_notice", into: &self.expiryNotice) { field in
            let notice = field.expiryNotice()
            if case .some(.some) = notice { field.noticeTokenless(auth) }
            return notice
        }
        let isCompressed = self.compression
        block.read("renewal", into: &self.renewal) { field in
            guard let renewal = WebSocketRenewalSettings(reading: field, isCompressed: isCompressed) else { return nil }
            if renewal.isOn { field.noticeTokenless(auth) }
            return renewal
        }
    }
}

extension WebSocketRenewalSettings {
    private static let hint = "write off, http or {http: true, in_band: {match: {type: token.renew}, token: token}}"

    /// `off`, `http` or a mapping.
    fileprivate init?(reading field: SettingsField, isCompressed: Bool) {
        self.init()
        guard case .mapping = field.node.content else {
            guard let isHTTP = field.renewalWord(Self.hint) else { return nil }
            self.http = isHTTP
            return
        }
        var hasInBand = false
        field.readBlock { block in
            block.read("http", into: &self.http) { $0.boolean() }
            guard let inBand = block.take("in_band"), !inBand.says("off") else { return }
            hasInBand = true
            if isCompressed {
                inBand.report(
                    "needs compression: false in this route", hint: "the gateway does not look into compressed messages"
                )
            }
            inBand.readBlock { self.inBand = InBandRenewalSettings(reading: &$0) }
        }
        if !self.http, !hasInBand { field.report("renews nothing", hint: Self.hint) }
    }
}

extension InBandRenewalSettings {
    fileprivate init?(reading block: inout SettingsBlock) {
        let example = "write match: {type: token.renew}"
        var members: [JSONMemberSettings] = []
        let match = block.require("match", hint: example)
        match?.readBlock { match in
            if match.isEmpty { match.field.report("would take every message", hint: example) }
            for (name, field) in match.takeAll() {
                field.context.reportJSON(name)
                if let value = field.jsonText(expected: "the member's text") {
                    members.append(JSONMemberSettings(name: name.value, value: value))
                }
            }
        }
        guard let field = block.require("token", hint: "write token: token, the name of the member that holds it"),
            let token = field.jsonText(expected: "the name of the member that holds the token")
        else { return nil }
        if members.contains(where: { $0.name == token }) {
            field.report("match fixes this member's text", hint: "the token needs a member of its own")
        }
        guard !members.isEmpty else { return nil }
        self.init(match: members, token: token)
    }
}

extension ReadingContext {
    fileprivate func reportJSON(_ name: Located<String>) {
        guard let objection = JSONTextRule.objection(to: name.value) else { return }
        self.report("\(Excerpt.quote(name.value)) \(objection.message)", at: name.location, hint: objection.hint)
    }
}

/// Texts that JSON spells in one way, unless somebody escapes what needs no escape: they are compared byte for byte.
private enum JSONTextRule {
    static func objection(to text: String) -> ScalarProblem? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) else {
            return ScalarProblem("can be spelled in several ways in JSON", hint: "ASCII without \" and \\")
        }
        return text.utf8.count <= 128 ? nil : ScalarProblem("is too long", hint: "at most 128 bytes")
    }
}

extension SettingsField {
    fileprivate func noticeTokenless(_ auth: Authentication) {
        if auth == .none { self.notice("has no effect: auth: none looks at no token") }
    }

    fileprivate func jsonText(expected: String) -> String? {
        self.parsed(expected: expected) { (text) throws(ScalarProblem) in
            if let objection = JSONTextRule.objection(to: text) { throw objection }
            return text
        }
    }

    /// Whether it is `http`; nil when it is not `off` either.
    fileprivate func renewalWord(_ hint: String) -> Bool? {
        self.parsed(expected: "off, http or a mapping") { (text) throws(ScalarProblem) in
            switch text {
            case "off": return false
            case "http": return true
            case "in_band":
                let example = "write {in_band: {match: {type: token.renew}, token: token}}"
                throw ScalarProblem("does not say which message brings the token", hint: example)
            default: throw ScalarProblem("is not known here", hint: hint)
            }
        }
    }

    /// `off`, `60s` or `{before: 60s, message: …}`.
    fileprivate func expiryNotice() -> ExpiryNoticeSettings?? {
        let range: ClosedRange<Duration> = .seconds(1)...(.seconds(3600))
        return self.orOff { field in
            guard case .mapping = field.node.content else {
                return field.duration(in: range).map { ExpiryNoticeSettings(before: $0) }
            }
            var notice: ExpiryNoticeSettings?
            field.readBlock { block in
                let before = block.require("before", hint: "write before: 60s")?.duration(in: range)
                var reading = ExpiryNoticeSettings(before: before ?? .zero)
                block.read("message", into: &reading.message) { $0.noticeMessage() }
                if before != nil { notice = reading }
            }
            return notice
        }
    }

    private func noticeMessage() -> [ExpiryNoticePiece]? {
        guard self.isScalar else {
            self.reportMismatch(expected: "a message's text", hint: "write JSON in single quotes: '{\"type\":\"…\"}'")
            return nil
        }
        return self.parsed(expected: "a message's text") { (text) throws(ScalarProblem) in
            try ExpiryNoticeText.parse(text)
        }
    }
}
