import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct RoutePatternTests {
    /// Paths are decoded and without their leading slash, as Django hands them to a pattern.
    @Test(arguments: [
        ("api/token/", "api/token/", true), ("api/token/", "api/token", false), ("api/token/", "api/token/x", false),
        ("api/token/", "Api/token/", false), ("", "", true), ("", "x", false),
        ("<path:rest>", "a/b/c", true), ("<path:rest>", "", false), ("files/<path:rest>", "files/", false),
        ("files/<path:rest>", "files/é", true), ("files/<path:rest>", "file/x", false),
        ("<int:id>/", "12/", true), ("<int:id>/", "\u{661}/", false), ("<int:id>/", "-1/", false),
        ("<id>/", "a b/", true), ("<id>/", "a/b/", false), ("<str:id>/", "é/", true), ("<str:id>/", "/", false),
        ("<slug:s>", "a-b_C9", true), ("<slug:s>", "é", false), ("<slug:s>", "a.b", false),
        ("u/<uuid:u>", "u/12345678-1234-abcd-ef01-1234567890ab", true),
        ("u/<uuid:u>", "u/12345678-1234-ABCD-ef01-1234567890ab", false),
        ("u/<uuid:u>", "u/123456781234abcdef011234567890ab", false),
        ("<path:a>/end", "x/y/end", true), ("<path:a>/end", "x/y/ends", false), ("<path:a>/end", "/end", false),
        ("a.b", "a.b", true), ("a.b", "axb", false), ("a<b", "a<b", true), ("<>x", "<>x", true), ("a>b", "a>b", true),
        ("(?P<x>", "(?Px", true), ("(?P<x>", "x", false), ("^x$", "^x$", true), ("^x$", "x", false),
        ("ws/<int:a>-<int:b>/", "ws/1-2/", true), ("caf\u{e9}/", "caf\u{e9}/", true),
        ("caf\u{e9}/", "cafe\u{301}/", false),
    ])
    func path_matchesLikeDjango(route: String, path: String, expected: Bool) throws {
        let pattern = try RoutePattern(.path(route), tolerating: [])
        #expect(pattern.isMatch(path) == expected)
    }

    @Test(arguments: [
        // A final $ makes it a full match, so the missing ^ is harmless; without it anything around is ignored.
        (#"ws/chat/(?P<room_id>\d+)/$"#, "ws/chat/1/", true),
        (#"ws/chat/(?P<room_id>\d+)/$"#, "evil/ws/chat/1/", false),
        (#"ws/chat/(?P<room_id>\d+)/$"#, "ws/chat/\u{661}/", true),
        (#"ws/chat/(?P<room_id>\d+)/$"#, "ws/chat/1", false),
        (#"ws/chat/(?P<room_id>\d+)/"#, "evil/ws/chat/1/more", true), ("^api/", "api/anything", true),
        ("^api/", "v1/api/", false), ("^api/token/$", "api/token/", true), ("^api/token/$", "api/tokens", false),
        ("^(?P<rest>.+)$", "x", true), ("^(?P<rest>.+)$", "", false), (#"price\$"#, "price$", true),
        // Django looks at the text: an escaped dollar at the end makes it a full match too.
        (#"price\$"#, "price$x", false), (#"price\$"#, "xprice$", false), ("a|b$", "ax", false), ("a|b$", "a", true),
    ])
    func rePath_matchesLikeDjango(expression: String, path: String, expected: Bool) throws {
        let pattern = try RoutePattern(.rePath(expression), tolerating: [])
        #expect(pattern.isMatch(path) == expected)
    }

    @Test(arguments: [
        "<int :id>", "<int:id", "<nope:id>", "<int:1d>", "<int:>", "<:id>", "<int:id>/<int:id>", "<int:a-b>", "<a b>",
    ])
    func path_isRefused_whenDjangoRefusesIt(route: String) {
        // A lone bracket is literal text to Django.
        if route == "<int:id" {
            #expect(throws: Never.self) { try RoutePattern(.path(route), tolerating: []) }
        } else {
            #expect(throws: PatternProblem.self) { try RoutePattern(.path(route), tolerating: []) }
        }
    }

    @Test(arguments: [
        RoutePatternSettings.path("/api/"), .path("a//b"), .path("a/../b"), .path("./a"), .path("a;b"), .path(#"a\b"#),
        .path("a\nb"), .rePath("^/api/$"), .rePath("/api/$"), .rePath("^/api/"), .rePath("$a"), .rePath("a^"),
        .rePath(#"a\bb"#), .rePath(#"[^\s\S]"#), .rePath(#"a\\b"#), .rePath("a$b$"), .rePath(#"\Zx"#), .rePath("a\tb"),
    ])
    func pattern_isRefused_whenNoPathCanMatch(pattern: RoutePatternSettings) {
        let problem = #expect(throws: PatternProblem.self) { try RoutePattern(pattern, tolerating: []) }
        #expect(problem?.message.contains("can never match") == true)
    }

    @Test(
        arguments: [
            (RoutePatternSettings.path("a//b"), PathForms.emptySegment), (.path("a;b"), .semicolon),
            (.rePath("/api/"), []),
            (.rePath(#"\bapi\b"#), []), (.rePath("a|^/x$"), []), (.path("-<int:x>"), []), (.rePath("^$"), []),
        ] as [(RoutePatternSettings, PathForms)])
    func pattern_isTaken_whenSomePathCanMatch(pattern: RoutePatternSettings, tolerated: PathForms) {
        #expect(throws: Never.self) { try RoutePattern(pattern, tolerating: tolerated) }
    }
}
