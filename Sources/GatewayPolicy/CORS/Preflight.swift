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
        guard case .options = head.method, head.framing == .none || head.framing == .length(0),
            head.first(.origin) != nil
        else { return nil }
        var method: ByteRange?
        for field in head.fields
        where !field.isDropped && bytes.equalsIgnoringCase(field.name, "access-control-request-method") {
            guard method == nil, !field.value.isEmpty else { return nil }
            method = field.value
        }
        guard let method else { return nil }
        self.method = method
    }
}
