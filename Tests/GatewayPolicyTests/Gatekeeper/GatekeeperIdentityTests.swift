import GatewayMessage
import GatewayPolicy
import GatewayTokens
import Testing

@Suite struct GatekeeperIdentityTests {
    private static let route = "  - {path: '', upstream: chat, auth: required, tokens: {forward: strip}}"

    private static func lines(_ others: [(String, SignedClaim)], identity: String) throws -> String {
        let gateway = try TestGateway(routes: self.route, identity: identity)
        var request = TestRequest("/", ["Authorization: Bearer \(try TestGateway.token(others: others))"])
        return String(decoding: gateway.judge(&request).admission?.injected ?? [], as: UTF8.self)
    }

    @Test(
        arguments: [
            (.string("ana"), "X-C: ana\r\n"), (.integer(42), "X-C: 42\r\n"), (.integer(-1), "X-C: -1\r\n"),
            (.string("Ana M\u{FC}ller"), "X-C: Ana%20M%C3%BCller\r\n"),
            (.string("a\r\nX-Admin: 1"), "X-C: a%0D%0AX-Admin:%201\r\n"),
            (.string(""), ""), (.bool(true), ""), (.null, ""), (.strings(["a"]), ""), (.json("1.5"), ""),
            (.json("{}"), ""),
            (.json(#""a\u0000b""#), ""),
            (.json("123456789012345678901234567890"), "X-C: 123456789012345678901234567890\r\n"),
        ] as [(SignedClaim, String)]
    )
    func claim_becomesAHeader_whenItIsTextOrAnInteger(claim: SignedClaim, expected: String) throws {
        #expect(try Self.lines([("c", claim)], identity: "{X-C: c}") == expected)
    }

    @Test func claim_isLeftOut_whenItIsMissing() throws {
        #expect(try Self.lines([], identity: "{X-C: c, X-User-Id: user_id}") == "X-User-Id: 7\r\n")
    }

    @Test func claim_isReached_throughObjects() throws {
        let org = SignedClaim.json(#"{"id": 5, "name": {"short": "acme"}}"#)
        let lines = try Self.lines([("org", org)], identity: "{X-Org: org.id, X-Short: org.name.short, X-No: org.none}")
        #expect(lines == "X-Org: 5\r\nX-Short: acme\r\n")
    }

    @Test func userID_isTheCanonicalText_whateverItsJSONType() throws {
        #expect(try Self.lines([("user_id", .integer(12))], identity: "{X-User-Id: user_id}") == "X-User-Id: 12\r\n")
    }

    @Test func knownToken_isServedFromTheCache_andStillExpires() throws {
        let gateway = try TestGateway(routes: Self.route)
        let token = try TestGateway.token(lifetime: 100)
        func judge(at seconds: Int64, nanoseconds: Int32 = 0) -> Verdict {
            var request = TestRequest("/", ["Authorization: Bearer \(token)"])
            let now = WallClock(seconds: TestGateway.now.seconds + seconds, nanoseconds: nanoseconds)
            return gateway.judge(&request, now: now)
        }
        let first = judge(at: 0).admission?.identity
        let second = judge(at: 99, nanoseconds: 999_999_999).admission?.identity
        #expect(first != nil && first === second)
        #expect(judge(at: 100).refusal?.reason == .tokenNotValid(TokenRejection(.expired)))
        #expect(judge(at: 200).refusal?.reason == .tokenNotValid(TokenRejection(.expired)))
        // The clock was set back: not yet valid for a cached token either.
        #expect(judge(at: 1).admission != nil)
        #expect(judge(at: -1).refusal?.reason == .tokenNotValid(TokenRejection(.issuedInFuture)))
    }

    @Test func leeway_countsOnTheCachedPathToo() throws {
        let gateway = try TestGateway(routes: Self.route, simpleJWT: "LEEWAY: 10")
        let token = try TestGateway.token(lifetime: 100)
        for (seconds, isAdmitted) in [(0, true), (109, true), (110, false), (109, true), (-10, true), (-11, false)]
            as [(Int64, Bool)]
        {
            var request = TestRequest("/", ["Authorization: Bearer \(token)"])
            let now = WallClock(seconds: TestGateway.now.seconds + seconds)
            #expect((gateway.judge(&request, now: now).admission != nil) == isAdmitted, "\(seconds)")
        }
    }

    @Test func identity_carriesWhatASocketNeeds() throws {
        let gateway = try TestGateway(routes: Self.route, simpleJWT: "LEEWAY: 10")
        var request = TestRequest(
            "/", ["Authorization: Bearer \(try TestGateway.token(others: [("iss", .string("me"))]))"])
        let identity = try #require(gateway.judge(&request).admission?.identity)
        #expect(identity.userID == "7")
        #expect(identity.expiresAt == TestGateway.now.seconds + 300)
        #expect(identity.leeway == 10)
        #expect(identity.validFrom == TestGateway.now.seconds)
        #expect(identity.jti == "00112233445566778899aabbccddeeff")
        #expect(identity.issuer == "me")
        #expect(identity.issuedAt == TestGateway.now.seconds)
    }
}
