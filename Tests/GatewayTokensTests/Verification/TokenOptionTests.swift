import Testing

@testable import GatewayTokens

/// What can be asked of tokens beyond what simplejwt asks.
struct TokenOptionTests {
    private func outcome(
        _ claims: KeyValuePairs<String, String?>,
        now: WallClock = testNow,
        _ change: (inout TokenRules) -> Void
    ) throws -> Outcome {
        judge(Forge.token(payload: Forge.payload(claims)), try .hs256(change), now: now)
    }

    @Test(
        arguments: [
            ("1749999900", "1750000200", 300, Verdict.good),
            ("1749999900", "1750000201", 300, .rejected(.lifetimeTooLong)),
            ("1749999900.9", "1750000200.9", 300, Verdict.good), ("1", "1750000100", 300, .rejected(.lifetimeTooLong)),
            (nil, "1750000001", 300, .rejected(.noIssuedAt)),
            ("-9223372036854775808", "1800000000", .max, Verdict.good),
            ("-9223372036854775808", "1800000000", .max - 1, .rejected(.lifetimeTooLong)),
            ("1749999900", "1750000200", 0, .rejected(.lifetimeTooLong)),
            // What simplejwt finds comes first.
            ("1749999900", "1750000000", 1, .rejected(.expired)),
            ("1750000001", "1750009999", 1, .rejected(.issuedInFuture)),
        ] as [(String?, String, Int64, Outcome)]
    )
    func lifetime_isBounded(_ issuedAt: String?, _ expiry: String, _ most: Int64, _ expected: Outcome) throws {
        #expect(try self.outcome(["iat": issuedAt, "exp": expiry]) { $0.maximumLifetime = most } == expected)
        // The leeway is for clocks, not for spans.
        if expected == .rejected(.lifetimeTooLong) {
            let outcome = try self.outcome(["iat": issuedAt, "exp": expiry]) {
                $0.maximumLifetime = most
                $0.leeway = 100
            }
            #expect(outcome == expected)
        }
    }

    @Test(
        arguments: [
            ("1749999701", 300, 0, Verdict.good), ("1749999700", 300, 0, .rejected(.tooOld)),
            ("1749999700", 300, 1, Verdict.good), ("1749999690", 300, 10, .rejected(.tooOld)),
            ("1749999691", 300, 10, Verdict.good), (nil, 300, 0, .rejected(.noIssuedAt)),
            ("-9223372036854775808", .max, .max, Verdict.good), ("0", 300, 0, .rejected(.tooOld)),
            ("1750000000", 0, 0, .rejected(.tooOld)), ("1750000000", .max, 0, Verdict.good),
        ] as [(String?, Int64, Int64, Outcome)]
    )
    func age_isBounded(_ issuedAt: String?, _ most: Int64, _ leeway: Int64, _ expected: Outcome) throws {
        let outcome = try self.outcome(["iat": issuedAt]) {
            $0.maximumAge = most
            $0.leeway = leeway
        }
        #expect(outcome == expected)
    }

    /// An empty id is one to simplejwt; where tokens can be revoked it would be one that no list can name.
    @Test func emptyID_isNone_whereTokensCanBeRevoked() throws {
        for (id, isRefused) in [(#""""#, true), (#"" ""#, false), (#""\u0000""#, false)] {
            #expect(try self.outcome(["jti": id]) { _ in } == Verdict.good)
            let outcome = try self.outcome(["jti": id]) { $0.refusesEmptyID = true }
            #expect(outcome == (isRefused ? .rejected(.badID) : Verdict.good))
        }
        let outcome = try self.outcome(["jti": #""""#, "id": "1"]) {
            $0.refusesEmptyID = true
            $0.jtiClaim = "id"
        }
        #expect(outcome == Verdict.good)
    }

    /// Caches and open sockets look at `expiresAt` alone.
    @Test func end_isTheEarliestOfAll() throws {
        func end(_ age: Int64?, _ notAfter: Int64? = nil) throws -> Int64 {
            var rules = try TokenRules.hs256 {
                $0.maximumAge = age
                $0.leeway = 5
            }
            let key = try VerificationKey.secret(Array(TestKeys.secret.utf8), algorithm: .hs256)
            if let notAfter { rules.keySet = KeySet([], previous: [PreviousKey(key, notAfter: notAfter)]) }
            return try verified(Forge.token(payload: Forge.payload(["iat": "1749999990"])), rules).expiresAt
        }
        #expect(try end(nil) == 1_800_000_000)
        #expect(try end(100) == 1_750_000_090)
        #expect(try end(.max) == 1_800_000_000)
        #expect(try end(100, 1_750_000_050) == 1_750_000_045)
        #expect(try end(10, 1_750_000_050) == 1_750_000_000)
    }

    /// The token is accepted up to the second that `expiresAt` and the leeway give, and not later.
    @Test func end_isWhenTheTokenIsRefused() throws {
        let token = Forge.token(payload: Forge.payload(["iat": "1750000000", "exp": "1750000500"]))
        let key = try VerificationKey.secret(Array(TestKeys.secret.utf8), algorithm: .hs256)
        for (age, notAfter) in [(nil, nil), (200, nil), (nil, 1_750_000_300), (300, 1_750_000_200)]
            as [(Int64?, Int64?)]
        {
            for leeway in [0, 7] as [Int64] {
                var rules = try TokenRules.hs256 {
                    $0.maximumAge = age
                    $0.leeway = leeway
                }
                rules.keySet = KeySet([], previous: [PreviousKey(key, notAfter: notAfter)])
                let end = try verified(token, rules).expiresAt + leeway
                #expect(judge(token, rules, now: WallClock(seconds: end - 1, nanoseconds: 999_999_999)) == Verdict.good)
                let after = judge(token, rules, now: WallClock(seconds: end, nanoseconds: 1))
                #expect(after != Verdict.good, "\(String(describing: age)) \(String(describing: notAfter)) \(leeway)")
            }
        }
    }

    @Test(
        arguments: [
            ("at+jwt", ["at+jwt"], true), ("AT+JWT", ["at+jwt"], true), ("at+jwt", ["AT+Jwt"], true),
            ("application/at+jwt", ["at+jwt"], true), ("at+jwt", ["application/at+jwt"], true),
            ("APPLICATION/at+JWT", ["At+jwt"], true), ("JWT", ["at+jwt", "JWT"], true), ("JWT", ["at+jwt"], false),
            ("at+jw", ["at+jwt"], false), ("at+jwtt", ["at+jwt"], false), ("text/at+jwt", ["at+jwt"], false),
            ("at+jwt", ["text/at+jwt"], false), ("application/a/b", ["a/b"], false),
            ("a/b", ["application/a/b"], false),
            ("a/b", ["A/B"], true), ("", ["at+jwt"], false), ("", [""], false), (nil, ["at+jwt"], false),
            ("at+jwt", [], false), ("JWT\u{212A}", ["JWTk"], false), ("x", ["at+jwt", "y", "x"], true),
        ] as [(String?, [String], Bool)]
    )
    func headerType_isComparedAsAMediaType(_ type: String?, _ wanted: [String], _ isAccepted: Bool) throws {
        let header = #"{"alg":"HS256"\#(type.map { #","typ":"\#($0)""# } ?? "")}"#
        let rules = try TokenRules.hs256 { $0.headerTypes = HeaderTypes(wanted) }
        let outcome = judge(Forge.token(header: header), rules)
        #expect(outcome == (isAccepted ? Verdict.good : .rejected(.wrongHeaderType)))
    }

    @Test func headerType_isJudgedBeforeTheSignature_andAnewForOtherRules() throws {
        let rules = try TokenRules.hs256 { $0.headerTypes = HeaderTypes(["at+jwt"]) }
        #expect(judge(Forge.token(), rules) == .rejected(.wrongHeaderType))
        var verifier = TokenVerifier()
        let token = Array(Forge.token().utf8)
        #expect(verifier.judge(token, try .hs256()) == Verdict.good)
        #expect(verifier.judge(token, rules) == .rejected(.wrongHeaderType))
        // RFC 9068's tokens, as joserfc makes them.
        for fixture in ForeignFixtures.all.tokens where fixture.maker == "joserfc" {
            var rules = TokenRules.test(fixture.algorithm, keys: try fixture.keys())
            rules.headerTypes = HeaderTypes(["at+jwt"])
            #expect(judge(fixture.token, rules) == Verdict.good)
        }
    }
}
