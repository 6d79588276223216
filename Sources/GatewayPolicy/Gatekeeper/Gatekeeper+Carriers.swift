import GatewayMessage
import GatewaySettings

extension Gatekeeper {
    /// A page cannot help sending its user's cookies, but cannot choose its Origin either. So what changes something, and a
    /// handshake, which opens a way to change something, takes more than the cookie. With `forward: normalize` the backend
    /// sees a header, and its own defence against forged requests stays out of it.
    func checkOrigin(
        ofCookieIn head: borrowing RequestHead,
        bytes: RawSpan,
        _ route: RouteTerms,
        isWebSocket: Bool
    ) throws(Refusal) {
        if isWebSocket || !head.method.isSafe { try self.checkOrigin(of: head, bytes: bytes, route) }
    }

    /// Takes out of what is forwarded, or has others take out, what cannot be marked in `head`. To be asked after the route's
    /// own edits: cookies that they remove must not come back.
    func takeTokens(from head: inout RequestHead, bytes: RawSpan, isWebSocket: Bool, _ admission: inout Admission) {
        let sources = isWebSocket ? admission.route.webSocketSources : admission.route.httpSources
        let keeps = admission.route.forward == .keep
        if !keeps, sources.contains(.cookie) {
            admission.extraLines += admission.route.tokenCookie.cut(from: &head, bytes: bytes)
        }
        if sources.contains(.subprotocol), self.offered != .none {
            admission.offeredToken = keeps ? .kept : .removed
        }
    }
}
