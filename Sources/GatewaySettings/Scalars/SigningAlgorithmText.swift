/// The names of signature algorithms, letter case included.
enum SigningAlgorithmText {
    private static let names = [
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES256K", "ES384",
        "ES512", "EdDSA",
    ]

    static func parse(_ text: String) throws(ScalarProblem) -> String {
        if self.names.contains(text) { return text }
        switch text.lowercased() {
        case "none":
            throw ScalarProblem(
                "would accept unsigned tokens, it is refused", hint: "write HS256 or what the backend uses")
        case "es521": throw ScalarProblem("is no registered algorithm", hint: "write ES512, on the backend too")
        default:
            let nearest = Suggestion.nearest(to: text, among: self.names).map { "did you mean \($0)?" }
            throw ScalarProblem(
                "is not a known algorithm", hint: nearest ?? "one of \(self.names.joined(separator: ", "))")
        }
    }

    static func usesSecret(_ name: String) -> Bool { name.hasPrefix("HS") }
}
