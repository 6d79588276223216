import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct LiteralPrefixTests {
    private static func isProved(_ pattern: RoutePatternSettings, _ literal: String) throws -> Bool {
        LiteralPrefix(of: try RoutePattern(pattern, tolerating: []).program).isProved(literal)
    }

    @Test(arguments: [
        ("chat/<path:rest>", "chat", true), ("chat/", "chat", true), ("chat", "chat", true),
        ("chat/<int:id>/", "chat", true),
        ("a/b/<str:c>", "a/b", true), ("a/b/<str:c>", "a", true), ("a/b/<str:c>", "a/b/c", false),
        ("chatter/<path:rest>", "chat", false), ("chat<path:rest>", "chat", false), ("<path:rest>", "chat", false),
        ("<str:x>/chat/", "chat", false), ("cha", "chat", false), ("", "chat", false), ("Chat/", "chat", false),
        ("gr\u{F6}\u{DF}e/<path:x>", "gr\u{F6}\u{DF}e", true), ("gr\u{F6}\u{DF}e/<path:x>", "gro\u{DF}e", false),
    ])
    func path_isProved(pattern: String, literal: String, expected: Bool) throws {
        #expect(try Self.isProved(.path(pattern), literal) == expected)
    }

    @Test(arguments: [
        // A final $ makes Django match the whole text; without it a match may begin anywhere.
        ("chat/$", true), ("^chat/$", true), ("^chat/", true), ("chat/", false), ("^chat", false), ("^chat$", true),
        (#"^chat\Z"#, true), (#"chat/(?P<id>\d+)/$"#, true), (#"^chat/(?P<id>\d+)/"#, true),
        ("^(?:chat/a|chat/b)", true),
        ("^(?:chat/a|talk/b)", false), ("^chat/|^talk/", false), ("^chat/|talk/", false), ("^chat(?:/|$)", true),
        ("^chat(?:/.*)?$", true), ("^chat/?$", true), ("^chat(?:/|;)", false), ("^(?:chat)?/x$", false),
        ("^chat|$", false),
        ("^cha[t]/", true), ("^cha[ts]/", false), ("(?i)^chat/", false), ("^chat.*$", false), (#"^chat\b"#, false),
        (#"^chat\b/"#, true), ("^c{1}hat/", true), ("^chat[/]", true), ("^chat[^a]", false), ("^.*chat/", false),
        ("^cha(?:t|t)/", true), ("^chat(?:)/", true), ("^(?P<a>chat)/", true), ("(?m)^chat/", true),
        ("(?m)^chat$", true),
        ("^chat$|^chat/x$", true), (#"\Achat/"#, true), ("^chat/|^chat$", true),
    ])
    func expression_isProved(pattern: String, expected: Bool) throws {
        #expect(try Self.isProved(.rePath(pattern), "chat") == expected)
    }

    /// Whatever is proved holds for random texts that match.
    @Test func proof_holdsForEveryMatch() throws {
        let pieces = ["^chat", "chat", "/", "^", "$", "(?:", ")", "|", "?", ".*", "x", "c", "[t/]", "cha", "t", #"\b"#]
        let texts = [
            "", "chat", "chat/", "chat/x", "chatx", "chat;", "x", "xchat/", "cha", "c", "chat/chat", "chatchat/",
            "/chat",
        ]
        var generator = SeededGenerator(seed: 5)
        var proved = 0
        for _ in 0..<4_000 {
            let openings = ["^chat", "^(?:chat", "", "^"]
            let text = (0..<Int.random(in: 1..<7, using: &generator)).reduce(
                openings[Int.random(in: 0..<openings.count, using: &generator)]
            ) { text, _ in text + pieces[Int.random(in: 0..<pieces.count, using: &generator)] }
            guard let pattern = try? RoutePattern(.rePath(text), tolerating: []),
                LiteralPrefix(of: pattern.program).isProved("chat")
            else { continue }
            proved += 1
            for path in texts where pattern.isMatch(path) {
                #expect(path == "chat" || path.hasPrefix("chat/"), "\(text) matches \(path)")
            }
        }
        #expect(proved > 20)
    }
}
