import GatewaySettings
import GatewayTokens

/// What the gateway says about a verified user in a token of its own:
///
///     {"iss": "tollgate", "aud": "chat", "sub": "7", "iat": 1700000000, "exp": 1700000030,
///      "identity": {"X-User-Id": "7"}}
///
/// * `sub` is a user of `SIMPLE_JWT`'s own, unless there is `sub_iss`: the `iss` of the other issuer whose user it is.
/// * `identity` repeats the identity headers as they are sent, so that nothing among them has to be believed without the
///   signature. What does not fit is left out, and then nobody vouches for it.
/// * `exp` never lies behind the moment at which the gateway itself stops accepting the user's token.
/// * Method and path are not in it and there is no `jti`: one assertion goes along with all that a user asks for in some
///   seconds, so that most requests cost no signature. Whoever steals one from a backend can be that user there until `exp`,
///   and nowhere else; an assertion for each request would only take the second request of the thief away.
/// * Anonymous requests carry none. A backend takes what comes without one for anonymous, wherever it comes from.
final class AssertionPlan: Sendable {
    /// The header's `typ` (RFC 8725 section 3.11).
    static let type = "tollgate-assertion+jwt"
    /// Servers behind drop or stall on header lines beyond 8 KiB; so much becomes less than that with any signature.
    static let longestPayload = 4096

    let key: SigningKey
    /// `X-Tollgate-Assertion: `
    let linePrefix: [UInt8]
    /// In seconds.
    let lifetime: Int64
    /// What payloads for one audience begin with: `{"iss":"tollgate","aud":"chat","sub":`
    private let openings: [[UInt8]]
    /// For each upstream its place in `openings`.
    private let audiences: [Int]

    init(_ settings: AssertionSettings, key: SigningKey, upstreams: [String]) {
        self.key = key
        self.linePrefix = Array("\(settings.header.value): ".utf8)
        self.lifetime = max(1, settings.lifetime.components.seconds)
        let names = settings.audience.map { [$0] } ?? upstreams
        self.openings = names.map { Self.opening(settings.issuer, audience: $0) }
        self.audiences = settings.audience == nil ? Array(names.indices) : upstreams.map { _ in 0 }
    }

    private static func opening(_ issuer: String, audience: String) -> [UInt8] {
        var text = Array("{\"iss\":".utf8)
        JSONQuotation.append(issuer.utf8, to: &text)
        text += ",\"aud\":".utf8
        JSONQuotation.append(audience.utf8, to: &text)
        return text + ",\"sub\":".utf8
    }

    /// Upstreams with the same number are told the same.
    func audience(of upstream: Int) -> Int { self.audiences[upstream] }

    func expiry(of identity: VerifiedIdentity, from now: Int64) -> Int64 {
        min(now.addingClamped(self.lifetime), identity.expiresAt.addingClamped(identity.leeway))
    }

    /// `captureLines` are the identity headers that the request's path gave.
    func payload(
        _ identity: VerifiedIdentity,
        _ captureLines: [UInt8],
        audience: Int,
        issuedAt: Int64,
        expiresAt: Int64
    ) -> [UInt8] {
        var payload = self.openings[audience]
        JSONQuotation.append(identity.userID.utf8, to: &payload)
        if identity.block != 0, let issuer = identity.issuer {
            payload += ",\"sub_iss\":".utf8
            JSONQuotation.append(issuer.utf8, to: &payload)
        }
        payload += ",\"iat\":\(issuedAt),\"exp\":\(expiresAt),\"identity\":{".utf8
        let start = payload.count
        for line in [identity.identityLines, captureLines] { Self.appendMembers(line, to: &payload, since: start) }
        return payload + "}}".utf8
    }

    /// `lines` are whole header lines of our own: no name holds a colon, no value a line break.
    private static func appendMembers(_ lines: [UInt8], to payload: inout [UInt8], since start: Int) {
        for line in lines.split(separator: 0x0A) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            var member = payload.count == start ? [] : [UInt8(ascii: ",")]
            JSONQuotation.append(line[..<colon], to: &member)
            member.append(UInt8(ascii: ":"))
            JSONQuotation.append(line[colon...].dropFirst(2).dropLast(), to: &member)
            if payload.count + member.count + 2 <= Self.longestPayload { payload += member }
        }
    }
}
