import GatewayMessage
import GatewaySettings
import GatewayTokens

/// Which claims become which header lines.
///
/// Values are percent-encoded: every byte of the UTF-8 text outside `!`–`~`, and `%` itself, becomes `%XX`. So a name such
/// as `Ana Müller` arrives as `Ana%20M%C3%BCller`, on every server, and no claim can end a header line. Strings and
/// integers only, or any claim as JSON; a claim that is missing, empty, of another kind or too long leaves its header out.
///
/// A class, for requests look at it and must not copy what it has.
final class IdentityPlan: Sendable {
    private struct Line: Sendable {
        /// `X-User-Id: `
        var prefix: [UInt8]
        var source: Source
    }

    private enum Source: Sendable {
        case claim(String, IdentityFormat)
        /// As it stands.
        case constant([UInt8])
    }

    /// Servers behind drop or stall on headers beyond 8 KiB.
    static let longestValue = 4096

    private let lines: [Line]
    /// Headers made of what routes capture.
    private let captures: [(prefix: [UInt8], name: String)]
    private let keepsClaims: Bool
    private let tokenLinePrefix: [UInt8]
    /// Of `SIMPLE_JWT`: a header that names it says who the user is, whatever another issuer calls that claim.
    private let userIDClaim: String
    private let blocks: [TokenRules]

    /// Where the value of a header comes from, for explanations.
    func source(of name: String) -> HeaderReport.Source {
        let prefix = Array("\(name): ".utf8)
        if self.captures.contains(where: { $0.prefix == prefix }) { return .capture }
        guard let line = self.lines.first(where: { $0.prefix == prefix }) else { return .gateway }
        switch line.source {
        case .claim: return .claim
        case .constant: return .gateway
        }
    }

    init(
        _ headers: [IdentityHeaderSettings],
        header: AuthorizationHeader,
        userIDClaim: String,
        blocks: [TokenRules],
        keepsClaims: Bool
    ) {
        var lines: [Line] = []
        var captures: [(prefix: [UInt8], name: String)] = []
        for entry in headers {
            let prefix = Array("\(entry.header.value): ".utf8)
            switch entry.source.value {
            case .claim(let name, let format): lines.append(Line(prefix: prefix, source: .claim(name, format)))
            case .constant(let text): lines.append(Line(prefix: prefix, source: .constant(Array(text.utf8))))
            case .capture(let name): captures.append((prefix, name))
            }
        }
        self.lines = lines
        self.captures = captures
        self.keepsClaims = keepsClaims
        self.tokenLinePrefix = header.linePrefix
        self.userIDClaim = userIDClaim
        self.blocks = blocks
    }

    func render(_ verified: VerifiedToken, token: RawSpan) -> VerifiedIdentity {
        var identityLines: [UInt8] = []
        for line in self.lines {
            guard let value = self.value(of: line.source, in: verified) else { continue }
            identityLines += line.prefix
            identityLines += value
            identityLines += Self.lineEnd
        }
        var tokenLine = self.tokenLinePrefix
        token.withUnsafeBytes { tokenLine.append(contentsOf: $0) }
        tokenLine += Self.lineEnd
        return VerifiedIdentity(
            userID: verified.userID,
            expiresAt: verified.expiresAt,
            leeway: self.blocks.indices.contains(verified.block) ? self.blocks[verified.block].leeway : 0,
            validFrom: verified.validFrom,
            jti: verified.jti,
            issuer: verified.issuer,
            issuedAt: verified.issuedAt,
            claims: self.keepsClaims ? verified.claims : nil,
            block: verified.block,
            keyFingerprint: verified.keyFingerprint,
            identityLines: identityLines,
            tokenLine: tokenLine
        )
    }

    private static let lineEnd: [UInt8] = [0x0D, 0x0A]

    private func value(of source: Source, in verified: VerifiedToken) -> [UInt8]? {
        switch source {
        case .constant(let text): text
        case .claim(let name, .text): self.text(of: name, in: verified).flatMap { Self.encode($0.utf8) }
        case .claim(let name, .json):
            verified.claims.json(at: name, limit: Self.longestValue).flatMap { Self.encode($0) }
        }
    }

    /// The lines of one request, made of what its route captured; most often none.
    func lines(of captures: RouteCaptures) -> [UInt8] {
        guard !captures.isEmpty else { return [] }
        var lines: [UInt8] = []
        for capture in self.captures {
            guard let value = captures.text(of: capture.name).flatMap({ Self.encode($0.utf8) }) else { continue }
            lines += capture.prefix + value + Self.lineEnd
        }
        return lines
    }

    private func text(of claim: String, in verified: VerifiedToken) -> String? {
        if claim == self.userIDClaim { return verified.userID }
        if self.blocks.indices.contains(verified.block), claim == self.blocks[verified.block].userIDClaim {
            return verified.userID
        }
        switch verified.claims.value(at: claim) {
        case .string(let text): return text
        case .integer(let text): return text
        case .number, .bool, .null, .array, .object, nil: return nil
        }
    }

    /// Nil for text that had better not be there at all: nothing, too much, or with a NUL, which some layer behind would
    /// take for the end.
    static func encode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        let hex = Array("0123456789ABCDEF".utf8)
        var value: [UInt8] = []
        for byte in text {
            switch byte {
            case 0: return nil
            case 0x21...0x7E where byte != .percent: value.append(byte)
            default: value += [.percent, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
            if value.count > Self.longestValue { return nil }
        }
        return value.isEmpty ? nil : value
    }
}
