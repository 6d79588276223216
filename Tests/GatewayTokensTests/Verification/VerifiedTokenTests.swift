import Testing

@testable import GatewayTokens

struct VerifiedTokenTests {
    private func token(_ changes: KeyValuePairs<String, String?>) throws -> VerifiedToken {
        try verified(Forge.token(payload: Forge.payload(changes)), .hs256())
    }

    @Test func token_carriesWhatItsClaimsSay() throws {
        let token = try self.token(["iss": #""me""#, "nbf": "1700000005.7", "exp": "1800000000.9"])
        #expect(token.expiresAt == 1_800_000_000)
        #expect(token.validFrom == 1_700_000_005)
        #expect(token.issuedAt == 1_700_000_000)
        #expect(token.userID == "7")
        #expect(token.jti == "0123456789abcdef0123456789abcdef")
        #expect(token.issuer == "me")
        #expect(token.claims.value(at: "token_type")?.exportableText == "access")
    }

    @Test func validFrom_isTheLaterTime_orTheBeginning() throws {
        #expect(try self.token(["nbf": "1600000000"]).validFrom == 1_700_000_000)
        #expect(try self.token(["iat": nil]).validFrom == .min)
        #expect(try self.token(["iat": nil]).issuedAt == nil)
    }

    @Test func issuer_isNothing_whenItIsNotText() throws { #expect(try self.token(["iss": "5"]).issuer == nil) }
}
