/// Which header names the gateway may set or read a token from.
enum HeaderNameRule {
    /// Names whose meaning for framing, hop-by-hop handling, handshakes or addresses is fixed, in lower case.
    private static let fixed: [String: String] = {
        var reasons: [String: String] = [:]
        let groups: [(String, [String])] = [
            ("frames messages", ["content-length", "transfer-encoding", "content-encoding", "content-type", "expect"]),
            (
                "belongs to one connection",
                [
                    "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
                    "trailer", "upgrade",
                ]
            ),
            ("says where the request goes or comes from", ["host", "origin", "cookie", "date"]),
            (
                "is set by the gateway itself",
                [
                    "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port",
                    "x-forwarded-prefix", "x-real-ip", "x-request-id",
                ]
            ),
        ]
        for (reason, names) in groups { for name in names { reasons[name] = reason } }
        return reasons
    }()

    /// Why a name in any letter case cannot be used, or nil.
    static func objection(to name: String) -> ScalarProblem? {
        if let objection = self.objection(toForm: name) { return objection }
        let lower = name.lowercased()
        if let reason = self.fixed[lower] { return ScalarProblem("cannot be used: this header \(reason)") }
        if lower.hasPrefix("sec-") {
            return ScalarProblem("cannot be used: this header belongs to the WebSocket handshake")
        }
        return nil
    }

    /// Whether every server would read such a name in the same way.
    static func objection(toForm name: String) -> ScalarProblem? {
        guard !name.isEmpty, name.utf8.allSatisfy(self.isToken) else {
            return ScalarProblem("is not a header name", hint: "letters, digits and -, such as X-User-Id")
        }
        guard name.contains("_") else { return nil }
        return ScalarProblem(
            "holds an underscore",
            hint: "servers fold _ and - into one name: write -",
            suggestion: "servers fold _ and - into one name: write \(name.replacing("_", with: "-"))"
        )
    }

    /// As Django's `META` and CGI servers see it: letter case and punctuation make no difference.
    static func folded(_ name: String) -> String {
        String(
            decoding: name.utf8.map { byte -> UInt8 in
                switch byte {
                case 0x61...0x7A, 0x30...0x39: byte
                case 0x41...0x5A: byte | 0x20
                default: 0x2D
                }
            },
            as: UTF8.self
        )
    }

    /// RFC 9110 section 5.6.2
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
