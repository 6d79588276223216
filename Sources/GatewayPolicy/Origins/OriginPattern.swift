import GatewayMessage
import GatewaySettings

/// Text of `allowed_origins` to rule, or the reason why the text could never match anything.
enum OriginPattern {
    static func compile(_ pattern: String) throws(PatternProblem) -> OriginRule {
        if pattern == "*" { return .anything }
        if pattern.allSatisfy({ $0.isASCII }) == false { throw Self.nonASCII(pattern) }
        let text = pattern.lowercased()
        if text == "null" { return .null }
        guard let colon = text.firstRange(of: "://") else {
            return .host(try Self.host(text, in: pattern))
        }
        let scheme = String(text[..<colon.lowerBound])
        // A path in a pattern is ignored, as Channels does.
        let authority = text[colon.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard Self.isScheme(scheme) else {
            throw PatternProblem("“\(scheme)” is not a scheme", hint: "for example https://\(authority)")
        }
        let (host, port) = try Self.split(String(authority), of: pattern)
        let bytes = Array(scheme.utf8)
        return .exact(scheme: bytes, try Self.host(host, in: pattern), port: port ?? OriginRule.defaultPort(of: bytes))
    }

    /// Splits `host:port`; the brackets of an IPv6 address stay with the host.
    private static func split(_ authority: String, of pattern: String) throws(PatternProblem) -> (String, Int?) {
        let afterHost =
            authority.hasPrefix("[") ? (authority.firstIndex(of: "]") ?? authority.endIndex) : authority.startIndex
        guard let colon = authority[afterHost...].firstIndex(of: ":") else { return (authority, nil) }
        let digits = authority[authority.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65535
        else {
            throw PatternProblem("“\(pattern)” can never match: “\(digits)” is not a port", hint: nil)
        }
        return (String(authority[..<colon]), port)
    }

    private static func host(_ text: String, in pattern: String) throws(PatternProblem) -> HostRule {
        var host = text
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard !host.isEmpty, host.utf8.allSatisfy({ Self.isHexadecimal($0) || $0 == 0x3A || $0 == 0x2E }) else {
                throw PatternProblem("“\(pattern)” can never match: no IPv6 address in the brackets", hint: "[::1]")
            }
            return HostRule(name: Array(host.utf8))
        }
        if host.isEmpty || host == "." {
            throw PatternProblem("“\(pattern)” can never match: it names no host", hint: nil)
        }
        if host.contains("*") {
            let parent = host.split(separator: "*", omittingEmptySubsequences: false).last.map(String.init) ?? ""
            throw PatternProblem(
                "“\(pattern)” can never match: * inside a pattern is taken literally",
                hint: parent.hasPrefix(".")
                    ? "\(pattern.replacingHost(host, with: parent)) allows every subdomain" : nil
            )
        }
        if host.contains(":") {
            let name = host.prefix { $0 != ":" }
            throw PatternProblem(
                "“\(pattern)” can never match: a port needs a scheme before the host",
                hint: name.isEmpty ? "[\(host)]" : "\(name), or https://\(host)"
            )
        }
        guard host.utf8.allSatisfy({ Self.isHostByte($0) }) else {
            throw PatternProblem("“\(pattern)” can never match: “\(host)” is not a host name", hint: nil)
        }
        return HostRule(name: Array(host.utf8))
    }

    private static func nonASCII(_ pattern: String) -> PatternProblem {
        let hint = Punycode.host(pattern.lowercased()).map { "browsers send \($0)" }
        return PatternProblem("“\(pattern)” can never match: origins are ASCII", hint: hint)
    }

    private static func isScheme(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}

extension String {
    fileprivate func replacingHost(_ host: String, with other: String) -> String {
        guard let range = self.lowercased().firstRange(of: host) else { return other }
        return self.lowercased().replacingCharacters(in: range, with: other)
    }

    private func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
