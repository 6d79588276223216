internal import GatewayMessage

/// `https://host[:port]/path?query`, and `http://` to this machine.
enum URLText {
    private static let hint = "write a URL such as https://id.example.com/jwks.json"

    static func parse(_ text: String) throws(ScalarProblem) -> URLSettings {
        let (scheme, rest) = try self.scheme(of: text)
        let end = self.authorityEnd(in: rest)
        let (host, port) = HostText.split(rest[..<end].lowercased())
        let number = try port.map { (port) throws(ScalarProblem) in try self.port(port) } ?? scheme.defaultPort
        let url = URLSettings(
            scheme: scheme, host: try self.host(host), port: number, path: try self.path(rest[end...]))
        guard scheme == .https || self.isLoopback(url.host) else {
            throw ScalarProblem(
                "is not encrypted", hint: "write https; http is for this machine alone, such as 127.0.0.1")
        }
        return url
    }

    /// Such a text must not be shown.
    static func holdsUserName(_ text: String) -> Bool {
        let rest = text.firstRange(of: "//").map { text[$0.upperBound...] } ?? text[...]
        return rest[..<self.authorityEnd(in: rest)].contains("@")
    }

    private static func authorityEnd(in rest: Substring) -> Substring.Index {
        rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    }

    private static func scheme(of text: String) throws(ScalarProblem) -> (URLSettings.Scheme, Substring) {
        guard text.utf8.count <= 2048 else { throw ScalarProblem("is too long a URL", hint: "at most 2048 bytes") }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ScalarProblem(
                "holds a blank or is not ASCII", hint: "names are written with xn--, other bytes as %20")
        }
        guard let separator = text.firstRange(of: "://") else {
            let host = text.prefix { $0 != "/" && $0 != ":" }
            let isHost = !host.isEmpty && HostText.isHost(host.lowercased())
            throw ScalarProblem(
                "is not a URL", hint: self.hint,
                suggestion: isHost ? "did you mean https://\(Excerpt.clean(text))?" : nil)
        }
        guard let scheme = URLSettings.Scheme(rawValue: text[..<separator.lowerBound].lowercased()) else {
            throw ScalarProblem("is not fetched over HTTP", hint: self.hint)
        }
        return (scheme, text[separator.upperBound...])
    }

    private static func host(_ text: String) throws(ScalarProblem) -> String {
        if HostText.isName(text) || HostText.isQuad(text) { return text }
        if let brackets = HostText.canonicalBrackets(text) { return String(brackets.dropFirst().dropLast()) }
        throw ScalarProblem(text.isEmpty ? "names no host" : "holds no valid host", hint: self.hint)
    }

    private static func port(_ text: String) throws(ScalarProblem) -> Int {
        guard let port = try? NumberText.parse(text), (1...65535).contains(port) else {
            throw ScalarProblem("has no valid port", hint: "a port is a number from 1 to 65535")
        }
        return port
    }

    private static func path(_ text: Substring) throws(ScalarProblem) -> String {
        guard !text.contains("#") else {
            throw ScalarProblem("holds a fragment", hint: "servers never see it: end before the #")
        }
        guard self.isPathAndQuery(text) else {
            throw ScalarProblem("holds a sign that no URL has", hint: "write it as % and two hexadecimal digits")
        }
        return text.hasPrefix("/") ? String(text) : "/" + text
    }

    /// RFC 3986 sections 3.3 and 3.4
    private static func isPathAndQuery(_ text: Substring) -> Bool {
        var digits = 0
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66: digits = max(0, digits - 1)
            case _ where digits > 0: return false
            case 0x25: digits = 2
            case 0x47...0x5A, 0x67...0x7A: continue
            default: guard "-._~!$&'()*+,;=:@/?".utf8.contains(byte) else { return false }
            }
        }
        return digits == 0
    }

    private static func isLoopback(_ host: String) -> Bool {
        guard let address = IPAddress(host) else { return host == "localhost" }
        if address.isV4 { return address.low >> 24 & 0xFF == 127 }
        return address.high == 0 && address.low == 1
    }
}
