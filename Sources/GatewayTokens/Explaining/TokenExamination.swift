/// A token's checks one by one, for whoever wants to know why it is accepted or not: the same pieces that `TokenVerifier` is
/// made of, in its order, without its memory and without its haste.
///
/// Checks go on behind the first that fails as far as they can, for an operator wants to hear everything at once; the first
/// one decides. Claims of a token that no key has signed are shown as they are: it is whoever asks who has brought it.
package struct TokenExamination: Sendable {
    package private(set) var checks: [CheckReport]
    /// The block of rules it was judged by; nil when none is responsible.
    package private(set) var block: Int?
    /// Nil for a token that is refused.
    package private(set) var verified: VerifiedToken?
    /// Of the first check that failed; nil for a token that is accepted.
    package private(set) var failure: TokenRejection.Reason?

    package init(_ token: [UInt8], authority: TokenAuthority, now: WallClock) {
        var examiner = TokenExaminer(token, now)
        examiner.examine(by: authority)
        self.block = examiner.block
        var reports = examiner.reports
        do throws(TokenRejection) {
            var verifier = TokenVerifier()
            self.verified = try verifier.verify(token.span.bytes, authority: authority, now: now)
        } catch {
            // Whatever was found above, the verifier has the last word.
            if reports.failure == nil { reports.add("verdict", failed: error.reason) }
        }
        self.checks = reports.all
        self.failure = reports.failure
    }
}

/// Goes through one token.
private struct TokenExaminer {
    private let token: [UInt8]
    private let now: WallClock
    var reports = CheckReports()
    var block: Int?

    init(_ token: [UInt8], _ now: WallClock) {
        self.token = token
        self.now = now
    }

    private struct Parts {
        let segments: CompactToken
        let header: JOSEHeader
        let payload: [UInt8]
        let signature: [UInt8]
    }

    mutating func examine(by authority: TokenAuthority) {
        guard let parts = self.takeApart() else { return }
        guard authority.blocks.count > 1 else {
            self.block = 0
            self.examineSignature(parts, authority.blocks[0])
            guard let document = self.parsePayload(parts.payload) else { return }
            self.examineClaims(document, authority.blocks[0])
            return
        }
        guard let document = self.parsePayload(parts.payload) else { return }
        guard let block = authority.block(for: document) else {
            self.reports.add("issuer", failed: .issuer, "nobody of this name is configured")
            return
        }
        self.block = block
        self.reports.pass("issuer", "iss chooses whose rules and keys count")
        self.examineSignature(parts, authority.blocks[block])
        self.examineClaims(document, authority.blocks[block])
    }

    private mutating func examineClaims(_ document: JSONDocument, _ rules: TokenRules) {
        ClaimChecks(document, rules: rules, now: self.now).examine(into: &self.reports)
    }

    // MARK: Form

    private mutating func takeApart() -> Parts? {
        let size = "\(self.token.count) bytes"
        do throws(TokenRejection) {
            let segments = try CompactToken(self.token.span.bytes)
            let header = try self.decode(segments.header)
            let payload = try self.decode(segments.payload)
            let signature = try self.decode(segments.signature)
            self.reports.pass("structure", "three segments of base64url, \(size)")
            let parsed = try JOSEHeader(header)
            self.reports.pass("header", parsed.keyID == nil ? "without kid" : "with kid")
            return Parts(segments: segments, header: parsed, payload: payload, signature: signature)
        } catch {
            self.reports.add(error.reason == .badHeader ? "header" : "structure", failed: error.reason, size)
            return nil
        }
    }

    private func decode(_ segment: Range<Int>) throws(TokenRejection) -> [UInt8] {
        guard let bytes = Base64URL.decode(self.token.span.bytes, segment) else { throw TokenRejection(.malformed) }
        return bytes
    }

    private mutating func parsePayload(_ payload: [UInt8]) -> JSONDocument? {
        do throws(TokenRejection) {
            let document = try ClaimChecks.parse(payload)
            self.reports.pass("payload", "a JSON object")
            return document
        } catch {
            self.reports.add("payload", failed: error.reason)
            return nil
        }
    }

    // MARK: Signature

    private mutating func examineSignature(_ parts: Parts, _ rules: TokenRules) {
        let algorithm = self.examineAlgorithm(parts.header, rules)
        self.examineHeaderType(parts.header, rules)
        guard let algorithm else {
            self.reports.skip("key", "none is looked for")
            self.reports.skip("signature", "not looked at")
            return
        }
        let entries = self.candidates(parts.header, algorithm, rules)
        guard !entries.isEmpty else {
            self.reports.skip("signature", "there is no key to check it with")
            return
        }
        for entry in entries where self.accepts(entry.key, parts) {
            let name = entry.key.keyID.map { "the key \($0.quotedForReport)" } ?? "a key without a name"
            let isPrevious = entry.notAfter == nil ? "" : ", one of previous_keys"
            self.reports.pass("signature", "\(algorithm.rawValue) by \(name)\(isPrevious)")
            return
        }
        let reason = rules.keySet.reason(
            of: algorithm, keyID: parts.header.keyID, needsName: rules.requiresKeyID)
        self.reports.add("signature", failed: reason, "\(entries.count) tried")
    }

    /// Nil when the token's own is not among those of the rules.
    private mutating func examineAlgorithm(_ header: JOSEHeader, _ rules: TokenRules) -> SigningAlgorithm? {
        let wanted = rules.algorithms.map(\.rawValue).joined(separator: " or ")
        guard let algorithm = header.algorithm else {
            self.reports.add("algorithm", failed: .wrongAlgorithm, "none that is known here, wanted \(wanted)")
            return nil
        }
        guard rules.algorithms.contains(algorithm) else {
            self.reports.add("algorithm", failed: .wrongAlgorithm, "\(algorithm.rawValue), wanted \(wanted)")
            return nil
        }
        self.reports.pass("algorithm", algorithm.rawValue)
        return algorithm
    }

    private mutating func examineHeaderType(_ header: JOSEHeader, _ rules: TokenRules) {
        guard let types = rules.headerTypes else {
            self.reports.skip("typ", "not looked at: no tokens.typ is set")
            return
        }
        let shown = header.type.map { String(decoding: $0, as: UTF8.self).quotedForReport } ?? "not there"
        if types.accepts(header.type) {
            self.reports.pass("typ", shown)
        } else {
            self.reports.add("typ", failed: .wrongHeaderType, shown)
        }
    }

    /// The keys that the token is checked with.
    private mutating func candidates(
        _ header: JOSEHeader,
        _ algorithm: SigningAlgorithm,
        _ rules: TokenRules
    ) -> [KeySet.Entry] {
        let shown = header.keyID.map { "kid \(String(decoding: $0, as: UTF8.self).quotedForReport)" } ?? "no kid"
        guard rules.keySet.isLoaded else {
            self.reports.add("key", failed: .keysUnavailable)
            return []
        }
        if rules.requiresKeyID, header.keyID?.isEmpty ?? true {
            self.reports.add("key", failed: .noKeyID)
            return []
        }
        var candidates = KeyCandidates(
            rules.keySet, algorithm: algorithm, keyID: header.keyID, needsName: rules.requiresKeyID, now: self.now)
        var entries: [KeySet.Entry] = []
        while let entry = candidates.next() { entries.append(entry) }
        let over = rules.keySet.entries.count { $0.key.algorithm == algorithm && !$0.isAlive(at: self.now) }
        let past = over > 0 ? "; \(over) of previous_keys no longer counts" : ""
        guard !entries.isEmpty else {
            let reason = rules.keySet.reason(of: algorithm, keyID: header.keyID, needsName: rules.requiresKeyID)
            self.reports.add("key", failed: reason, "\(shown)\(past)")
            return []
        }
        self.reports.pass("key", "\(shown): \(entries.count == 1 ? "1 key" : "\(entries.count) keys") to try\(past)")
        return entries
    }

    private func accepts(_ key: VerificationKey, _ parts: Parts) -> Bool {
        guard let check = SignatureCheck(key) else { return false }
        return self.token.withUnsafeBytes { token in
            check.accepts(parts.signature, of: UnsafeRawBufferPointer(rebasing: token[parts.segments.signed]))
        }
    }
}
