import Testing

@testable import GatewaySettings

@Suite struct SuggestionTests {
    private let keys = ["listen", "threads", "SIMPLE_JWT", "upstreams", "routes", "allowed_origins", "body_idle"]

    @Test(arguments: [
        ("listne", "listen"), ("thread", "threads"), ("simple_jwt", "SIMPLE_JWT"), ("SIMPLEJWT", "SIMPLE_JWT"),
        ("upstraems", "upstreams"), ("route", "routes"), ("ALLOWED_HOSTS", "allowed_origins"),
        ("body-idle", "body_idle"),
        ("alowed_orgins", "allowed_origins"),
    ])
    func nearestKey_isSuggested_whenFewLettersDiffer(written: String, meant: String) {
        #expect(Suggestion.nearest(to: written, among: keys) == meant)
    }

    @Test(arguments: ["", "x", "cors", "reload", "metrics", "health", String(repeating: "l", count: 10_000)])
    func nothing_isSuggested_whenNothingIsNear(written: String) {
        #expect(Suggestion.nearest(to: written, among: keys) == nil)
    }

    @Test(arguments: [
        ("", "", 0), ("abc", "", 3), ("", "abc", 3), ("abc", "acb", 1), ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
    func distance_countsEdits(a: String, b: String, edits: Int) {
        #expect(Suggestion.distance(Array(a.utf8), Array(b.utf8)) == edits)
    }
}
