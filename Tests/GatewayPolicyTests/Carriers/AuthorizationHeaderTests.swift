import GatewayMessage
import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct AuthorizationHeaderTests {
    private static func settings(_ types: [String] = ["Bearer"], name: String = "authorization") -> SimpleJWTSettings {
        var settings = SimpleJWTSettings(location: SettingsLocation(file: "", line: 1, column: 1, key: ""))
        settings.authHeaderTypes = types
        settings.authHeaderName = name
        return settings
    }

    /// nil: another scheme or nothing; an empty text: malformed.
    private static func read(_ value: String, _ types: [String] = ["Bearer"]) -> String? {
        let bytes = Array(value.utf8)
        let range = ByteRange(start: 0, end: bytes.count)
        switch AuthorizationHeader(self.settings(types)).read(range, in: bytes.span.bytes) {
        case .foreign: return nil
        case .malformed: return ""
        case .token(let token): return String(decoding: bytes[token.range], as: UTF8.self)
        }
    }

    @Test(arguments: [
        ("", nil), ("   ", nil), ("bearer x", nil), ("BEARER x", nil), ("Basic x", nil), ("JWT x", nil),
        ("Token x", nil),
        ("Bearerx", nil), ("Bear x", nil), ("Bearer", ""), ("Bearer ", ""), ("Bearer a b", ""), ("Bearer a b c", ""),
        ("Bearer tok", "tok"), ("Bearer   tok", "tok"), ("Bearer\ttok", "tok"), ("  Bearer tok  ", "tok"),
        ("Bearer\u{B}\u{C}tok", "tok"), ("Bearer \u{E9}", "\u{E9}"), ("Bearer,tok", nil),
    ])
    func value_isReadLikeSimpleJWT(value: String, expected: String?) { #expect(Self.read(value) == expected) }

    @Test func types_areAllTaken_andComparedExactly() {
        #expect(Self.read("JWT a", ["Bearer", "JWT"]) == "a")
        #expect(Self.read("Bearer a", ["Bearer", "JWT"]) == "a")
        #expect(Self.read("jwt a", ["Bearer", "JWT"]) == nil)
    }

    @Test func linePrefix_namesTheHeaderAndItsFirstType() {
        let plain = AuthorizationHeader(Self.settings(["JWT", "Bearer"]))
        #expect(plain.linePrefix == Array("Authorization: JWT ".utf8))
        let other = AuthorizationHeader(Self.settings(name: "x-access-token"))
        #expect(other.linePrefix == Array("X-Access-Token: Bearer ".utf8))
    }

    @Test(arguments: [
        ("X-Access-Token", AuthorizationHeader.NameMatch.exact), ("x-access-TOKEN", .exact),
        ("x.access.token", .lookalike),
        ("x-access_token", .lookalike), ("x-access-tokens", .none), ("authorization", .none),
    ])
    func name_isMatchedExactly_andItsLookalikesAreKnown(name: String, expected: AuthorizationHeader.NameMatch) {
        let request = TestRequest("/", ["\(name): x"])
        let header = AuthorizationHeader(Self.settings(name: "x-access-token"))
        let match = header.match(request.head.fields[0], in: request.block.span.bytes)
        #expect(match == expected)
    }
}
