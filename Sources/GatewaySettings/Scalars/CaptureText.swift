/// A text with at most one `{name}` for what the route's pattern captured; `{{` and `}}` are the braces themselves.
enum CaptureText {
    private static let hint = "write {name} for what the pattern captured, {{ and }} for braces"

    /// The name of the capture, if there is one.
    static func captureName(in text: String) throws(ScalarProblem) -> String? {
        var found: String?
        var rest = Array(text.utf8)[...]
        while let brace = rest.firstIndex(where: self.isBrace) {
            let isDoubled = rest[brace...].dropFirst().first == rest[brace]
            let isOpening = rest[brace] == UInt8(ascii: "{")
            rest = rest[brace...].dropFirst(isDoubled ? 2 : 1)
            if isDoubled { continue }
            guard isOpening, let end = rest.firstIndex(where: self.isBrace), rest[end] == UInt8(ascii: "}") else {
                throw ScalarProblem("holds a brace without its partner", hint: self.hint)
            }
            guard self.isName(rest[..<end]) else {
                throw ScalarProblem("holds braces without a capture's name", hint: self.hint)
            }
            // With two of them, different paths could come out as the same text.
            guard found == nil else { throw ScalarProblem("holds several captures", hint: "one for each value") }
            found = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[end...].dropFirst()
        }
        return found
    }

    private static func isBrace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") }

    /// An ASCII identifier, as the names in patterns are.
    static func isName(_ text: some Collection<UInt8>) -> Bool {
        guard let first = text.first, !(0x30...0x39).contains(first) else { return false }
        return text.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
    }
}

extension RoutePatternSettings {
    /// Every name that the pattern may capture under. Only the policy reads patterns: of brackets that do not count there
    /// may be names too many.
    var captureNames: [String] {
        switch self {
        case .path(let route): Self.names(in: route, after: "<")
        case .rePath(let expression): Self.names(in: expression, after: "(?P<")
        }
    }

    private static func names(in text: String, after opening: String) -> [String] {
        let text = Array(text.utf8)
        let opening = Array(opening.utf8)
        var names: [String] = []
        for start in text.indices where text[start...].starts(with: opening) {
            let content = text[start...].dropFirst(opening.count).prefix { $0 != UInt8(ascii: ">") }
            // `<int:room_id>`
            let name = content.split(separator: UInt8(ascii: ":"), maxSplits: 1).last ?? []
            if CaptureText.isName(name) { names.append(String(decoding: name, as: UTF8.self)) }
        }
        return names
    }
}

/// What a route's pattern captures, as its claim rules may name it.
struct RouteCaptures {
    var names: [String]
    /// A variable may have gone into the pattern: then its names stand in no message.
    var mayBeShown: Bool

    func check(_ name: String) throws(ScalarProblem) {
        guard !self.names.contains(name) else { return }
        guard !self.names.isEmpty else {
            throw ScalarProblem("names a capture, and this route's pattern has none", hint: "name one: (?P<room_id>…)")
        }
        let nearest = self.mayBeShown ? Suggestion.nearest(to: name, among: self.names) : nil
        throw ScalarProblem(
            "names no capture of this route's pattern",
            hint: self.mayBeShown ? "it has \(self.names.joined(separator: ", "))" : nil,
            suggestion: nearest.map { "did you mean {\($0)}?" })
    }
}
