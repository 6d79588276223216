import GatewayMessage
import Testing

@testable import GatewayPolicy

@Suite struct OriginRulesTests {
    private static func allows(_ patterns: [String], _ origins: [String], allowMissing: Bool = false) throws -> Bool {
        let rules = OriginRules(rules: try patterns.map(OriginPattern.compile), allowMissing: allowMissing)
        let request = TestRequest("/", origins.map { "Origin: \($0)" })
        return rules.allow(request.head, bytes: request.block.span.bytes)
    }

    @Test(
        arguments: [
            (
                "example.com",
                allowed: [
                    "http://example.com", "https://example.com", "chrome-extension://example.com", "//example.com",
                    "https://example.com:8443", "HTTPS://EXAMPLE.COM", "http://example.com:80", "https://example.com:1",
                ],
                refused: [
                    "https://a.example.com", "https://example.com.", "example.com", "null", "", "file://",
                    "https://example.com@evil.com", "https://evil.com#example.com",
                    "https://example.com, https://evil.com",
                    "https://ex%61mple.com", "https://xexample.com", "https://example.co",
                    "https://evil.com?example.com",
                    // Channels lets these through; a browser never sends them.
                    "https://evil.com@example.com", "https://evil.com\\@example.com", "https://example.com:bad",
                    "https://example.com:99999", "https://example.com/path", "https://example.com/",
                    "https://example.com\t",
                    "https://example.com:", "https:/example.com", "https:example.com", "://example.com",
                    "http:///example.com",
                    "https://example.com:443:443", "https://example.com:+443", "https://exa mple.com",
                    "1http://example.com", "-://example.com",
                    "https://example.com\u{E9}",
                ]
            ),
            (
                ".example.com",
                allowed: [
                    "https://example.com", "https://a.example.com", "https://a.b.example.com:8000",
                    "http://.example.com",
                    "https://A.Example.COM",
                ],
                refused: ["https://xexample.com", "https://example.com.evil.com", "https://example.org", "https://com"]
            ),
            (
                "https://example.com",
                allowed: ["https://example.com", "https://example.com:443", "HTTPS://example.com"],
                refused: [
                    "http://example.com", "https://example.com:444", "wss://example.com", "//example.com",
                    "https://a.example.com",
                ]
            ),
            (
                "https://example.com/some/path", allowed: ["https://example.com"],
                refused: ["http://example.com", "https://example.com/some/path"]
            ),
            (
                "https://.example.com",
                allowed: ["https://example.com", "https://a.example.com", "https://a.example.com:443"],
                refused: ["https://a.example.com:8443", "http://a.example.com"]
            ),
            (
                "https://example.com:8443", allowed: ["https://example.com:8443"],
                refused: ["https://example.com", "https://example.com:443"]
            ),
            (
                "http://localhost:3000", allowed: ["http://localhost:3000"],
                refused: ["http://localhost", "https://localhost:3000"]
            ),
            (
                "http://example.com", allowed: ["http://example.com:80", "http://example.com"],
                refused: ["http://example.com:443"]
            ),
            ("ws://example.com:80", allowed: ["ws://example.com"], refused: ["http://example.com"]),
            ("app://host", allowed: ["app://host"], refused: ["app://host:80", "app2://host"]),
            (
                "[::1]", allowed: ["http://[::1]", "http://[::1]:8000", "https://[::1]"],
                refused: ["http://::1", "http://[::2]", "http://[::1", "http://[::1]x", "http://[]"]
            ),
            ("http://[::1]:8000", allowed: ["http://[::1]:8000"], refused: ["http://[::1]"]),
            ("localhost", allowed: ["http://localhost:5173"], refused: ["http://localhost.evil.com"]),
            ("127.0.0.1", allowed: ["http://127.0.0.1:5173"], refused: ["http://127.0.0.10"]),
            ("EXAMPLE.com", allowed: ["https://example.com"], refused: []),
            ("null", allowed: ["null"], refused: ["NULL", "https://null.com", "", "file://"]),
            ("*", allowed: ["https://anything.example", "null", "garbage", "", "file://"], refused: []),
        ] as [(String, allowed: [String], refused: [String])]
    )
    func origin_isJudgedLikeChannelsOrStricter(pattern: String, allowed: [String], refused: [String]) throws {
        for origin in allowed { #expect(try Self.allows([pattern], [origin]), "\(origin)") }
        for origin in refused { #expect(try !Self.allows([pattern], [origin]), "\(origin)") }
    }

    @Test(arguments: [
        ("example.com:8443", "https://example.com"), ("127.0.0.1:8000", "127.0.0.1"), ("*.example.com", ".example.com"),
        ("https://*.example.com", "https://.example.com"), ("https://*:443", nil), ("", nil), ("[]", "[::1]"),
        (".", nil),
        ("https://", nil), ("file://", nil), ("http://b\u{FC}cher.de", "http://xn--bcher-kva.de"),
        ("b\u{FC}cher.de", "xn--bcher-kva.de"), ("https://example.com:bad", nil), ("https://example.com:99999", nil),
        ("https://user@example.com", nil), ("exa mple.com", nil), ("a/b", nil), ("::1", "[::1]"),
        ("1x://host", "https://host"),
        ("https://a,https://b", nil),
    ])
    func pattern_isRefused_whenItCouldNeverMatch(pattern: String, hint: String?) {
        let problem = #expect(throws: PatternProblem.self) { try OriginPattern.compile(pattern) }
        if let hint { #expect(problem?.hint?.contains(hint) == true, "\(problem?.hint ?? "no hint")") }
    }

    @Test func origin_isRefused_whenSentTwice() throws {
        #expect(try !Self.allows(["example.com"], ["https://example.com", "https://example.com"]))
        #expect(try !Self.allows(["*"], ["https://example.com", "https://example.com"]))
    }

    @Test func missingOrigin_isAllowed_onlyWhenWritten() throws {
        #expect(try !Self.allows(["example.com"], []))
        #expect(try Self.allows(["example.com"], [], allowMissing: true))
        #expect(try Self.allows(["*"], []))
        #expect(try !Self.allows([], []))
    }

    @Test func rules_areAlternatives() throws {
        #expect(try Self.allows(["a.com", "b.com"], ["https://b.com"]))
        #expect(try Self.allows(["a.com", "null"], ["null"]))
    }

    @Test func origin_neverTraps_whenItIsGarbage() throws {
        var generator = SeededGenerator(seed: 5)
        let alphabet = Array(":/[]@.ahttps0189 \u{0}\u{FF}")
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<14, using: &generator)
            let origin = String(
                (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
            _ = try Self.allows([".a", "http://h:80", "[::1]"], [origin])
        }
    }
}
