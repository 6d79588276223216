import GatewayMessage

/// One entry of `cors.origins`.
enum CORSOrigin: Sendable, Equatable {
    case anyone
    /// As a browser serializes it.
    case exact(String)

    var text: String {
        switch self {
        case .anyone: "*"
        case .exact(let text): text
        }
    }

    init(_ text: String) throws(PatternProblem) {
        if text == "*" {
            self = .anyone
            return
        }
        let lower = text.lowercased()
        if lower == "null" {
            self = .exact(lower)
            return
        }
        guard lower.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw PatternProblem(
                "“\(text)” can never match: origins are ASCII",
                hint: Punycode.host(lower).map { "browsers send \($0)" }
            )
        }
        let bytes = Array(lower.utf8)
        let whole = ByteRange(start: 0, end: bytes.count)
        guard let origin = Origin(whole, in: bytes.span.bytes), !origin.scheme.isEmpty,
            bytes[origin.host.lowerBound] != .dot, !bytes.contains(UInt8(ascii: "*"))
        else {
            throw PatternProblem(
                "“\(text)” is not an origin", hint: "scheme and host, without a path: https://app.example.com")
        }
        // A browser leaves a scheme's own port out.
        let usual = OriginRule.defaultPort(of: Array(bytes[origin.scheme.range]))
        let port = origin.port.flatMap { $0 == usual ? nil : ":\($0)" } ?? ""
        let isBracketed = bytes[origin.host.lowerBound - 1] == UInt8(ascii: "[")
        let hostEnd = origin.host.upperBound + (isBracketed ? 1 : 0)
        self = .exact(String(decoding: bytes[..<hostEnd], as: UTF8.self) + port)
    }
}
