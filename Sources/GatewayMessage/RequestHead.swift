/// One request's head, whatever protocol version carried it: ranges into one block of received bytes, and the edits that
/// forwarding needs. It owns no bytes: the block travels beside it as a `RawSpan` or a buffer.
///
/// Filled by a parser (`GatewayProtocol`), marked by the policy (`GatewayPolicy`), read by the head writer. The array is
/// reused from request to request, so a keep-alive connection allocates nothing for its heads.
package struct RequestHead: Sendable {
    package var method: RequestMethod = .other
    package var methodName: ByteRange = .empty
    /// Origin-form: path and query. For an absolute-form request the part behind the authority.
    package var target: ByteRange = .empty
    package var path: ByteRange = .empty
    /// What follows the first `?`, without it; nil when there is no `?`.
    package var query: ByteRange?
    /// Bytes of `query` that must not go upstream (the token parameter with one neighbouring `&`); in order, disjoint.
    package var queryCuts: [ByteRange] = []
    /// Bytes cut from the front of `path` when it is written; the writer puts `/` when nothing is left and adds the prefix.
    package var strippedPath = 0
    /// 0 for HTTP/1.0, 1 for HTTP/1.1 and later versions.
    package var minorVersion: UInt8 = 1
    package var fields: [HeaderField] = []
    /// The value of `Host`; nil only in HTTP/1.0 requests without one.
    package var host: ByteRange?
    package var framing: BodyFraming = .none
    /// Whether the client wants the connection kept after this exchange (RFC 9112 section 9.3).
    package var keepsAlive = true
    /// `Expect: 100-continue` (RFC 9110 section 10.1.1); the field itself is already marked as dropped.
    package var expectsContinue = false
    package var upgrade: RequestedUpgrade = .none
    /// Length of the whole head in the block, the empty line included.
    package var blockLength = 0

    package init() {}

    /// Back to the state of `init()`, keeping the arrays' storage.
    package mutating func reset() {
        // Swapped out, not copied: emptying shared storage would allocate anew.
        var empty = RequestHead()
        swap(&empty.fields, &self.fields)
        swap(&empty.queryCuts, &self.queryCuts)
        empty.fields.removeAll(keepingCapacity: true)
        empty.queryCuts.removeAll(keepingCapacity: true)
        self = empty
    }

    /// The first field that is `known`, dropped or not.
    package func first(_ known: KnownField) -> HeaderField? {
        for field in self.fields where field.known == known { return field }
        return nil
    }
}

/// One header line of a head.
package struct HeaderField: Sendable, Equatable {
    package var name: ByteRange
    /// Without the optional white space around it (RFC 9112 section 5).
    package var value: ByteRange
    package var known: KnownField
    /// Whether the line must not be forwarded. Set by the parser for hop-by-hop fields, the fields that `Connection`
    /// nominates, and names with `_`; set by the policy for the fields the gateway owns.
    package var isDropped = false
    /// `FoldedName.hash` of the name.
    package var foldedHash: UInt32

    package init(name: ByteRange, value: ByteRange, known: KnownField, foldedHash: UInt32) {
        self.name = name
        self.value = value
        self.known = known
        self.foldedHash = foldedHash
    }
}

package enum RequestMethod: UInt8, Sendable {
    case get, head, post, put, patch, delete, options, connect, trace, other

    /// Safe methods change nothing (RFC 9110 section 9.2.1).
    package var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .patch, .delete, .connect, .other: false
        }
    }

    /// A request may be sent twice when the first connection died before answering (RFC 9110 section 9.2.2).
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .options, .trace, .put, .delete: true
        case .post, .patch, .connect, .other: false
        }
    }
}

/// How the end of a message body is known (RFC 9112 section 6.3).
package enum BodyFraming: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
    /// Responses only: the body ends with the connection.
    case untilClose
}

/// What a request's `Connection: upgrade` asked for. Anything but a WebSocket is served as if nothing had been asked.
package enum RequestedUpgrade: Sendable, Equatable {
    case none
    case webSocket
    case other
}
