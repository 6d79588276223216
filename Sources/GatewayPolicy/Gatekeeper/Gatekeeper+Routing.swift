import GatewayMessage

extension Gatekeeper {
    func readPath(_ path: ByteRange, in bytes: RawSpan) throws(Refusal) {
        do throws(PathProblem) {
            try self.path.read(path, in: bytes)
            try self.checkCharacters()
        } catch {
            throw Refusal(route: nil, reason: .badPath(error), logDetail: error.detail)
        }
    }

    /// Python versions disagree about the classes of young characters. A pattern that asks for classes could then match
    /// here and not there.
    private func checkCharacters() throws(PathProblem) {
        guard self.policy.asksForCategories, !self.path.isASCII else { return }
        let decoded = self.path.decoded
        let bytes = decoded.span.bytes
        var offset = 0
        while let (scalar, length) = UTF8Decoding.scalar(in: bytes, at: offset) {
            guard UnicodeClasses.isSettled(scalar) else { throw .unsettledCharacter }
            offset += length
        }
    }

    /// The route that decides about the request: path and host pick it, then the method among its like, and the client's
    /// address must be one that it lets in.
    func route(
        for head: borrowing RequestHead,
        _ preflight: Preflight?,
        bytes: RawSpan,
        isWebSocket: Bool,
        client: IPAddress?
    ) throws(Refusal) -> RouteTerms {
        guard let first = try self.firstMatch(head, bytes: bytes, isWebSocket: isWebSocket) else {
            throw Refusal(route: nil, reason: .noRoute, logDetail: "no route matches")
        }
        let taker = isWebSocket ? first : self.taker(of: head, preflight, from: first, bytes: bytes)
        // Whom the first one keeps out is not told what it takes.
        if let addresses = (taker ?? first).addresses, self.isClientUnknown || !addresses.admits(client) {
            let detail: StaticString = "client address not allowed"
            throw Refusal(route: taker ?? first, reason: .addressNotAllowed, logDetail: detail)
        }
        if let taker { return taker }
        throw Refusal(
            route: first,
            reason: .methodNotAllowed,
            logDetail: "no matching route takes the method",
            allow: self.policy.methods.allowed(from: first.index)
        )
    }

    private func firstMatch(
        _ head: borrowing RequestHead,
        bytes: RawSpan,
        isWebSocket: Bool
    ) throws(Refusal) -> RouteTerms? {
        var host: ByteRange?
        if self.policy.asksForHost, let value = head.host {
            host = HostRules.name(of: value, in: bytes)
            // Passing routes over for it could lead to one that asks for less.
            if host == nil { throw Refusal(route: nil, reason: .badHost, logDetail: "Host has an empty label") }
        }
        if self.path.isVerbatim {
            return self.match(bytes.extracting(head.path.range), host, bytes: bytes, isWebSocket: isWebSocket)
        }
        let decoded = self.path.decoded
        return self.match(decoded.span.bytes, host, bytes: bytes, isWebSocket: isWebSocket)
    }

    /// Where what patterns are about begins. Django takes one slash off the front, Channels all.
    static func startOfMatched(_ path: RawSpan, isWebSocket: Bool) -> Int {
        var start = 1
        if isWebSocket { while start < path.byteCount, path.at(start) == .slash { start += 1 } }
        return start
    }

    /// The first route that serves this kind of request and matches path and host.
    private func match(_ path: RawSpan, _ host: ByteRange?, bytes: RawSpan, isWebSocket: Bool) -> RouteTerms? {
        let rest = path.extracting(Self.startOfMatched(path, isWebSocket: isWebSocket)..<path.byteCount)
        for route in self.policy.routes where route.serves(webSocket: isWebSocket) {
            if let hosts = route.hosts, !hosts.matches(host, in: bytes) { continue }
            if self.policy.patterns[route.index].matches(rest, with: &self.matcher) { return route }
        }
        return nil
    }

    /// The route that takes the method, among those that share the first one's pattern and hosts. A preflight goes where the
    /// request that follows it would go; one that the gateway answers itself goes anywhere.
    private func taker(
        of head: borrowing RequestHead,
        _ preflight: Preflight?,
        from first: RouteTerms,
        bytes: RawSpan
    ) -> RouteTerms? {
        guard self.policy.methods.isUsed else { return first }
        let method = preflight?.method ?? head.methodName
        var index = first.index
        while true {
            let route = self.policy.routes[index]
            guard let methods = route.methods, !methods.allows(method, in: bytes) else { return route }
            guard let next = self.policy.methods.route(after: index) else { break }
            index = next
        }
        return preflight != nil && self.policy.cors != nil ? first : nil
    }
}
