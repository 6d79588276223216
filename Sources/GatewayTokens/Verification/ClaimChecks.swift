/// The checks of a payload whose signature is valid, in the order of PyJWT and then simplejwt: the first that fails
/// decides the answer.
struct ClaimChecks {
    let document: JSONDocument
    let rules: TokenRules
    let now: Int64

    /// With several issuers a payload is parsed before its signature is known to be valid.
    private static let limits = JSONLimits(
        length: CompactToken.maximumLength, depth: 32, values: 2048, numberLength: 128, members: 256)

    static func parse(_ payload: consuming [UInt8]) throws(TokenRejection) -> JSONDocument {
        let document: JSONDocument
        do { document = try JSONDocument(parsing: payload, limits: Self.limits) } catch {
            throw TokenRejection(.badPayload)
        }
        guard document.kind(document.root) == .object else { throw TokenRejection(.badPayload) }
        return document
    }

    /// `document` is an object.
    init(_ document: JSONDocument, rules: TokenRules, now: WallClock) {
        self.document = document
        self.rules = rules
        // All times are whole seconds, so the clock's fraction never decides.
        self.now = now.seconds
    }

    /// `keyNotAfter`: the last second of the key that accepted the signature.
    func run(keyNotAfter: Int64?) throws(TokenRejection) -> VerifiedToken {
        let issuedAt = try self.pastTime("iat", otherwise: .issuedInFuture)
        let notBefore = try self.pastTime("nbf", otherwise: .notYetValid)
        let expiry = try self.expiry()
        try self.checkIssuer()
        try self.checkAudience()
        try self.checkText("sub", otherwise: .badSubject)
        try self.checkText("jti", otherwise: .badID)
        guard let expiry else { throw TokenRejection(.noExpiry) }
        let id = try self.tokenID()
        try self.checkType()
        let user = try self.userID()
        let end = try self.checkSpans(issuedAt, expiry)
        return VerifiedToken(
            expiresAt: min(end, self.withoutLeeway(keyNotAfter)),
            validFrom: max(issuedAt ?? .min, notBefore ?? .min),
            issuedAt: issuedAt,
            userID: user,
            jti: id,
            issuer: self.claim("iss").flatMap(self.text),
            claims: Claims(self.document, root: self.document.root),
            keyGeneration: self.rules.keySet.generation
        )
    }

    func claim(_ name: String) -> Int? { self.document.member(name, of: self.document.root) }

    func text(_ node: Int) -> String? {
        self.document.kind(node) == .string ? self.document.text(of: node) : nil
    }

    // MARK: Times

    func time(_ name: String) throws(TokenRejection) -> Int64? {
        guard let node = self.claim(name) else { return nil }
        guard let seconds = NumericDate.seconds(self.document, node) else { throw TokenRejection(.badTime) }
        return seconds
    }

    func pastTime(
        _ name: String,
        otherwise reason: TokenRejection.Reason
    ) throws(TokenRejection) -> Int64? {
        guard let time = try self.time(name) else { return nil }
        guard time <= self.now.addingClamped(self.rules.leeway) else { throw TokenRejection(reason) }
        return time
    }

    /// The `exp` whose leeway ends with the last second of a key.
    private func withoutLeeway(_ keyNotAfter: Int64?) -> Int64 {
        guard let keyNotAfter else { return .max }
        return keyNotAfter.subtractingClamped(self.rules.leeway)
    }

    func expiry() throws(TokenRejection) -> Int64? {
        guard let time = try self.time("exp") else { return nil }
        guard time < NumericDate.end else { throw TokenRejection(.badTime) }
        guard time.addingClamped(self.rules.leeway) > self.now else { throw TokenRejection(.expired) }
        return time
    }

    /// What simplejwt does not look at, so it comes last: how long a token lives, and how long ago it was made. The
    /// moment at which it ends.
    func checkSpans(_ issuedAt: Int64?, _ expiry: Int64) throws(TokenRejection) -> Int64 {
        guard self.rules.maximumLifetime != nil || self.rules.maximumAge != nil else { return expiry }
        guard let issuedAt else { throw TokenRejection(.noIssuedAt) }
        if let lifetime = self.rules.maximumLifetime {
            guard expiry.subtractingClamped(issuedAt) <= lifetime else { throw TokenRejection(.lifetimeTooLong) }
        }
        guard let age = self.rules.maximumAge else { return expiry }
        let end = issuedAt.addingClamped(age)
        guard end.addingClamped(self.rules.leeway) > self.now else { throw TokenRejection(.tooOld) }
        return min(expiry, end)
    }

    // MARK: Who and for whom

    func checkIssuer() throws(TokenRejection) {
        guard let allowed = self.rules.issuer else { return }
        guard let node = self.claim("iss"), allowed.contains(where: { self.document.isString(node, $0) }) else {
            throw TokenRejection(.issuer)
        }
    }

    func checkAudience() throws(TokenRejection) {
        guard let allowed = self.rules.audience else { return }
        guard let node = self.claim("aud"), self.isFor(allowed, node) else { throw TokenRejection(.audience) }
    }

    /// A string, or an array of nothing but strings, that has one of `allowed`.
    private func isFor(_ allowed: [String], _ node: Int) -> Bool {
        guard self.document.kind(node) == .array else {
            return allowed.contains { self.document.isString(node, $0) }
        }
        var isFound = false
        var item = self.document.first(in: node)
        while item < self.document.end(of: node) {
            guard self.document.kind(item) == .string else { return false }
            isFound = isFound || allowed.contains { self.document.isString(item, $0) }
            item = self.document.after(item)
        }
        return isFound
    }

    func checkText(_ name: String, otherwise reason: TokenRejection.Reason) throws(TokenRejection) {
        guard let node = self.claim(name) else { return }
        guard self.document.kind(node) == .string else { throw TokenRejection(reason) }
    }

    // MARK: simplejwt

    /// A renamed id may be a number in the backend; anything else could never be revoked.
    func tokenID() throws(TokenRejection) -> String? {
        guard let name = self.rules.jtiClaim else { return self.claim("jti").flatMap(self.text) }
        guard let node = self.claim(name) else { throw TokenRejection(.noID) }
        switch self.document.kind(node) {
        case .string where self.rules.refusesEmptyID && self.document.utf8(of: node).isEmpty:
            throw TokenRejection(.badID)
        case .string: return self.document.text(of: node)
        case .integer: return self.document.integerText(of: node)
        case .number, .true, .false, .null, .array, .object: throw TokenRejection(.badID)
        }
    }

    func checkType() throws(TokenRejection) {
        let classes = self.rules.tokenClasses
        guard let name = self.rules.typeClaim else {
            guard !classes.isEmpty else { throw TokenRejection(.wrongType) }
            return
        }
        if classes.contains(where: { $0.type == nil }) { return }
        guard let node = self.claim(name) else { throw TokenRejection(.noType) }
        let isAccepted = classes.contains { $0.type.map { self.document.isString(node, $0) } ?? false }
        guard isAccepted else { throw TokenRejection(.wrongType) }
    }

    func userID() throws(TokenRejection) -> String {
        guard let node = self.claim(self.rules.userIDClaim) else { throw TokenRejection(.noUserID) }
        guard let user = UserID.canonical(self.document, node) else { throw TokenRejection(.badUserID) }
        return user
    }
}

extension Int64 {
    /// The sum, or the nearest value there is.
    package func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = self.addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }

    /// The difference, or the nearest value there is.
    func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = self.subtractingReportingOverflow(other)
        guard overflow else { return difference }
        return other < 0 ? .max : .min
    }
}
