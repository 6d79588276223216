import GatewayMessage
import GatewaySettings

/// Which names and values a route may edit. The settings reader knows this too; here it is checked by who depends on it, for
/// an edit of an owned name would be a forgery that the gateway commits itself.
struct HeaderEditRule {
    enum Direction { case request, response }

    let direction: Direction
    let owned: OwnedHeaders
    let tokenHeader: String
    let hasCORS: Bool

    /// Names that frame a message, belong to one connection or address the request.
    private static let fixed: Set<String> = [
        "connection", "content-length", "expect", "host", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    func objection(to name: String) -> String? {
        guard Self.isName(name) else { return "“\(name)” is not a header name" }
        let folded = String(decoding: FoldedName.folded(name), as: UTF8.self)
        if Self.fixed.contains(folded) { return "“\(name)” belongs to the connection" }
        if folded.hasPrefix("sec-websocket-") { return "“\(name)” belongs to the WebSocket handshake" }
        switch self.direction {
        case .request:
            if self.owned.contains(name) { return "“\(name)” belongs to the gateway" }
            if FoldedName.folded(name) == FoldedName.folded(self.tokenHeader) { return "“\(name)” carries the token" }
        case .response:
            if self.hasCORS, folded.hasPrefix("access-control-") { return "“\(name)” is written by cors" }
        }
        return nil
    }

    /// Servers fold an underscore to a hyphen: such a name would be an alias.
    static func isName(_ name: String) -> Bool { self.isToken(name) && !name.contains("_") }

    /// RFC 9110 section 5.6.2
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
                default: false
                }
            }
    }

    /// No line can end in a value, and no server splits it.
    static func isValue(_ value: String) -> Bool {
        value.unicodeScalars.allSatisfy { $0 == "\t" || ($0.value >= 0x20 && $0.value != 0x7F) }
            && !value.utf8.contains(0x85)
    }
}
