internal import Glibc

/// `127.0.0.1:8080`, `[::1]:8080`, `name:8000`, `unix:/run/app.sock`.
enum AddressText {
    private static let hint = "write host:port, [::1]:port or unix:/path"

    static func parse(_ text: String, ports: ClosedRange<Int>) throws(ScalarProblem) -> AddressSettings {
        if text.hasPrefix("unix:") { return try self.unix(String(text.dropFirst(5))) }
        if text.contains("://") {
            throw ScalarProblem("is a URL, not an address", hint: "write host:port, without scheme and path")
        }
        if text.hasPrefix("/") {
            throw ScalarProblem(
                "is not an address", hint: self.hint, suggestion: "did you mean unix:\(Excerpt.clean(text))?")
        }
        guard let colon = text.lastIndex(of: ":") else {
            guard let port = try? self.port(text, in: ports) else {
                throw ScalarProblem("names no port", hint: self.hint)
            }
            throw ScalarProblem("names no host", hint: self.hint, suggestion: "write 127.0.0.1:\(port)")
        }
        let port = try self.port(String(text[text.index(after: colon)...]), in: ports)
        return .tcp(host: try self.host(String(text[..<colon])), port: port)
    }

    private static func port(_ text: String, in range: ClosedRange<Int>) throws(ScalarProblem) -> Int {
        guard let port = try? NumberText.parse(text), range.contains(port) else {
            throw ScalarProblem(
                "has no valid port", hint: "a port is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return port
    }

    private static func host(_ text: String) throws(ScalarProblem) -> String {
        if text.hasPrefix("["), text.hasSuffix("]") {
            let literal = String(text.dropFirst().dropLast())
            guard self.isLiteral(literal, AF_INET6) else {
                throw ScalarProblem("holds no valid IPv6 address", hint: self.hint)
            }
            return literal
        }
        guard !text.contains(":") else {
            throw ScalarProblem("is ambiguous", hint: "an IPv6 address stands in brackets: [::1]:8080")
        }
        guard !text.isEmpty, text != "*" else {
            throw ScalarProblem("names no host", hint: "write 0.0.0.0 or [::] before the port for all interfaces")
        }
        if text.utf8.allSatisfy({ $0 == 0x2E || ($0 >= 0x30 && $0 <= 0x39) }) {
            guard self.isLiteral(text, AF_INET) else {
                throw ScalarProblem("holds no valid IPv4 address", hint: self.hint)
            }
            return text
        }
        guard self.isHostName(text) else { throw ScalarProblem("holds no valid host name", hint: self.hint) }
        return text
    }

    private static func isLiteral(_ text: String, _ family: Int32) -> Bool {
        var storage = in6_addr()
        return inet_pton(family, text, &storage) == 1
    }

    /// Underscores occur in the names of containers.
    private static func isHostName(_ text: String) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).enumerated().allSatisfy { index, label in
            guard !label.isEmpty else { return index > 0 && text.hasSuffix(".") }
            guard label.utf8.count <= 63, !label.hasPrefix("-"), !label.hasSuffix("-") else { return false }
            return label.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
        }
    }

    /// `sun_path` holds 108 bytes with the terminating zero; resolving against a folder is checked by the caller.
    static let longestUnixPath = 107

    private static func unix(_ path: String) throws(ScalarProblem) -> AddressSettings {
        guard !path.isEmpty else { throw ScalarProblem("names no path", hint: "write unix:/path/to/socket") }
        guard !path.hasPrefix("@"), !path.hasPrefix("//") else {
            throw ScalarProblem("is not a path", hint: "write unix:/path/to/socket; abstract sockets are not supported")
        }
        return .unix(path: path)
    }
}
