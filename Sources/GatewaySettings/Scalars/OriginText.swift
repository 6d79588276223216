/// An origin exactly as browsers send it (RFC 6454 section 6.2), `null` included: what can be compared byte for byte.
enum OriginText {
    private static let hint =
        "write what browsers send: https://app.example.com, with a port only if it is not the usual one"

    static func parse(_ text: String) throws(ScalarProblem) -> String {
        if text == "null" { return text }
        let parts = OriginParts(text)
        if parts.origin == text, parts.likelyScheme == nil { return text }
        throw self.problem(with: text, parts)
    }

    private static func problem(with text: String, _ parts: OriginParts) -> ScalarProblem {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return ScalarProblem("is not ASCII", hint: "write the name as browsers send it, with xn--")
        }
        // One suggestion mends everything at once, whatever is named first.
        let suggestion = parts.origin.map { "did you mean \(Excerpt.clean($0))?" }
        if text.lowercased() == "null" { return ScalarProblem("has capital letters", hint: "write \"null\"") }
        if text.contains("*") || parts.host.hasPrefix(".") {
            return ScalarProblem(
                "is a pattern", hint: "CORS wants whole origins: list each, or \"*\" alone for everybody")
        }
        if let scheme = parts.likelyScheme {
            return ScalarProblem("has no scheme of pages", hint: self.hint, suggestion: "did you mean \(scheme)://…?")
        }
        if parts.scheme == "file" {
            return ScalarProblem("is sent by no browser", hint: "pages from files send null: write \"null\"")
        }
        if parts.scheme.isEmpty { return ScalarProblem("has no scheme", hint: self.hint, suggestion: suggestion) }
        if parts.isWebSocket {
            return ScalarProblem(
                "has the scheme of a socket", hint: "an origin is the page's: https://…", suggestion: suggestion)
        }
        if parts.hasUserName { return ScalarProblem("holds a user name", hint: self.hint, suggestion: suggestion) }
        if parts.tail == "/" { return ScalarProblem("ends with a slash", hint: self.hint, suggestion: suggestion) }
        if !parts.tail.isEmpty { return ScalarProblem("holds a path", hint: self.hint, suggestion: suggestion) }
        guard parts.origin != nil else {
            let message = parts.hasValidPort ? "holds no valid host" : "has no valid port"
            return ScalarProblem(message, hint: self.hint)
        }
        if text != text.lowercased() {
            return ScalarProblem("has capital letters", hint: self.hint, suggestion: suggestion)
        }
        if parts.hasDefaultPort {
            return ScalarProblem("names its scheme's own port", hint: self.hint, suggestion: suggestion)
        }
        return ScalarProblem("is not written as browsers send it", hint: self.hint, suggestion: suggestion)
    }
}

/// An origin taken apart, with whatever stands too much in it.
private struct OriginParts {
    /// In lower case; empty when there is none.
    var scheme = ""
    var hasUserName = false
    var host: String
    var port: String?
    /// From the first `/`, `?` or `#` behind the host.
    var tail: String

    init(_ text: String) {
        var rest = text[...]
        if let separator = rest.firstRange(of: "://") {
            self.scheme = rest[..<separator.lowerBound].lowercased()
            rest = rest[separator.upperBound...]
        } else if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
        }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        self.tail = String(rest[end...])
        rest = rest[..<end]
        if let at = rest.lastIndex(of: "@") {
            self.hasUserName = true
            rest = rest[rest.index(after: at)...]
        }
        let (host, port) = HostText.split(rest.lowercased())
        self.host = HostText.canonicalBrackets(host) ?? host
        self.port = port
    }

    /// What a scheme that no page has is nearest to.
    var likelyScheme: String? {
        let known = ["http", "https"]
        guard !known.contains(self.scheme), !self.scheme.isEmpty else { return nil }
        return known.first { Suggestion.distance(Array($0.utf8), Array(self.scheme.utf8.prefix(16))) == 1 }
    }

    var isWebSocket: Bool { self.scheme == "ws" || self.scheme == "wss" }

    private var defaultPort: String? {
        switch self.scheme {
        case "http", "ws": "80"
        case "https", "wss", "": "443"
        default: nil
        }
    }

    var hasDefaultPort: Bool { self.port != nil && self.port == self.defaultPort }

    var hasValidPort: Bool {
        guard let port = self.port else { return true }
        guard let number = try? NumberText.parse(port) else { return false }
        return (1...65535).contains(number)
    }

    /// What browsers send for it; `https` where no scheme is written.
    var origin: String? {
        guard self.isScheme, self.hasValidPort, HostText.isHost(self.withoutLastDot) else { return nil }
        let scheme = self.scheme == "ws" ? "http" : self.scheme == "wss" || self.scheme.isEmpty ? "https" : self.scheme
        let port = self.hasDefaultPort ? "" : self.port.map { ":" + $0 } ?? ""
        return "\(scheme)://\(self.host)\(port)"
    }

    /// A name with a dot behind it is an origin of its own.
    private var withoutLastDot: String { self.host.hasSuffix(".") ? String(self.host.dropLast()) : self.host }

    /// RFC 3986 section 3.1
    private var isScheme: Bool {
        guard let first = self.scheme.utf8.first else { return true }
        return first >= 0x61 && first <= 0x7A
            && self.scheme.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x61...0x7A, 0x2B, 0x2D, 0x2E: true
                default: false
                }
            }
    }
}
