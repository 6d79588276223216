@testable import GatewayPolicy

// Spans cannot stand inside `#expect`.

extension PatternMatcher {
    mutating func isMatch(_ program: RegexProgram, _ text: [UInt8], capturing: Bool = false) -> Bool {
        self.matches(program, text.span.bytes, capturing: capturing)
    }
}

extension DenseAutomaton {
    func isMatch(_ text: [UInt8]) -> Bool? { self.matches(text.span.bytes) }
}

extension RoutePattern {
    func isMatch(_ path: String) -> Bool {
        var matcher = PatternMatcher()
        let bytes = Array(path.utf8)
        return self.matches(bytes.span.bytes, with: &matcher)
    }
}
