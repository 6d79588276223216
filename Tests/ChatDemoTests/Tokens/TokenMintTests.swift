import Testing

@testable import ChatDemo

@Suite struct TokenMintTests {
    private let mint = TokenMint(key: Array("a secret of the tests".utf8), accessLifetime: 60, refreshLifetime: 600)
    private let users = DemoDirectory.standard

    private func pair(now: Int64 = 1000) throws -> TokenMint.Pair {
        try mint.pair(for: try #require(users.user(id: "1")), now: now)
    }

    @Test func digest_isTheOneOfRFC4231_forItsSecondCase() {
        let digest = Digest.hmacSHA256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        let hex = digest?.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("\u{3FF}~?", "z79-Pw"),
    ])
    func base64URL_goesBothWays_withoutPadding(text: String, encoded: String) {
        #expect(Base64.urlEncoded(Array(text.utf8)) == encoded)
        #expect(Base64.urlDecoded(encoded[...]) == Array(text.utf8))
    }

    @Test(arguments: ["A", "Zg==", "Zh", "Z g", "Zm9+"])
    func base64URL_isNil_whenNotCanonical(text: String) {
        #expect(Base64.urlDecoded(text[...]) == nil)
    }

    @Test func accessToken_hasTheClaimsOfSimplejwt_andAUserName() throws {
        let parts = try pair().access.split(separator: ".")
        #expect(parts.count == 3)
        #expect(Base64.urlDecoded(parts[0]) == Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
        let claims = try #require(Base64.urlDecoded(parts[1]).flatMap { JSONReader.read($0) })
        guard case .object(let members) = claims else { return #expect(Bool(false), "not an object") }
        #expect(members.map(\.name) == ["token_type", "exp", "iat", "jti", "user_id", "username"])
        #expect(claims["token_type"] == "access")
        #expect(claims["exp"] == .int(1060))
        #expect(claims["user_id"] == "1")
        #expect(claims["jti"]?.string?.count == 32)
    }

    @Test func refresh_givesAccess_untilTheLastSecond() throws {
        let refresh = try pair().refresh
        #expect(try mint.access(refresh: refresh, users: users, now: 1599).split(separator: ".").count == 3)
        #expect(throws: TokenMint.Problem.expired) { try mint.access(refresh: refresh, users: users, now: 1600) }
    }

    @Test func refresh_isRefused_whenTheTokenIsAnAccessToken() throws {
        let access = try pair().access
        #expect(throws: TokenMint.Problem.wrongType) { try mint.access(refresh: access, users: users, now: 1001) }
    }

    @Test func refresh_isRefused_whenAnotherKeySigned() throws {
        let other = TokenMint(key: Array("another".utf8), accessLifetime: 60, refreshLifetime: 600)
        let token = try other.pair(for: users.users[0], now: 1000).refresh
        #expect(throws: TokenMint.Problem.invalid) { try mint.access(refresh: token, users: users, now: 1001) }
    }

    @Test func refresh_isRefused_whenTheUserIsUnknown() throws {
        let stranger = DemoDirectory.User(id: "9", name: "eve", password: "")
        let token = try mint.pair(for: stranger, now: 1000).refresh
        #expect(throws: TokenMint.Problem.unknownUser) { try mint.access(refresh: token, users: users, now: 1001) }
    }

    @Test func refresh_isRefused_whenAnyByteChanges() throws {
        let refresh = Array(try pair().refresh.utf8)
        for index in refresh.indices {
            var changed = refresh
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let token = String(decoding: changed, as: UTF8.self)
            #expect(throws: TokenMint.Problem.invalid) { try mint.access(refresh: token, users: users, now: 1001) }
        }
    }
}
