/// Every check of `run` by itself, in its order. What `run` throws is the reason of the first that fails here.
extension ClaimChecks {
    func examine(into reports: inout CheckReports) {
        self.examineTimes(into: &reports)
        self.examineParties(into: &reports)
        self.examineSubject(into: &reports)
        // Its absence is looked at here, its time above.
        if self.claim("exp") == nil { reports.add("exp", failed: .noExpiry) }
        self.examineID(into: &reports)
        self.examineType(into: &reports)
        self.examineUser(into: &reports)
        self.examineSpans(into: &reports)
    }

    // MARK: Times

    private func examineTimes(into reports: inout CheckReports) {
        for (name, reason) in [("iat", TokenRejection.Reason.issuedInFuture), ("nbf", .notYetValid)] {
            guard self.claim(name) != nil else {
                reports.skip(name, "not there, and need not be")
                continue
            }
            reports.add(name, self.timeDetail(name)) { () throws(TokenRejection) in
                _ = try self.pastTime(name, otherwise: reason)
            }
        }
        guard self.claim("exp") != nil else { return }
        reports.add("exp", self.timeDetail("exp")) { () throws(TokenRejection) in _ = try self.expiry() }
    }

    private func timeDetail(_ name: String) -> String {
        guard let node = self.claim(name), let seconds = NumericDate.seconds(self.document, node) else { return "" }
        let text = MomentText.text(seconds, now: WallClock(seconds: self.now))
        return self.rules.leeway > 0 ? "\(text), leeway \(MomentText.span(self.rules.leeway))" : text
    }

    private func examineSpans(into reports: inout CheckReports) {
        guard let lifetime = self.rules.maximumLifetime else { return self.examineAge(into: &reports) }
        var rules = self.rules
        rules.maximumAge = nil
        reports.add("max_lifetime", "at most \(MomentText.span(lifetime)) from iat to exp") {
            () throws(TokenRejection) in try self.checkSpans(by: rules)
        }
        self.examineAge(into: &reports)
    }

    private func examineAge(into reports: inout CheckReports) {
        guard let age = self.rules.maximumAge else { return }
        var rules = self.rules
        rules.maximumLifetime = nil
        reports.add("max_age", "at most \(MomentText.span(age)) after iat") {
            () throws(TokenRejection) in try self.checkSpans(by: rules)
        }
    }

    /// What is no time has failed before.
    private func checkSpans(by rules: TokenRules) throws(TokenRejection) {
        let checks = ClaimChecks(self.document, rules: rules, now: WallClock(seconds: self.now))
        let issuedAt = self.claim("iat").flatMap { NumericDate.seconds(self.document, $0) }
        let expiry = self.claim("exp").flatMap { NumericDate.seconds(self.document, $0) }
        _ = try checks.checkSpans(issuedAt, expiry ?? .max)
    }

    // MARK: Who and for whom

    private func examineParties(into reports: inout CheckReports) {
        if let allowed = self.rules.issuer {
            reports.add("iss", self.comparison("iss", allowed)) { () throws(TokenRejection) in try self.checkIssuer() }
        } else {
            reports.skip("iss", "not looked at: no ISSUER is set")
        }
        if let allowed = self.rules.audience {
            reports.add("aud", self.comparison("aud", allowed)) { () throws(TokenRejection) in try self.checkAudience()
            }
        } else {
            reports.skip("aud", "not looked at: no AUDIENCE is set")
        }
    }

    private func comparison(_ name: String, _ allowed: [String]) -> String {
        let wanted = allowed.map(\.quotedForReport).joined(separator: " or ")
        return "\(self.shown(name)), wanted \(wanted)"
    }

    private func shown(_ name: String) -> String { self.claim(name).map(self.document.reported) ?? "not there" }

    // MARK: simplejwt

    /// Both are only looked at where they are; an id is asked for by `examineID`.
    private func examineSubject(into reports: inout CheckReports) {
        if self.claim("sub") != nil {
            reports.add("sub", self.shown("sub")) { () throws(TokenRejection) in
                try self.checkText("sub", otherwise: .badSubject)
            }
        }
        guard let node = self.claim("jti"), self.document.kind(node) != .string else { return }
        reports.add("jti", failed: .badID)
    }

    private func examineID(into reports: inout CheckReports) {
        guard let name = self.rules.jtiClaim else {
            reports.skip("jti", "need not be there: JTI_CLAIM is null")
            return
        }
        if name == "jti", self.claim("jti").map({ self.document.kind($0) != .string }) ?? false { return }
        reports.add("jti", "claim \(name): \(self.shown(name))") { () throws(TokenRejection) in _ = try self.tokenID() }
    }

    private func examineType(into reports: inout CheckReports) {
        guard let name = self.rules.typeClaim, !self.rules.tokenClasses.contains(where: { $0.type == nil }) else {
            guard !self.rules.tokenClasses.isEmpty else {
                reports.add("token_type", failed: .wrongType)
                return
            }
            reports.skip("token_type", "every type is accepted")
            return
        }
        let wanted = self.rules.tokenClasses.map(\.typeName.quotedForReport).joined(separator: " or ")
        reports.add("token_type", "claim \(name): \(self.shown(name)), wanted \(wanted)") {
            () throws(TokenRejection) in try self.checkType()
        }
    }

    private func examineUser(into reports: inout CheckReports) {
        let name = self.rules.userIDClaim
        reports.add("user_id", "claim \(name): \(self.shown(name))") { () throws(TokenRejection) in
            _ = try self.userID()
        }
    }
}

/// Reports in the making.
struct CheckReports {
    private(set) var all: [CheckReport] = []
    /// Of the first that failed.
    private(set) var failure: TokenRejection.Reason?

    mutating func pass(_ name: String, _ detail: String) { self.all.append(CheckReport(name, .passed, detail)) }

    mutating func skip(_ name: String, _ detail: String) { self.all.append(CheckReport(name, .skipped, detail)) }

    mutating func add(_ name: String, failed reason: TokenRejection.Reason, _ detail: String = "") {
        self.failure = self.failure ?? reason
        self.all.append(CheckReport(name, .failed, detail.isEmpty ? "\(reason.detail)" : "\(reason.detail): \(detail)"))
    }

    mutating func add(_ name: String, _ detail: String, _ check: () throws(TokenRejection) -> Void) {
        do throws(TokenRejection) {
            try check()
            self.pass(name, detail)
        } catch {
            self.add(name, failed: error.reason, detail)
        }
    }
}
