import GatewayMessage

/// Requests that bring an open WebSocket a new token: `POST /.tollgate/sessions/<id>/token`. They are the gateway's own, as
/// is everything else below `/.tollgate/`, and no route sees them.
struct RenewalRules: Sendable {
    /// Of the routes that can be renewed so: whose pages may open a socket may also renew it.
    private let origins: [OriginRules]
    private let preflightLines: [UInt8]

    static let allowedMethods: [UInt8] = Array("POST".utf8)
    private static let folder: [UInt8] = Array("/.tollgate".utf8)
    private static let opening: [UInt8] = Array("/.tollgate/sessions/".utf8)
    private static let ending: [UInt8] = Array("/token".utf8)

    /// Nil when no route can be renewed so.
    init?(_ routes: [RouteTerms], tokenHeader: [UInt8]) {
        let renewing = routes.filter(\.takesSession)
        guard !renewing.isEmpty else { return nil }
        var origins: [OriginRules] = []
        for rules in renewing.compactMap(\.origins) where !origins.contains(rules) { origins.append(rules) }
        self.origins = origins
        self.preflightLines =
            Array("Access-Control-Allow-Methods: POST\r\nAccess-Control-Allow-Headers: ".utf8) + tokenHeader
            + Array("\r\nAccess-Control-Max-Age: 3600\r\n".utf8)
    }

    /// Whether a decoded path is the gateway's own.
    static func owns(_ path: RawSpan) -> Bool {
        guard path.byteCount >= Self.folder.count else { return false }
        for index in 0..<Self.folder.count where path.at(index) != Self.folder[index] { return false }
        return path.byteCount == Self.folder.count || path.at(Self.folder.count) == .slash
    }

    /// The id in a path that has this form exactly, as it was sent.
    static func session(in path: ByteRange, bytes: RawSpan) -> ByteRange? {
        let length = path.count - Self.opening.count - Self.ending.count
        guard SessionID.lengths.contains(length) else { return nil }
        let start = path.lowerBound + Self.opening.count
        let id = ByteRange(start: start, end: start + length)
        guard bytes.isEqual(ByteRange(start: path.lowerBound, end: start), Self.opening),
            bytes.isEqual(ByteRange(start: id.upperBound, end: path.upperBound), Self.ending),
            SessionID.isValid(id, in: bytes)
        else { return nil }
        return id
    }

    // MARK: Lines

    private static let preflightVary: [UInt8] = Array(
        "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n".utf8)

    func preflightLines(_ preflight: Preflight, _ head: borrowing RequestHead, bytes: RawSpan) -> [UInt8] {
        guard bytes.isEqual(preflight.method, Self.allowedMethods), let origin = self.readable(head, bytes: bytes)
        else {
            return Self.preflightVary
        }
        return Self.allowOrigin(origin, bytes) + self.preflightLines + Self.preflightVary
    }

    /// What lets a page read the answer to its renewal, refusals too.
    func responseLines(_ head: borrowing RequestHead, bytes: RawSpan) -> [UInt8] {
        let vary = Array("Vary: Origin\r\n".utf8)
        guard let origin = self.readable(head, bytes: bytes) else { return vary }
        return Self.allowOrigin(origin, bytes) + vary
    }

    private static func allowOrigin(_ origin: ByteRange, _ bytes: RawSpan) -> [UInt8] {
        Array("Access-Control-Allow-Origin: ".utf8) + bytes.bytes(origin) + [0x0D, 0x0A]
    }

    private func readable(_ head: borrowing RequestHead, bytes: RawSpan) -> ByteRange? {
        for rules in self.origins { if let origin = rules.readable(head, bytes: bytes) { return origin } }
        return nil
    }
}
