import GatewayMessage

/// What decides whether a handshake's `Origin` is acceptable on a route.
struct OriginRules: Sendable, Equatable {
    let rules: [OriginRule]
    let allowsMissing: Bool

    init(rules: [OriginRule], allowMissing: Bool) {
        self.rules = rules
        self.allowsMissing = allowMissing || rules.contains(.anything)
    }

    /// The one `Origin` of a request, when these rules name it and it is well-formed: who may read the gateway's own answers.
    func readable(_ head: borrowing RequestHead, bytes: RawSpan) -> ByteRange? {
        var value: ByteRange?
        for field in head.fields where field.known == .origin {
            guard value == nil else { return nil }
            value = field.value
        }
        guard let value, let origin = Origin(value, in: bytes) else { return nil }
        for rule in self.rules where rule == .anything || rule.matches(origin, in: bytes) { return value }
        return nil
    }

    /// More than one `Origin` is refused whatever the rules: Channels reads the last, others the first.
    func allow(_ head: borrowing RequestHead, bytes: RawSpan) -> Bool {
        var value: ByteRange?
        for field in head.fields where field.known == .origin {
            guard value == nil else { return false }
            value = field.value
        }
        return self.allow(value, bytes: bytes)
    }

    /// Nil: there is no `Origin`.
    func allow(_ value: ByteRange?, bytes: RawSpan) -> Bool {
        guard let value else { return self.allowsMissing }
        if self.rules.contains(.anything) { return true }
        if bytes.equals(value, "null") { return self.rules.contains(.null) }
        guard let origin = Origin(value, in: bytes) else { return false }
        for rule in self.rules where rule.matches(origin, in: bytes) { return true }
        return false
    }
}
