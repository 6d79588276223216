import GatewayMessage

/// Text of `hosts` to rule, or the reason why the text could never match a `Host`.
enum HostPattern: Sendable, Hashable {
    case anything
    case host(HostRule)

    init(_ text: String) throws(PatternProblem) {
        if text == "*" {
            self = .anything
            return
        }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw PatternProblem(
                "“\(text)” can never match: hosts are ASCII",
                hint: Punycode.host(text.lowercased()).map { "browsers send \($0)" }
            )
        }
        var name = text.lowercased()
        if name.contains(":") {
            self = .host(HostRule(name: try Self.address(name, in: text)))
            return
        }
        if name.hasSuffix(".") { name.removeLast() }
        guard !name.isEmpty, name != "." else {
            throw PatternProblem("“\(text)” can never match: it names no host", hint: nil)
        }
        guard !name.contains("*") else {
            throw PatternProblem(
                "“\(text)” can never match: * inside a pattern is taken literally",
                hint: name.hasPrefix("*.") ? "\(name.dropFirst()) is every subdomain" : nil
            )
        }
        guard name.utf8.allSatisfy({ Self.isHostByte($0) }) else {
            throw PatternProblem("“\(text)” can never match: it is not a host name", hint: nil)
        }
        self = .host(HostRule(name: Array(name.utf8)))
    }

    /// An IPv6 address, with brackets or without; kept with them and in the form that browsers write.
    private static func address(_ name: String, in text: String) throws(PatternProblem) -> [UInt8] {
        let isBracketed = name.hasPrefix("[") && name.hasSuffix("]")
        let inside = isBracketed ? String(name.dropFirst().dropLast()) : name
        guard let address = IPAddress(inside), !address.isV4 else {
            throw PatternProblem(
                "“\(text)” can never match: it is not a host name or address", hint: "without scheme and port")
        }
        return [UInt8(ascii: "[")] + address.text + [UInt8(ascii: "]")]
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    func matches(_ host: ByteRange, in bytes: RawSpan) -> Bool {
        switch self {
        case .anything: true
        case .host(let rule): rule.matches(host, in: bytes)
        }
    }
}
