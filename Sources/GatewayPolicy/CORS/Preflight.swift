import GatewayMessage

/// What the Fetch standard calls a CORS-preflight request: a browser asks, without credentials, whether a page may send
/// what it is about to send.
struct Preflight {
    /// The method of the request that would follow.
    var method: ByteRange

    /// Nil for everything else, also when there is a body: no browser sends one, and nobody has been asked for a token yet.
    /// A line that `Connection` nominates does not count: it goes no further, and behind the gateway the request would be an
    /// ordinary one that nobody has authenticated.
    init?(_ head: borrowing RequestHead, bytes: RawSpan) {
        guard case .options = head.method, Self.isBodiless(head.framing) else { return nil }
        guard let origin = head.first(.origin), !origin.isDropped, !origin.value.isEmpty else { return nil }
        var method: ByteRange?
        for field in head.fields
        where !field.isDropped && bytes.equalsIgnoringCase(field.name, "access-control-request-method") {
            guard method == nil, !field.value.isEmpty else { return nil }
            method = field.value
        }
        guard let method else { return nil }
        self.method = method
    }

    /// Browsers send none, and whatever comes with one would reach the backend unauthenticated.
    private static func isBodiless(_ framing: BodyFraming) -> Bool {
        switch framing {
        case .none, .length(0): true
        case .length, .chunked, .untilClose: false
        }
    }
}
