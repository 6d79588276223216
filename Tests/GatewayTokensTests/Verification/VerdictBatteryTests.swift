import Testing

@testable import GatewayTokens

/// One token and what must be said about it.
struct Verdict: Sendable, CustomTestStringConvertible {
    let name: String
    let token: String
    let expected: Outcome

    static let good = Outcome.accepted(user: "7")

    /// HS256 with simplejwt's header and claims, changed.
    static func claims(
        _ name: String,
        _ changes: KeyValuePairs<String, String?>,
        _ expected: TokenRejection.Reason
    ) -> Verdict {
        Verdict(name: name, token: Forge.token(payload: Forge.payload(changes)), expected: .rejected(expected))
    }

    static func accepted(_ name: String, _ changes: KeyValuePairs<String, String?>, user: String = "7") -> Verdict {
        Verdict(name: name, token: Forge.token(payload: Forge.payload(changes)), expected: .accepted(user: user))
    }

    static func header(_ name: String, _ header: String, _ expected: Outcome) -> Verdict {
        Verdict(name: name, token: Forge.token(header: header), expected: expected)
    }

    static func payload(_ name: String, _ payload: String, _ expected: Outcome) -> Verdict {
        Verdict(name: name, token: Forge.token(payload: payload), expected: expected)
    }

    var testDescription: String { self.name }
}

/// Tokens that simplejwt 5.5.1 on PyJWT 2.15.1 was seen to accept or refuse, numbered as in that survey, and what a
/// strict edge says. What it refuses the edge refuses too.
struct VerdictBatteryTests {
    private static let times: [Verdict] = [
        .accepted("1 good", [:]),
        .claims("2 exp is now", ["exp": "1750000000"], .expired),
        .accepted("2 exp in a second", ["exp": "1750000001"]),
        .accepted("3 exp with a fraction", ["exp": "1750000300.5"]),
        .claims("3 exp cut to now", ["exp": "1750000000.9"], .expired),
        .accepted("3 exp with an exponent", ["exp": "1e10"]),
        .claims("4 exp as text", ["exp": #""1800000000""#], .badTime),
        .claims("5 exp 10^18", ["exp": "1000000000000000000"], .badTime),
        .claims("5 exp in year 10000", ["exp": "253402300800"], .badTime),
        .accepted("6 exp in the last second of 9999", ["exp": "253402300799"]),
        .claims("7 exp 1e400", ["exp": "1e400"], .badTime),
        .claims("7 exp NaN", ["exp": "NaN"], .badPayload),
        .claims("7 exp Infinity", ["exp": "Infinity"], .badPayload),
        .claims("7 exp null", ["exp": "null"], .badTime),
        .claims("7 exp a list", ["exp": "[1800000000]"], .badTime),
        .claims("7 exp with 5000 digits", ["exp": String(repeating: "9", count: 5000)], .badPayload),
        .claims("7 exp with 128 digits", ["exp": String(repeating: "9", count: 128)], .badTime),
        .claims("8 exp true", ["exp": "true"], .badTime),
        .claims("9 exp negative", ["exp": "-1"], .expired),
        .claims("10 no exp", ["exp": nil], .noExpiry),
        .claims("11 iat in the future", ["iat": "1750000001"], .issuedInFuture),
        .claims("12 iat text", ["iat": #""yesterday""#], .badTime),
        .claims("12 iat null", ["iat": "null"], .badTime),
        .accepted("13 no iat", ["iat": nil]),
        .claims("14 nbf in the future", ["nbf": "1750000001"], .notYetValid),
        .claims("14 nbf null", ["nbf": "null"], .badTime),
        .claims("14 nbf text", ["nbf": #""now""#], .badTime),
        .accepted("15 nbf 0.4 s ahead", ["nbf": "1750000000.9"]),
    ]

    private static let claims: [Verdict] = [
        .claims("16 sub a number", ["sub": "7"], .badSubject),
        .accepted("16 sub text", ["sub": #""7""#]),
        .claims("17 jti a number", ["jti": "5"], .badID),
        .claims("17 jti null", ["jti": "null"], .badID),
        .accepted("18 jti empty", ["jti": #""""#]),
        .accepted("19 aud and iss of any type", ["aud": "5", "iss": #"["x"]"#]),
        .claims("22 a refresh token", ["token_type": #""refresh""#], .wrongType),
        .claims("22 no type", ["token_type": nil], .noType),
        .claims("22 type in another case", ["token_type": #""Access""#], .wrongType),
        .claims("22 type in a list", ["token_type": #"["access"]"#], .wrongType),
        .claims("no jti", ["jti": nil], .noID),
    ]

    private static let header: [Verdict] = [
        .header("23 alg none", #"{"alg":"none","typ":"JWT"}"#, .rejected(.wrongAlgorithm)),
        .header("23 alg nOnE", #"{"alg":"nOnE"}"#, .rejected(.wrongAlgorithm)),
        .header("23 no alg", #"{"typ":"JWT"}"#, .rejected(.wrongAlgorithm)),
        .header("23 alg a list", #"{"alg":["HS256"]}"#, .rejected(.wrongAlgorithm)),
        .header("23 alg hs256", #"{"alg":"hs256"}"#, .rejected(.wrongAlgorithm)),
        .header("23 alg HS512", #"{"alg":"HS512"}"#, .rejected(.wrongAlgorithm)),
        .header("24 empty header", "{}", .rejected(.wrongAlgorithm)),
        .header("25 another typ", #"{"alg":"HS256","typ":"at+jwt"}"#, Verdict.good),
        .header("25 no typ", #"{"alg":"HS256"}"#, Verdict.good),
        .header("25 typ an integer", #"{"alg":"HS256","typ":1}"#, .rejected(.badHeader)),
        .header("26 cty JWT", #"{"alg":"HS256","cty":"JWT"}"#, .rejected(.badHeader)),
        .header("26 cty application/jwt", #"{"alg":"HS256","cty":"application/JWT"}"#, .rejected(.badHeader)),
        .header("26 zip", #"{"alg":"HS256","zip":"DEF"}"#, .rejected(.badHeader)),
        .header("27 crit unknown", #"{"alg":"HS256","crit":["exp"],"exp":1}"#, .rejected(.badHeader)),
        .header("27 crit empty", #"{"alg":"HS256","crit":[]}"#, .rejected(.badHeader)),
        .header("27 crit text", #"{"alg":"HS256","crit":"b64"}"#, .rejected(.badHeader)),
        .header("28 crit b64", #"{"alg":"HS256","crit":["b64"],"b64":true}"#, .rejected(.badHeader)),
        .header("28 b64 true alone", #"{"alg":"HS256","b64":true}"#, Verdict.good),
        .header("29 b64 false", #"{"alg":"HS256","b64":false}"#, .rejected(.badHeader)),
        .header("30 kid a number", #"{"alg":"HS256","kid":1}"#, .rejected(.badHeader)),
        .header("31 kid a path", #"{"alg":"HS256","kid":"../../dev/null"}"#, Verdict.good),
        .header(
            "31 keys from elsewhere",
            #"{"alg":"HS256","jku":"http://169.254.169.254/","x5u":"file:///etc/passwd","jwk":{"kty":"oct","k":"AA"},"#
                + #""x5c":["AAAA"]}"#,
            Verdict.good
        ),
    ]

    private static let form: [Verdict] = {
        let token = Forge.token()
        let parts = token.segments
        // A length for which one character of padding would be right.
        var content = Array(Forge.payload().utf8)
        while content.count % 3 != 2 { content.append(0x20) }
        let padded = Base64URL.encode(content) + "="
        return [
            ("32 padded signature", token + "="),
            ("32 padded payload", Forge.sign(parts[0] + "." + padded)),
            ("33 trailing dot", token + "."), ("33 leading dot", "." + token),
            ("33 two segments", parts[0] + "." + parts[1]), ("33 four segments", token + ".AAAA"),
            ("33 five segments", token + ".AAAA.AAAA"), ("33 empty signature", parts[0] + "." + parts[1] + "."),
            ("33 empty payload", Forge.sign(parts[0] + ".")), ("33 empty header", Forge.sign("." + parts[1])),
            ("33 nothing", ""), ("33 one dot", "."), ("33 two dots", ".."), ("33 three dots", "..."),
            ("34 plus in the header", Forge.sign("+" + parts[0].dropFirst() + "." + parts[1])),
            ("34 slash in the signature", parts[0] + "." + parts[1] + "./" + parts[2].dropFirst()),
            ("34 line break inside", Forge.sign(parts[0] + "\n." + parts[1])), ("34 line break after", token + "\n"),
            ("34 blank before", " " + token), ("34 not ASCII", "é" + token), ("34 NUL", "\0" + token),
            ("34 percent escape", token.replacingLast(with: "%41")),
        ].map { Verdict(name: $0.0, token: $0.1, expected: .rejected(.malformed)) }
    }()

    private static let json: [Verdict] = [
        .payload(
            "35 type twice", Forge.payload(["token_type": #""refresh","token_type":"access""#]), .rejected(.badPayload)),
        .payload("35 user twice", Forge.payload(["user_id": #""7","user_id":"1""#]), .rejected(.badPayload)),
        .payload(
            "35 user twice, escaped", Forge.payload(["user_id": #""7","user\u005fid":"1""#]), .rejected(.badPayload)),
        .header("35 alg twice", #"{"alg":"HS256","alg":"HS256"}"#, .rejected(.badHeader)),
        .payload("36 an array", "[\(Forge.payload())]", .rejected(.badPayload)),
        .payload("36 a string", #""text""#, .rejected(.badPayload)),
        .payload("36 trailing junk", Forge.payload() + "x", .rejected(.badPayload)),
        .payload("36 empty text", " ", .rejected(.badPayload)),
        .payload("37 byte order mark", "\u{FEFF}" + Forge.payload(), .rejected(.badPayload)),
        .payload("38 blanks around", " \r\n\t" + Forge.payload() + "\n ", Verdict.good),
        .accepted("39 NUL in a claim", ["name": #""a\u0000b""#]),
        .claims("39 lone surrogate", ["name": #""\ud800""#], .badPayload),
        .payload("40 deep", String(repeating: "[", count: 5000), .rejected(.badPayload)),
        .claims(
            "40 deep inside", ["x": String(repeating: "[", count: 33) + String(repeating: "]", count: 33)], .badPayload),
        .accepted("40 at the limit", ["x": String(repeating: "[", count: 31) + String(repeating: "]", count: 31)]),
        .claims("41 a megabyte", ["x": "\"" + String(repeating: "x", count: 1_000_000) + "\""], .tooLarge),
        .header("header an array", "[]", .rejected(.badHeader)),
        .header("header not JSON", "alg=HS256", .rejected(.badHeader)),
    ]

    private static let users: [Verdict] = [
        .claims("42 no user", ["user_id": nil], .noUserID),
        .accepted("43 integer", ["user_id": "1"], user: "1"),
        .accepted("43 text", ["user_id": #""1""#], user: "1"),
        .claims("44 true", ["user_id": "true"], .badUserID),
        .claims("44 1.0", ["user_id": "1.0"], .badUserID),
        .claims("44 blanks", ["user_id": #"" 1 ""#], .badUserID),
        .claims("44 Arabic digit", ["user_id": #""١""#], .badUserID),
        .claims("45 null", ["user_id": "null"], .badUserID),
        .accepted("46 letters", ["user_id": #""abc""#], user: "abc"),
        .claims("46 list", ["user_id": "[1]"], .badUserID),
        .claims("46 object", ["user_id": #"{"id":1}"#], .badUserID),
        .claims("46 NUL", ["user_id": #""a\u0000""#], .badUserID),
    ]

    @Test(arguments: Self.times + Self.claims + Self.header)
    func claimsAndHeader_areJudgedStrictly(_ verdict: Verdict) throws {
        #expect(judge(verdict.token, try .hs256()) == verdict.expected)
    }

    @Test(arguments: Self.form + Self.json + Self.users)
    func formAndUser_areJudgedStrictly(_ verdict: Verdict) throws {
        #expect(judge(verdict.token, try .hs256()) == verdict.expected)
    }

    @Test func payload_isRefused_whenNotUTF8() throws {
        // 36, 37
        let good = Forge.payload()
        let wrong: [[UInt8]] = [
            [0xFF] + Array(good.utf8), Array(good.utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
            [0xFF, 0xFE] + Array(good.utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] },
            Array(good.utf16).flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] },
            Array(good.unicodeScalars).flatMap { [UInt8($0.value), 0, 0, 0] },
            Array(Forge.payload(["name": #""@""#]).utf8).flatMap { $0 == UInt8(ascii: "@") ? [0xC0, 0x80] : [$0] },
        ]
        for payload in wrong {
            #expect(judge(Forge.token(payloadBytes: payload), try .hs256()) == .rejected(.badPayload))
        }
    }

    @Test(
        arguments: [
            ("20 one entry not text", #"["chat",5]"#, false), ("21 null", "null", false),
            ("21 empty list", "[]", false),
            ("21 empty text", #""""#, false), ("text", #""chat""#, true), ("list", #"["x","chat"]"#, true),
            ("second audience", #""mail""#, true), ("another case", #""Chat""#, false),
            ("longer", #""chat-admin""#, false),
            ("shorter", #""cha""#, false), ("object", #"{"chat":1}"#, false), ("number", "5", false),
            ("nested", #"[["chat"]]"#, false), ("missing", nil, false),
        ] as [(String, String?, Bool)]
    )
    func audience_mustBeShared_whenConfigured(_ name: String, _ value: String?, _ isAccepted: Bool) throws {
        let token = Forge.token(payload: Forge.payload(["aud": value]))
        let rules = try TokenRules.hs256 { $0.audience = ["chat", "mail"] }
        #expect(judge(token, rules) == (isAccepted ? Verdict.good : .rejected(.audience)))
        #expect(judge(token, try .hs256 { $0.audience = [] }) == .rejected(.audience))
        #expect(judge(token, try .hs256()) == Verdict.good)
    }

    @Test(
        arguments: [
            (#""https://a.example""#, true), (#""b""#, true), (#""https://a.example/""#, false),
            (#""https://a""#, false),
            (#""HTTPS://a.example""#, false), (#"["b"]"#, false), ("null", false), (nil, false), (#""""#, false),
        ] as [(String?, Bool)]
    )
    func issuer_mustBeEqual_whenConfigured(_ value: String?, _ isAccepted: Bool) throws {
        let token = Forge.token(payload: Forge.payload(["iss": value]))
        let rules = try TokenRules.hs256 { $0.issuer = ["https://a.example", "b"] }
        #expect(judge(token, rules) == (isAccepted ? Verdict.good : .rejected(.issuer)))
    }

    @Test func leeway_extendsEveryTimeByWholeSeconds() throws {
        // 47
        let rules = try TokenRules.hs256 { $0.leeway = 10 }
        func outcome(_ changes: KeyValuePairs<String, String?>) -> Outcome {
            judge(Forge.token(payload: Forge.payload(changes)), rules)
        }
        #expect(outcome(["exp": "1749999991", "iat": "1750000009", "nbf": "1750000010"]) == Verdict.good)
        #expect(outcome(["exp": "1749999990"]) == .rejected(.expired))
        #expect(outcome(["iat": "1750000011"]) == .rejected(.issuedInFuture))
        #expect(outcome(["nbf": "1750000011"]) == .rejected(.notYetValid))
    }

    @Test func publicKeyAsSecret_isRefused() throws {
        // 50, 51
        let rules = try TokenRules.publicKey(.rs256, TestKeys.rsa)
        let forged = [
            TestTokens.hs256WithPublicKey, TestTokens.hs256WithPublicKeyLine, TestTokens.hs256WithPublicKeyDER,
            TestTokens.ps256, TestTokens.rs384, TestTokens.es256,
        ]
        for token in forged { #expect(judge(token, rules) == .rejected(.wrongAlgorithm)) }
    }

    @Test func fullySpecifiedName_isRefused_underEdDSA() throws {
        // 52
        let parts = TestTokens.ed25519.segments
        let header = Base64URL.encode(Array(#"{"alg":"Ed25519","typ":"JWT"}"#.utf8))
        let token = [header, parts[1], parts[2]].joined(separator: ".")
        #expect(judge(token, try .publicKey(.edDSA, TestKeys.ed25519)) == .rejected(.wrongAlgorithm))
    }
}

extension String {
    fileprivate func replacingLast(with text: String) -> String { String(self.dropLast()) + text }
}
