internal import GatewayMessage

/// Hosts as browsers spell them: names in lower case, `10.0.0.1`, `[::1]`.
enum HostText {
    /// Whether a text is a host, bracketed if it is an IPv6 address.
    static func isHost(_ text: String) -> Bool { self.isName(text) || self.isQuad(text) || self.isBracketed(text) }

    /// Labels of letters, digits, `-` and, as in the names of containers, `_`.
    static func isName(_ text: String) -> Bool {
        guard text.utf8.count <= 253, !self.looksLikeQuad(text) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            guard (1...63).contains(label.utf8.count), !label.hasPrefix("-"), !label.hasSuffix("-") else {
                return false
            }
            return label.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
        }
    }

    static func isQuad(_ text: String) -> Bool { self.looksLikeQuad(text) && IPAddress(text) != nil }

    /// Exactly as RFC 5952 writes it, for nobody compares addresses behind these texts.
    static func isBracketed(_ text: String) -> Bool { self.canonicalBrackets(text) == text }

    /// Nil when there is no IPv6 address in brackets.
    static func canonicalBrackets(_ text: String) -> String? {
        guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
        let literal = String(text.dropFirst().dropLast())
        guard literal.contains(":"), let address = IPAddress(literal) else { return nil }
        // Browsers write the mapped form in hexadecimal groups; nobody serves under such an address.
        guard !address.isV4 else { return nil }
        return "[\(String(decoding: address.text, as: UTF8.self))]"
    }

    private static func looksLikeQuad(_ text: String) -> Bool {
        // As browsers decide it: the last label is a number (WHATWG URL, "ends in a number").
        guard let last = text.split(separator: ".").last else { return false }
        return last.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    /// `host`, `host:port`, `[::1]:port`; the port's text is nil when there is no colon.
    static func split(_ authority: String) -> (host: String, port: String?) {
        let start =
            authority.hasPrefix("[") ? authority.firstIndex(of: "]") ?? authority.startIndex : authority.startIndex
        guard let colon = authority[start...].lastIndex(of: ":") else { return (authority, nil) }
        return (String(authority[..<colon]), String(authority[authority.index(after: colon)...]))
    }
}
