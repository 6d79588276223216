import Testing

@testable import GatewayTokens

struct TokenSignerTests {
    private let secret = Array(TestKeys.secret.utf8)

    @Test(
        arguments: [(.hs256, TestTokens.hs256), (.hs384, TestTokens.hs384), (.hs512, TestTokens.hs512)]
            as [(SigningAlgorithm, String)]
    )
    func token_equalsPyJWTs_whenItsClaimsDo(_ algorithm: SigningAlgorithm, _ expected: String) throws {
        let claims = TokenSigner.accessTokenClaims(
            user: "7",
            lifetime: 100_000_000,
            now: WallClock(seconds: 1_700_000_000),
            jti: "0123456789abcdef0123456789abcdef"
        )
        #expect(try TokenSigner.sign(claims: claims, algorithm: algorithm, secret: self.secret) == expected)
    }

    @Test func claims_areWrittenAsPythonWritesThem() throws {
        let text =
            #"{"s":"q\" b\\ / \b\f\n\r\t \u0000\u007f\u00e9\u20ac\ud83d\ude00","i":-5,"b":true,"n":null,"#
            + #""l":["a","\u00e9"],"j":{"x":1.5}}"#
        let json = JSONWriter.object([
            ("s", .string("q\" b\\ / \u{8}\u{C}\n\r\t \0\u{7F}\u{E9}\u{20AC}\u{1F600}")), ("i", .integer(-5)),
            ("b", .bool(true)), ("n", .null), ("l", .strings(["a", "\u{E9}"])), ("j", .json(#"{"x":1.5}"#)),
        ])
        #expect(String(decoding: json, as: UTF8.self) == text)
    }

    @Test func others_areAddedOrReplaceAClaimInItsPlace() throws {
        let claims = TokenSigner.accessTokenClaims(
            user: "7",
            lifetime: 60,
            now: testNow,
            others: [("email", .string("a@b")), ("token_type", .string("refresh"))]
        )
        #expect(claims.map(\.0) == ["token_type", "exp", "iat", "jti", "user_id", "email"])
        #expect(claims.first?.1 == .string("refresh"))
    }

    @Test func freshToken_isAccepted_andEachHasItsOwnID() throws {
        var ids: Set<String> = []
        for _ in 0..<20 {
            let claims = TokenSigner.accessTokenClaims(user: "42", lifetime: 300, now: testNow)
            let text = try TokenSigner.sign(claims: claims, algorithm: .hs256, secret: self.secret)
            let token = try verified(text, .hs256())
            #expect(token.userID == "42" && token.expiresAt == testNow.seconds + 300)
            let id = try #require(token.jti)
            #expect(id.utf8.count == 32 && id.allSatisfy(\.isHexDigit))
            ids.insert(id)
        }
        #expect(ids.count == 20)
    }

    @Test func signing_fails_withoutASecretAlgorithmOrSecret() {
        func problem(
            _ algorithm: SigningAlgorithm,
            _ secret: [UInt8],
            _ claims: [(String, SignedClaim)] = []
        ) -> SigningProblem? {
            do throws(SigningProblem) {
                _ = try TokenSigner.sign(claims: claims, algorithm: algorithm, secret: secret)
                return nil
            } catch {
                return error
            }
        }
        #expect(problem(.rs256, self.secret) == .cannotSign(.rs256))
        #expect(problem(.hs256, []) == .key(.emptySecret))
        #expect(problem(.hs256, Array(TestKeys.rsa.utf8)) == .key(.secretIsKey(.pem)))
        #expect(problem(.hs256, self.secret, [("a", .null), ("a", .null)]) == .duplicateClaim)
    }
}
