import GatewaySettings

/// A request as somebody describes it, and the bytes that a client would send for it. Nothing is made right on the way: what
/// is malformed stays so, for that is what is to be explained.
package struct DescribedRequest: Sendable {
    package var method: String
    /// `http`, `https`, `ws` or `wss`; nil when only a target is given.
    package private(set) var scheme: String?
    /// What `Host` says unless a header line does.
    package private(set) var authority = "localhost"
    package private(set) var target: String
    package var isWebSocket: Bool
    /// `Name: value`
    package var headerLines: [String] = []
    package var token: String?

    /// `url` is a whole URL, or only what stands in a request line: then it begins with a slash, and every byte counts.
    package init(method: String, url: String) throws(DescriptionProblem) {
        self.method = method
        self.target = url
        self.isWebSocket = false
        guard url.utf8.first != UInt8(ascii: "/"), url != "*" else { return }
        // Scalars, not characters: a combining mark must not hide a delimiter.
        let scalars = url.unicodeScalars
        guard let mark = scalars.firstRange(of: "://".unicodeScalars) else {
            throw DescriptionProblem("a method comes first, then a URL")
        }
        let scheme = String(scalars[..<mark.lowerBound]).lowercased()
        guard ["http", "https", "ws", "wss"].contains(scheme) else {
            throw DescriptionProblem("a URL begins with http://, https://, ws://, wss:// or, without a host, with /")
        }
        let rest = scalars[mark.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        self.scheme = scheme
        self.isWebSocket = scheme.hasPrefix("ws")
        self.authority = String(rest[..<end])
        guard !self.authority.isEmpty else { throw DescriptionProblem("the URL names no host") }
        guard !rest[..<end].contains("@") else {
            throw DescriptionProblem("leave the user name out of the URL: give what is sent as -H 'Authorization: …'")
        }
        // No client sends what follows a hash.
        let target = rest[end...].prefix { $0 != "#" }
        self.target = target.first == "/" ? String(target) : "/" + String(target)
    }

    /// The port that the URL names, written out or not.
    var port: Int? {
        let start = self.authority.lastIndex(of: "]") ?? self.authority.startIndex
        if let colon = self.authority[start...].lastIndex(of: ":") {
            return Int(self.authority[self.authority.index(after: colon)...])
        }
        switch self.scheme {
        case "http", "ws": return 80
        case "https", "wss": return 443
        default: return nil
        }
    }

    /// The whole head. The token goes where simplejwt's clients put it.
    func bytes(_ settings: SimpleJWTSettings?) -> [UInt8] {
        var lines = ["\(self.method) \(self.target) HTTP/1.1"]
        if !self.names("host") { lines.append("Host: \(self.authority)") }
        lines += self.headerLines
        if let token = self.token {
            let name = settings?.authHeaderName ?? "authorization"
            lines.append("\(name): \(settings?.authHeaderTypes.first ?? "Bearer") \(token)")
        }
        if self.isWebSocket {
            for (name, value) in Self.handshakeLines where !self.names(name.lowercased()) {
                lines.append("\(name): \(value)")
            }
        }
        return Array(lines.map { $0 + "\r\n" }.joined().utf8) + [0x0D, 0x0A]
    }

    private static let handshakeLines = [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ]

    private func names(_ name: String) -> Bool {
        self.headerLines.contains { line in
            String(line.unicodeScalars.prefix { $0 != ":" }).lowercased() == name
        }
    }
}

/// What is wrong with a description.
package struct DescriptionProblem: Error, Sendable {
    package var message: String

    init(_ message: String) { self.message = message }
}
