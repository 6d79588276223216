import GatewayMessage
import GatewayTokens

extension Gatekeeper {
    /// Whether the path just read is one that the gateway answers itself.
    func isOwnPath(in head: borrowing RequestHead, bytes: RawSpan) -> Bool {
        guard self.policy.renewals != nil else { return false }
        if self.path.isVerbatim { return RenewalRules.owns(bytes.extracting(head.path.range)) }
        let decoded = self.path.decoded
        return RenewalRules.owns(decoded.span.bytes)
    }

    /// A request below `/.tollgate/`: a renewal, or nothing.
    func renew(_ head: inout RequestHead, bytes: RawSpan, _ now: WallClock) throws(Refusal) -> Verdict {
        guard let renewals = self.policy.renewals, let session = RenewalRules.session(in: head.path, bytes: bytes)
        else {
            throw Refusal(route: nil, reason: .noRoute, logDetail: "nothing is there below /.tollgate/")
        }
        if let preflight = Preflight(head, bytes: bytes) {
            return .preflight(route: nil, headerLines: renewals.preflightLines(preflight, head, bytes: bytes))
        }
        guard case .post = head.method else {
            throw Refusal(
                route: nil, reason: .methodNotAllowed, logDetail: "a renewal is a POST",
                allow: RenewalRules.allowedMethods)
        }
        let identity = try self.verifyRenewal(&head, bytes: bytes, now)
        return .renewal(session: bytes.bytes(session), identity: identity)
    }

    private func verifyRenewal(
        _ head: inout RequestHead,
        bytes: RawSpan,
        _ now: WallClock
    ) throws(Refusal) -> VerifiedIdentity {
        let location: TokenCarriers.Location
        switch self.carriers.find(.header, in: &head, bytes: bytes) {
        case .token(let found), .cookie(let found): location = found
        case .badSubprotocol(let detail): throw Refusal(route: nil, reason: .badSubprotocol, logDetail: detail)
        case .none: throw Refusal(route: nil, reason: .notAuthenticated, logDetail: "no token")
        case .badAuthorizationHeader: throw .badAuthorizationHeader(on: nil)
        case .duplicates: throw .duplicateTokens(on: nil)
        }
        do throws(IdentityProblem) {
            return try self.identify(location, bytes: bytes, now)
        } catch {
            throw Refusal(route: nil, reason: error.reason, logDetail: error.logDetail)
        }
    }

    /// The id that a handshake names, on routes whose sockets can be renewed by it; empty when it names none.
    func session(
        of head: borrowing RequestHead,
        bytes: RawSpan,
        _ route: RouteTerms
    ) throws(Refusal) -> [UInt8] {
        switch SessionID.find(self.policy.sessionQuery, in: head, bytes: bytes) {
        case .none: return []
        case .id(let id): return bytes.bytes(id)
        case .bad:
            let detail: StaticString = "tollgate_session is not one id of 22 to 64 letters, digits, - and _"
            throw Refusal(route: route, reason: .badSession, logDetail: detail)
        }
    }
}
