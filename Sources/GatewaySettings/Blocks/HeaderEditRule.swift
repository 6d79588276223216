/// Which header fields a route may edit.
enum HeaderEditRule {
    enum Side { case request, response }

    private static let perConnection: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "upgrade", "http2-settings",
    ]
    private static let framing: Set<String> = ["content-length", "transfer-encoding", "expect"]

    /// Fields of which a message has one line (RFC 9110 section 5.3): a second one is read in two ways.
    private static let single: Set<String> = [
        "age", "authorization", "content-disposition", "content-location", "content-type", "cookie", "etag", "expires",
        "from", "if-modified-since", "if-unmodified-since", "last-modified", "location", "max-forwards", "referer",
        "retry-after", "server", "strict-transport-security", "user-agent", "x-content-type-options",
        "x-frame-options",
    ]

    /// Why a name in any letter case cannot be edited, or nil. What depends on other keys is checked when all are read.
    static func objection(to name: String, in side: Side) -> ScalarProblem? {
        if let objection = HeaderNameRule.objection(toForm: name) { return objection }
        let lower = name.lowercased()
        if self.framing.contains(lower) { return self.unusable("frames messages") }
        if lower == "content-encoding" || lower == "content-range" { return self.unusable("says how to read the body") }
        if self.perConnection.contains(lower) { return self.unusable("belongs to one connection") }
        if lower.hasPrefix("sec-websocket-") { return self.unusable("belongs to the WebSocket handshake") }
        switch side {
        case .request: return self.objectionToRequest(lower)
        case .response: return lower == "date" ? self.unusable("says when the response was made") : nil
        }
    }

    private static func objectionToRequest(_ name: String) -> ScalarProblem? {
        if name == "host" || name == "origin" { return self.unusable("says where the request goes or comes from") }
        if name == "forwarded" || name == "x-real-ip" || name == "x-request-id" || name.hasPrefix("x-forwarded-") {
            return self.unusable("is set by the gateway itself")
        }
        return nil
    }

    private static func unusable(_ reason: String) -> ScalarProblem {
        ScalarProblem("cannot be edited: this header \(reason)")
    }

    static func isSingle(_ name: String) -> Bool { self.single.contains(name.lowercased()) }
}
