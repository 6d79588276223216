/// The items of a route's `hosts`: `example.com`, `.example.com` for it and all below it, `*`.
enum HostPatternText {
    private static let hint = "write a host such as chat.example.com, or .example.com for it and all below it"

    static func parse(_ text: String) throws(ScalarProblem) -> String {
        if self.isPattern(text) { return text }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw ScalarProblem("is not ASCII", hint: "write the name as browsers send it, with xn--")
        }
        let meant = self.meant(by: text)
        let suggestion = meant.map { "write \($0)" }
        if text.contains("://") || text.hasPrefix("//") {
            throw ScalarProblem("is a URL, not a host", hint: self.hint, suggestion: suggestion)
        }
        if text.contains(where: { $0 == "/" || $0 == "?" || $0 == "#" || $0 == "@" }) {
            throw ScalarProblem("holds more than a host", hint: self.hint, suggestion: suggestion)
        }
        if text.contains("*") {
            throw ScalarProblem(
                "is not a pattern here", hint: ".example.com is the host and all below it, * alone everything",
                suggestion: suggestion)
        }
        if HostText.canonicalBrackets("[\(text)]") != nil {
            throw ScalarProblem(
                "is an IPv6 address without brackets", hint: "write it as in [::1]", suggestion: suggestion)
        }
        if HostText.split(text).port != nil, let meant {
            throw ScalarProblem("has a port", hint: "ports make no difference here", suggestion: "write \(meant)")
        }
        if let meant, meant == text.lowercased() {
            throw ScalarProblem(
                "has capital letters", hint: "hosts are written in lower case", suggestion: "write \(meant)")
        }
        if let meant, text.hasSuffix(".") {
            throw ScalarProblem("ends with a dot", hint: "write the host without it", suggestion: "write \(meant)")
        }
        throw ScalarProblem("is not a host", hint: self.hint, suggestion: suggestion)
    }

    private static func isPattern(_ text: String) -> Bool {
        text == "*" || HostText.isHost(text) || text.hasPrefix(".") && HostText.isName(String(text.dropFirst()))
    }

    /// The pattern nearest to what was written; nil when that cannot be said.
    private static func meant(by text: String) -> String? {
        var rest = text.lowercased()[...]
        if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
        while rest.hasPrefix("/") { rest = rest.dropFirst() }
        rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        var host = String(rest)
        if HostText.canonicalBrackets("[\(host)]") != nil {
            host = "[\(host)]"
        } else {
            host = HostText.split(host).host
        }
        if host.hasPrefix("*.") { host.removeFirst() }
        if host.hasSuffix(".") { host.removeLast() }
        host = HostText.canonicalBrackets(host) ?? host
        return self.isPattern(host) ? host : nil
    }
}
