import Testing

@testable import GatewayTokens

struct KeySetTests {
    private static func key(
        _ secret: String,
        _ keyID: String? = nil,
        _ algorithm: SigningAlgorithm = .hs256
    ) -> VerificationKey {
        do { return try .secret(Array(secret.utf8), algorithm: algorithm, keyID: keyID) } catch {
            fatalError("\(error)")
        }
    }

    private static let good = TestKeys.secret

    private func outcome(
        _ set: KeySet,
        keyID: String? = nil,
        algorithm: SigningAlgorithm = .hs256,
        allowed: [SigningAlgorithm] = [.hs256],
        requiresKeyID: Bool = false,
        now: WallClock = testNow
    ) -> Outcome {
        let kid = keyID.map { #","kid":"\#($0)""# } ?? ""
        let header = Base64URL.encode(Array(#"{"alg":"\#(algorithm.rawValue)"\#(kid)}"#.utf8))
        let token = Forge.sign(header + "." + Base64URL.encode(Array(Forge.payload().utf8)), algorithm: algorithm)
        var rules = TokenRules.test(keys: [])
        rules.algorithms = allowed
        rules.keySet = set
        rules.requiresKeyID = requiresKeyID
        return judge(token, rules, now: now)
    }

    // MARK: Which keys are tried

    private func candidates(
        _ set: KeySet,
        _ keyID: String?,
        needsName: Bool = false,
        now: WallClock = testNow
    ) -> [String] {
        var candidates = KeyCandidates(
            set, algorithm: .hs256, keyID: keyID.map { Array($0.utf8) }, needsName: needsName, now: now)
        var secrets: [String] = []
        while let entry = candidates.next() {
            if case .secret(let secret) = entry.key.material { secrets.append(String(decoding: secret, as: UTF8.self)) }
        }
        return secrets
    }

    @Test(
        arguments: [
            (nil, false, ["1", "2a", "3", "4b", "6a", "p"]), ("a", false, ["2a", "6a", "1", "3", "p"]),
            ("b", false, ["4b", "1", "3", "p"]), ("c", false, ["1", "3", "p"]), ("", false, ["1", "3", "p"]),
            ("a", true, ["2a", "6a"]), ("c", true, []),
        ] as [(String?, Bool, [String])]
    )
    func keys_areTried_namedOnesFirst(_ keyID: String?, _ needsName: Bool, _ expected: [String]) {
        let keys = [
            Self.key("1"), Self.key("2a", "a"), Self.key("3"), Self.key("4b", "b"), Self.key("5a", "a", .hs512),
            Self.key("6a", "a"),
        ]
        let set = KeySet(keys, previous: [PreviousKey(Self.key("p"), notAfter: nil)])
        #expect(self.candidates(set, keyID, needsName: needsName) == expected)
    }

    @Test func eightKeys_areTriedAtMost() {
        let unnamed = (1...20).map { Self.key("\($0)") }
        #expect(self.candidates(KeySet(unnamed), nil) == (1...8).map(String.init))
        let mixed = KeySet((1...5).map { Self.key("a\($0)", "a") } + unnamed)
        #expect(self.candidates(mixed, "a") == ["a1", "a2", "a3", "a4", "a5", "1", "2", "3"])
        #expect(self.outcome(KeySet(Array(unnamed.prefix(7)) + [Self.key(Self.good)])) == Verdict.good)
        #expect(self.outcome(KeySet(Array(unnamed.prefix(8)) + [Self.key(Self.good)])) == .rejected(.badSignature))
    }

    @Test(
        arguments: [
            (99, 0, true), (99, 999_999_999, true), (100, 0, true), (100, 1, false), (101, 0, false),
            (.max, 0, false), (.min, 0, true),
        ] as [(Int64, Int32, Bool)]
    )
    func previousKey_isTried_untilItsLastMoment(_ seconds: Int64, _ nanoseconds: Int32, _ isTried: Bool) {
        let set = KeySet([Self.key("new")], previous: [PreviousKey(Self.key("old"), notAfter: 100)])
        let tried = self.candidates(set, nil, now: WallClock(seconds: seconds, nanoseconds: nanoseconds))
        #expect(tried == (isTried ? ["new", "old"] : ["new"]))
    }

    @Test func previousKey_bearsItsTokens_untilItsLastMoment() throws {
        let last = testNow.seconds + 10
        let set = KeySet([Self.key("another secret")], previous: [PreviousKey(Self.key(Self.good), notAfter: last)])
        #expect(self.outcome(set) == Verdict.good)
        #expect(self.outcome(set, now: WallClock(seconds: last)) == Verdict.good)
        #expect(self.outcome(set, now: WallClock(seconds: last, nanoseconds: 1)) == .rejected(.badSignature))
        // What caches the token must not outlive the key, leeway or not.
        for (leeway, end) in [(0, last), (30, last - 30), (.max, last - .max)] as [(Int64, Int64)] {
            var rules = try TokenRules.hs256 { $0.leeway = leeway }
            rules.keySet = set
            #expect(try verified(Forge.token(), rules).expiresAt == end)
        }
        var rules = try TokenRules.hs256()
        rules.keySet = KeySet([], previous: [PreviousKey(Self.key(Self.good), notAfter: .max)])
        #expect(try verified(Forge.token(), rules).expiresAt == 1_800_000_000)
        rules.keySet = KeySet([], previous: [PreviousKey(Self.key(Self.good), notAfter: nil)])
        #expect(try verified(Forge.token(), rules).expiresAt == 1_800_000_000)
    }

    // MARK: Why none accepts

    @Test(
        arguments: [
            // No key at all.
            ([], nil, false, .badSignature), ([], "a", false, .unknownKey),
            // Keys without names: the token's is not looked at.
            ([key("x")], "a", false, .badSignature), ([key(good)], "a", false, nil), ([key(good)], nil, false, nil),
            // Named keys.
            ([key(good, "a")], "a", false, nil), ([key(good, "a")], "b", false, .unknownKey),
            ([key(good, "a")], "A", false, .unknownKey), ([key(good, "a")], "a ", false, .unknownKey),
            ([key(good, "a")], nil, false, nil), ([key("x", "a")], "a", false, .badSignature),
            ([key(good, "b"), key("x", "a")], "a", false, .badSignature),
            ([key("x", "b"), key(good)], "a", false, nil), ([key("x", "b"), key("y")], "a", false, .unknownKey),
            // The key of that name is for another algorithm.
            ([key(good, "a", .hs512)], "a", false, .wrongAlgorithm),
            ([key(good, "a", .hs512), key(good, "a")], "a", false, nil),
            // The name is wanted.
            ([key(good)], nil, true, .noKeyID), ([key(good)], "a", true, .unknownKey),
            ([key(good, "a")], "a", true, nil), ([key(good, "a")], "b", true, .unknownKey),
            ([], "a", true, .unknownKey), ([key(good, "")], "", true, .noKeyID), ([key(good, "")], "", false, nil),
            // Equal as bytes, not as Unicode compares.
            ([key(good, "e\u{301}")], "\u{E9}", false, .unknownKey), ([key(good, "\u{E9}")], "\u{E9}", false, nil),
        ] as [([VerificationKey], String?, Bool, TokenRejection.Reason?)]
    )
    func token_isJudged_byTheKeyItNames(
        _ keys: [VerificationKey],
        _ keyID: String?,
        _ requiresKeyID: Bool,
        _ reason: TokenRejection.Reason?
    ) {
        let outcome = self.outcome(KeySet(keys), keyID: keyID, requiresKeyID: requiresKeyID)
        #expect(outcome == (reason.map { .rejected($0) } ?? Verdict.good))
    }

    @Test func retiredKey_isNoUnknownKey() {
        let set = KeySet([], previous: [PreviousKey(Self.key(Self.good, "a"), notAfter: 1)])
        #expect(self.outcome(set, keyID: "a") == .rejected(.badSignature))
        #expect(self.outcome(set, keyID: "b") == .rejected(.unknownKey))
    }

    // MARK: Several algorithms

    @Test func algorithm_mustBeAllowed_andTheKeysOwn() throws {
        let both = KeySet([Self.key(Self.good, nil, .hs512), Self.key("another secret")])
        #expect(self.outcome(both, algorithm: .hs512, allowed: [.hs256, .hs512]) == Verdict.good)
        #expect(self.outcome(both, algorithm: .hs256, allowed: [.hs256, .hs512]) == .rejected(.badSignature))
        #expect(self.outcome(both, algorithm: .hs512, allowed: [.hs256]) == .rejected(.wrongAlgorithm))
        #expect(self.outcome(both, algorithm: .hs384, allowed: [.hs256, .hs384, .hs512]) == .rejected(.badSignature))
        #expect(self.outcome(both, algorithm: .hs512, allowed: []) == .rejected(.wrongAlgorithm))
    }

    /// With an RSA key and a secret side by side, the public key's text is still no secret.
    @Test(arguments: [
        TestTokens.hs256WithPublicKey, TestTokens.hs256WithPublicKeyLine, TestTokens.hs256WithPublicKeyDER,
    ])
    func publicKey_isNoSecret_whenBothFamiliesAreAllowed(_ token: String) throws {
        var rules = TokenRules.test(keys: [])
        rules.algorithms = SigningAlgorithm.allCases
        rules.keySet = KeySet(
            try LoadedKeys.configured(Array(TestKeys.rsa.utf8), algorithms: rules.algorithms).keys
                + [Self.key("another secret")])
        #expect(judge(token, rules) == .rejected(.badSignature))
        for (algorithm, token) in [(SigningAlgorithm.rs256, TestTokens.rs256), (.ps512, TestTokens.ps512)] {
            #expect(judge(token, rules) == Verdict.good)
            rules.algorithms = [algorithm == .rs256 ? .ps512 : .rs256]
            #expect(judge(token, rules) == .rejected(.wrongAlgorithm))
            rules.algorithms = SigningAlgorithm.allCases
        }
    }

    @Test func everyForeignToken_findsItsKeyInOneSetOfAll() throws {
        let fixtures = ForeignFixtures.all
        for set in fixtures.sets {
            var rules = TokenRules.test(keys: [])
            rules.algorithms = SigningAlgorithm.allCases
            rules.keySet = KeySet(
                try LoadedKeys.published(Array(set.document.utf8), algorithms: rules.algorithms).keys, generation: 7)
            #expect(rules.keySet.generation == 7 && !rules.keySet.isEmpty)
            for token in fixtures.tokens where token.maker == set.maker && token.keyID != nil {
                let entry = set.keys.first { $0.name == token.key }
                let isBound = entry?.algorithm == nil || entry?.algorithm == token.algorithm
                #expect(judge(token.token, rules) == (isBound ? Verdict.good : .rejected(.wrongAlgorithm)), "\(token)")
            }
        }
    }

    // MARK: The verifier's memory

    @Test func header_isJudgedAnew_whenRulesChange() throws {
        var verifier = TokenVerifier()
        let token = Array(Forge.token(header: #"{"alg":"HS256","kid":"a"}"#).utf8)
        let rules = try TokenRules.hs256()
        #expect(verifier.judge(token, rules) == Verdict.good)
        #expect(verifier.judge(token, rules) == Verdict.good)
        var others = rules
        others.algorithms = [.hs512]
        #expect(verifier.judge(token, others) == .rejected(.wrongAlgorithm))
        others = rules
        others.keySet = KeySet([Self.key(Self.good, "b")])
        #expect(verifier.judge(token, others) == .rejected(.unknownKey))
    }

    @Test func headersAndKeys_areRememberedInAnyNumber() throws {
        var verifier = TokenVerifier()
        for round in 0..<3 {
            for index in 0..<300 {
                let header = #"{"alg":"HS256","kid":"\#(index)"}"#
                var rules = try TokenRules.hs256()
                rules.keySet = KeySet([Self.key(Self.good, "\(index)")])
                #expect(verifier.judge(Array(Forge.token(header: header).utf8), rules) == Verdict.good, "\(round)")
            }
        }
        let long = Forge.token(header: #"{"alg":"HS256","x":"\#(String(repeating: "x", count: 2000))"}"#)
        for _ in 0..<2 { #expect(verifier.judge(Array(long.utf8), try .hs256()) == Verdict.good) }
    }

    @Test func key_showsNothing_whenPrinted() {
        let key = Self.key("a secret that must not be seen")
        var text = "\(key) \(String(reflecting: key)) \(KeySet([key])) "
        dump(KeySet([key]), to: &text)
        #expect(!text.contains("must not") && text.contains("HS256"))
    }
}
