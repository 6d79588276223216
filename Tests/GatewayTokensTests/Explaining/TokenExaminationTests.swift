import Testing

@testable import GatewayTokens

@Suite struct TokenExaminationTests {
    private static func examine(_ token: String, _ rules: TokenRules) throws -> [CheckReport] {
        TokenExamination(Array(token.utf8), authority: try TokenAuthority([rules]), now: testNow).checks
    }

    private static func words(_ token: String, _ rules: TokenRules) throws -> [String] {
        try Self.examine(token, rules).map { "\($0.name) \($0.outcome)" }
    }

    @Test func checks_areToldInTheirOrder_whenAllPass() throws {
        let rules = try TokenRules.hs256 {
            $0.audience = ["chat"]
            $0.issuer = ["me"]
            $0.headerTypes = HeaderTypes(["JWT"])
            $0.maximumLifetime = 200_000_000
            $0.maximumAge = 100_000_000
        }
        let payload = Forge.payload(["aud": #""chat""#, "iss": #""me""#, "nbf": "5", "sub": #""x""#])
        #expect(
            try Self.words(Forge.token(payload: payload), rules) == [
                "structure passed", "header passed", "algorithm passed", "typ passed", "key passed",
                "signature passed", "payload passed", "iat passed", "nbf passed", "exp passed", "iss passed",
                "aud passed", "sub passed", "jti passed", "token_type passed", "user_id passed",
                "max_lifetime passed", "max_age passed",
            ])
    }

    @Test func laterChecks_areStillMade_whenOneFails() throws {
        let rules = try TokenRules.hs256 { $0.audience = ["chat"] }
        let payload = Forge.payload(["exp": "1700000000", "token_type": #""refresh""#, "user_id": nil])
        let failed = try Self.words(Forge.token(payload: payload) + "A", rules).filter { $0.hasSuffix("failed") }
        #expect(failed == ["signature failed", "exp failed", "aud failed", "token_type failed", "user_id failed"])
    }

    /// The order of the checks is the verifier's, whatever is wrong together.
    @Test func firstFailure_isTheVerifiersReason_whenSeveralThingsAreWrong() throws {
        let values: KeyValuePairs<String, [String?]> = [
            "exp": ["1800000000", "1", nil, "true", "1e400"], "iat": ["1700000000", "1800000000", nil, "null"],
            "nbf": [nil, "1800000000", #""x""#], "aud": [#""chat""#, nil], "iss": [#""me""#, "5"],
            "sub": [nil, "1"], "jti": [#""a""#, "5", nil], "token_type": [#""access""#, #""refresh""#, nil],
            "user_id": ["7", "true", nil],
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            var claims: [String] = []
            for (name, choices) in values {
                guard
                    let value = Int.random(in: 0..<3, using: &generator) > 0
                        ? choices[0] : choices.randomElement() ?? nil
                else { continue }
                claims.append(#""\#(name)":\#(value)"#)
            }
            let token = Forge.token(payload: "{" + claims.joined(separator: ",") + "}")
            let rules = try TokenRules.hs256 { rules in
                if Bool.random(using: &generator) { rules.audience = ["chat"] }
                if Bool.random(using: &generator) { rules.issuer = ["me"] }
                if Bool.random(using: &generator) { rules.maximumLifetime = .random(in: 0..<200_000_000) }
                if Bool.random(using: &generator) { rules.maximumAge = .random(in: 0..<100_000_000) }
                if Bool.random(using: &generator) { rules.jtiClaim = [nil, "id", "sub"].randomElement() ?? nil }
                if Bool.random(using: &generator) { rules.typeClaim = nil }
            }
            // Compares the two.
            _ = judge(token, rules)
        }
    }

    @Test func key_isNotThere_whenTheTokenNamesAnother() throws {
        let key = try VerificationKey.secret(Array(TestKeys.secret.utf8), algorithm: .hs256)
        let rules = TokenRules.test(keys: [key.named("a")])
        let token = Forge.token(header: #"{"alg":"HS256","kid":"b"}"#)
        let reports = try Self.examine(token, rules)
        #expect(reports.first { $0.name == "key" }?.outcome == .failed)
        #expect(reports.first { $0.name == "signature" }?.outcome == .skipped)
        #expect(judge(token, rules) == .rejected(.unknownKey))
    }

    @Test func keys_areSaidToBeMissing_whenTheyAreStillToBeFetched() throws {
        var rules = try TokenRules.hs256()
        rules.keySet = .unavailable
        #expect(try Self.words(Forge.token(), rules).contains("key failed"))
        #expect(judge(Forge.token(), rules) == .rejected(.keysUnavailable))
    }

    /// Nothing that is shown could be used to get in.
    @Test func reports_holdNoPartOfTheTokenAndNoKey() throws {
        let token = Forge.token(payload: Forge.payload(["hash_password": #""s3cr3t-of-the-user""#]))
        let text = try Self.examine(token, .hs256()).map(\.detail).joined()
        for part in token.segments + [TestKeys.secret, "s3cr3t"] { #expect(!text.contains(part)) }
    }

    @Test(
        arguments: [
            (1_750_000_060, "2025-06-15T15:07:40Z, in 1m"), (1_750_000_000, "2025-06-15T15:06:40Z, now"),
            (1_749_990_000, "2025-06-15T12:20:00Z, 2h46m ago"), (0, "1970-01-01T00:00:00Z, 20254d15h ago"),
            (253_402_300_800, "253402300800, in 2912642d8h"),
            (.min, "-9223372036854775808, 106751991167300d15h ago"),
        ] as [(Int64, String)])
    func moment_isToldWithItsDistance(_ seconds: Int64, _ expected: String) {
        #expect(MomentText.text(seconds, now: testNow) == expected)
    }
}
