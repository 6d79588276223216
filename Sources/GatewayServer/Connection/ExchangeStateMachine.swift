/// Where one request and its response stand. Pure: it owns no bytes and no connection, and is told what happened.
///
///     idle ── begin ──▶ connecting ── connected ──▶ awaitingHead ── final head ──▶ responding ── end ──▶ idle or draining
///                            │                          │                             │
///                            └── failed ── retry ◀──────┘ failed                      └── failed: abort the client
///
/// `draining` is an exchange whose response is complete while the rest of the request body still arrives and is dropped.
struct ExchangeStateMachine {
    /// What is known of the request's way upstream.
    private struct Request: Equatable {
        var hasEnded: Bool
        /// Whether body bytes have gone upstream: such a request is never sent again.
        var bodyWasSent = false
        /// Whether a second attempt is allowed when a reused connection dies before answering.
        var mayRetry: Bool
    }

    private enum State: Equatable {
        case idle
        case connecting(Request)
        case awaitingHead(Request, onReusedConnection: Bool)
        case responding(Request)
        case draining
    }

    private var state = State.idle

    var isIdle: Bool { self.state == .idle }

    /// Whether body bytes may be handed on or dropped now; while a connection is being made they wait.
    var acceptsRequestBody: Bool {
        switch self.state {
        case .awaitingHead, .responding, .draining: true
        case .idle, .connecting: false
        }
    }

    var isConnecting: Bool {
        if case .connecting = self.state { return true }
        return false
    }

    var awaitsResponseHead: Bool {
        if case .awaitingHead = self.state { return true }
        return false
    }

    var isResponding: Bool {
        if case .responding = self.state { return true }
        return false
    }

    /// Whether only the rest of a request is missing, which is read and dropped.
    var isDraining: Bool { self.state == .draining }

    /// Whether the client has been told the status already.
    var hasResponded: Bool {
        switch self.state {
        case .responding, .draining: true
        case .idle, .connecting, .awaitingHead: false
        }
    }

    mutating func begin(bodyFollows: Bool, mayRetry: Bool) {
        precondition(self.state == .idle, "begin in \(self.state)")
        self.state = .connecting(Request(hasEnded: !bodyFollows, mayRetry: mayRetry && !bodyFollows))
    }

    enum ConnectedAction: Equatable {
        case sendHead(requestEnded: Bool)
        /// The client went away or was answered while the connection was made.
        case releaseConnection
    }

    mutating func connected(reused: Bool) -> ConnectedAction {
        switch self.state {
        case .connecting(let request):
            self.state = .awaitingHead(request, onReusedConnection: reused)
            return .sendHead(requestEnded: request.hasEnded)
        case .idle, .draining:
            return .releaseConnection
        case .awaitingHead, .responding:
            preconditionFailure("connected in \(self.state)")
        }
    }

    enum BodyAction: Equatable { case forward, drop }

    mutating func requestBodyReceived() -> BodyAction {
        switch self.state {
        case .awaitingHead(var request, let reused):
            request.bodyWasSent = true
            self.state = .awaitingHead(request, onReusedConnection: reused)
            return .forward
        case .responding:
            return .forward
        case .draining:
            return .drop
        case .idle, .connecting:
            preconditionFailure("body in \(self.state)")
        }
    }

    enum RequestEndAction: Equatable { case endUpstreamRequest, finish }

    mutating func requestEnded() -> RequestEndAction {
        switch self.state {
        case .awaitingHead(var request, let reused):
            request.hasEnded = true
            self.state = .awaitingHead(request, onReusedConnection: reused)
            return .endUpstreamRequest
        case .responding(var request):
            request.hasEnded = true
            self.state = .responding(request)
            return .endUpstreamRequest
        case .draining:
            self.state = .idle
            return .finish
        case .idle, .connecting:
            preconditionFailure("request end in \(self.state)")
        }
    }

    enum HeadAction: Equatable { case forward, forwardInterim, dropInterim, refuse }

    /// `status` of a head from upstream. 101 is for the caller to look at first; here it is a violation.
    mutating func responseHeadReceived(status: Int) -> HeadAction {
        switch self.state {
        case .awaitingHead(let request, _):
            // The gateway answers 100-continue itself, so upstream's own is not the client's business.
            if status == 100 { return .dropInterim }
            if status == 101 { return .refuse }
            if status < 200 { return .forwardInterim }
            self.state = .responding(request)
            return .forward
        case .idle, .connecting, .responding, .draining:
            return .refuse
        }
    }

    enum ResponseEndAction: Equatable {
        /// Both directions are complete.
        case finish(upstreamIsReusable: Bool)
        /// The rest of the request body is read and dropped; upstream has not read it, so its connection is of no use.
        case drainRequest
    }

    mutating func responseEnded() -> ResponseEndAction {
        switch self.state {
        case .responding(let request):
            self.state = request.hasEnded ? .idle : .draining
            return request.hasEnded ? .finish(upstreamIsReusable: true) : .drainRequest
        case .idle, .connecting, .awaitingHead, .draining:
            preconditionFailure("response end in \(self.state)")
        }
    }

    enum FailureAction: Equatable {
        /// Send the same head again over a fresh connection.
        case retry
        /// Nothing has been told to the client yet: the gateway answers.
        case answer
        /// The client has part of a response: only a broken connection can tell it.
        case abortClient
        /// Late: the exchange had already ended without this upstream.
        case doNothing
    }

    /// The upstream connection could not be made, died, or sent something that is not HTTP.
    mutating func upstreamFailed(beforeAnyResponseByte: Bool) -> FailureAction {
        switch self.state {
        case .awaitingHead(var request, onReusedConnection: true)
        where beforeAnyResponseByte && request.mayRetry && !request.bodyWasSent:
            request.mayRetry = false
            self.state = .connecting(request)
            return .retry
        case .connecting, .awaitingHead:
            return .answer
        case .responding:
            self.state = .idle
            return .abortClient
        case .idle, .draining:
            return .doNothing
        }
    }

    /// The gateway has written an answer of its own.
    mutating func answeredByGateway() {
        switch self.state {
        case .connecting(let request), .awaitingHead(let request, _):
            self.state = request.hasEnded ? .idle : .draining
        case .idle:
            break
        case .responding, .draining:
            preconditionFailure("own answer in \(self.state)")
        }
    }

    /// The rest of the request cannot be read: nothing more of it will come.
    mutating func requestBroken() {
        switch self.state {
        case .connecting(var request):
            request.hasEnded = true
            self.state = .connecting(request)
        case .awaitingHead(var request, let reused):
            request.hasEnded = true
            self.state = .awaitingHead(request, onReusedConnection: reused)
        case .idle, .responding, .draining:
            break
        }
    }

    /// The exchange became a relay, or its client is gone.
    mutating func leave() { self.state = .idle }
}
