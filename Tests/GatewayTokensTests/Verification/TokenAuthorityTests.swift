import Testing

@testable import GatewayTokens

struct TokenAuthorityTests {
    private static let other = "another secret of sufficient length for HS256"
    private static let third = "yet another secret of sufficient length"

    private static func rules(_ issuer: [String]?, secret: String = TestKeys.secret) throws -> TokenRules {
        var rules = try TokenRules.test(keys: [.secret(Array(secret.utf8), algorithm: .hs256)])
        rules.issuer = issuer
        return rules
    }

    /// Blocks for `a` and `a2`, for `b` with another secret, and one without issuers with a third.
    private static func authority() throws -> TokenAuthority {
        try TokenAuthority([
            self.rules(["a", "a2"]), self.rules(["b"], secret: self.other), self.rules(nil, secret: self.third),
        ])
    }

    private func token(_ issuer: String?, secret: String = TestKeys.secret) -> String {
        let payload = Forge.payload(["iss": issuer])
        let signed = Base64URL.encode(Array(Forge.header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        return Forge.sign(signed, secret: secret)
    }

    private func judge(_ token: String, _ authority: TokenAuthority) -> (Outcome, block: Int?) {
        let outcome = self.verify(token, authority)
        expectAgreement(token, authority, outcome.0)
        return outcome
    }

    private func verify(_ token: String, _ authority: TokenAuthority) -> (Outcome, block: Int?) {
        var verifier = TokenVerifier()
        do throws(TokenRejection) {
            let verified = try verifier.verify(Array(token.utf8).span.bytes, authority: authority, now: testNow)
            #expect(verified.block == verifier.lastBlock)
            return (.accepted(user: verified.userID), verifier.lastBlock)
        } catch {
            return (.rejected(error.reason), verifier.lastBlock)
        }
    }

    @Test(
        arguments: [
            (#""a""#, TestKeys.secret, Verdict.good, 0), (#""a2""#, TestKeys.secret, Verdict.good, 0),
            (#""\u0061""#, TestKeys.secret, Verdict.good, 0), (#""b""#, other, Verdict.good, 1),
            (nil, third, Verdict.good, 2),
            // Nobody speaks for another issuer, in neither direction.
            (#""a""#, other, .rejected(.badSignature), 0), (#""a""#, third, .rejected(.badSignature), 0),
            (#""b""#, TestKeys.secret, .rejected(.badSignature), 1), (#""b""#, third, .rejected(.badSignature), 1),
            (nil, TestKeys.secret, .rejected(.badSignature), 2), (nil, other, .rejected(.badSignature), 2),
            // An issuer that nobody answers for is not the block without issuers.
            (#""c""#, third, .rejected(.issuer), nil), (#""""#, third, .rejected(.issuer), nil),
            (#""A""#, TestKeys.secret, .rejected(.issuer), nil), (#""a/""#, TestKeys.secret, .rejected(.issuer), nil),
            (#""a ""#, TestKeys.secret, .rejected(.issuer), nil), (#"["a"]"#, TestKeys.secret, .rejected(.issuer), nil),
            ("null", third, .rejected(.issuer), nil), ("1", third, .rejected(.issuer), nil),
            (#"{"a":1}"#, TestKeys.secret, .rejected(.issuer), nil),
        ] as [(String?, String, Outcome, Int?)]
    )
    func issuer_choosesTheBlock_andTheBlockDecidesAlone(
        _ issuer: String?,
        _ secret: String,
        _ outcome: Outcome,
        _ block: Int?
    ) throws {
        let judged = try self.judge(self.token(issuer, secret: secret), Self.authority())
        #expect(judged.0 == outcome && judged.block == block)
    }

    @Test func namesakes_inUnicode_areNotTheSameIssuer() throws {
        let authority = try TokenAuthority([Self.rules(["\u{E9}"]), Self.rules(["e\u{301}"], secret: Self.other)])
        #expect(self.judge(self.token("\"\u{E9}\""), authority).block == 0)
        #expect(self.judge(self.token("\"e\u{301}\"", secret: Self.other), authority).block == 1)
    }

    @Test func tokenWithoutIssuer_belongsToNobody_whenEveryBlockHasIssuers() throws {
        let authority = try TokenAuthority([Self.rules(["a"]), Self.rules(["b"], secret: Self.other)])
        #expect(self.judge(self.token(nil), authority).0 == .rejected(.issuer))
        #expect(self.judge(self.token(nil, secret: Self.other), authority).0 == .rejected(.issuer))
    }

    @Test func oneBlock_looksAtTheIssuerLast() throws {
        let any = try TokenAuthority([Self.rules(nil)])
        for issuer in [nil, #""a""#, "5"] { #expect(self.judge(self.token(issuer), any).0 == Verdict.good) }
        let one = try TokenAuthority([Self.rules(["a"])])
        #expect(self.judge(self.token(#""b""#), one) == (.rejected(.issuer), 0))
        #expect(self.judge(self.token(#""b""#, secret: Self.other), one) == (.rejected(.badSignature), 0))
    }

    @Test func payload_mustBeReadable_beforeABlockIsChosen() throws {
        let broken = Forge.token(payload: #"{"iss":"a","iss":"b"}"#)
        #expect(try self.judge(broken, Self.authority()) == (.rejected(.badPayload), nil))
        #expect(try self.judge(Forge.token(payload: "[]"), Self.authority()) == (.rejected(.badPayload), nil))
        #expect(try self.judge("a.b", Self.authority()) == (.rejected(.malformed), nil))
    }

    @Test func blocks_keepTheirOwnAlgorithmsAndRules() throws {
        var second = try TokenRules.publicKey(.rs256, TestKeys.rsa)
        second.issuer = ["b"]
        second.audience = ["chat"]
        let authority = try TokenAuthority([Self.rules(["a"]), second])
        #expect(self.judge(self.token(#""b""#), authority) == (.rejected(.wrongAlgorithm), 1))
        // simplejwt's own tokens for an audience and an issuer.
        for fixture in ForeignFixtures.all.tokens where fixture.maker == "simplejwt" {
            let loaded = try fixture.keys()
            var rules = TokenRules.test(fixture.algorithm, keys: loaded)
            rules.audience = ["chat"]
            rules.issuer = ["https://issuer.example"]
            let authority = try TokenAuthority([Self.rules(["a"]), rules])
            #expect(self.judge(fixture.token, authority) == (Verdict.good, 1), "\(fixture)")
        }
    }

    @Test func keys_canBeReplaced_andAreAwaited() throws {
        var authority = try Self.authority()
        authority.replaceKeys(of: 1, with: .unavailable)
        let token = self.token(#""b""#, secret: Self.other)
        #expect(self.judge(token, authority) == (.rejected(.keysUnavailable), 1))
        #expect(self.judge(self.token(#""a""#), authority).0 == Verdict.good)
        let keys = try [VerificationKey.secret(Array(Self.other.utf8), algorithm: .hs256)]
        authority.replaceKeys(of: 1, with: KeySet(keys, generation: 3))
        var verifier = TokenVerifier()
        let verified = try verifier.verify(Array(token.utf8).span.bytes, authority: authority, now: testNow)
        #expect(verified.keyGeneration == 3)
    }

    @Test func blocks_mustBeTellableApart() throws {
        func problem(_ issuers: [[String]?]) throws -> TokenAuthorityProblem? {
            let blocks = try issuers.map { try Self.rules($0) }
            do throws(TokenAuthorityProblem) {
                _ = try TokenAuthority(blocks)
                return nil
            } catch {
                #expect(!error.message.isEmpty)
                return error
            }
        }
        #expect(try problem([]) == .noBlocks)
        #expect(try problem([["a"], nil, ["b"], nil]) == .severalWithoutIssuer(1, 3))
        #expect(try problem([["a"], ["b", "a"]]) == .issuerTwice("a", 0, 1))
        #expect(try problem([["a", "a"], ["b"], nil]) == nil)
        #expect(try problem([nil]) == nil)
    }
}
