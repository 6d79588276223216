/// Names of claims; dots reach into objects.
enum ClaimPathText {
    static func objection(to text: String) -> ScalarProblem? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty }), !text.contains(where: { $0 == "{" || $0 == "}" }) else {
            return ScalarProblem("is not a claim's name", hint: "write user_id, or org.id for a claim inside a claim")
        }
        return nil
    }
}

/// Values that claims are compared with.
enum ClaimValueText {
    /// `1.5`, `1e3`: what JSON takes for a number, and not for a whole one.
    static func isFraction(_ text: String) -> Bool {
        let isNumber = text.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x2B, 0x2D, 0x2E, 0x45, 0x65: true
            default: false
            }
        }
        return isNumber && text.utf8.contains { $0 == 0x2E || $0 | 0x20 == 0x65 } && Double(text) != nil
    }
}
