import NIOHTTP1

/// The backend's URL table and its views as a function from request to response: no sockets, no clock of its own.
struct DemoSite: Sendable {
    let directory: DemoDirectory
    let mint: TokenMint
    let page: ChatPage

    /// What a WebSocket handshake meets.
    enum Admission: Equatable {
        case accept(user: DemoDirectory.User, room: DemoDirectory.Room)
        /// Closed before it was accepted: the wire shows HTTP 403, whatever close code the consumer had in mind.
        case forbidden
        case notFound
    }

    /// - Parameter online: how many people are in a room now.
    func respond(to request: DemoRequest, now: Int64, online: (Int) -> Int) -> DemoResponse {
        if request.asksForWebSocket { return refusal(ofHandshake: request) }
        switch request.path {
        case "/": return view(request, allowing: [.GET, .HEAD]) { page.response }
        case "/api/token/": return view(request, allowing: [.POST]) { obtainToken(request, now: now) }
        case "/api/token/refresh/": return view(request, allowing: [.POST]) { refreshToken(request, now: now) }
        case "/api/rooms/": return view(request, allowing: [.GET, .HEAD]) { rooms(request, online: online) }
        case "/api/whoami/": return view(request, allowing: [.GET, .HEAD]) { whoAmI(request) }
        default: return .detail("Not found.", status: .notFound)
        }
    }

    /// `/ws/chat/<room_id>/`, decided by the injected identity alone: the gateway has verified the token already.
    func admission(ofHandshake request: DemoRequest) -> Admission {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "ws", parts[2] == "chat", parts[4].isEmpty,
            !parts[3].isEmpty, parts[3].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return .notFound }
        guard let user = request.userID.flatMap(directory.user(id:)),
            let room = Int(parts[3]).flatMap(directory.room(id:)), room.admits(user)
        else { return .forbidden }
        return .accept(user: user, room: room)
    }

    /// The answer to a handshake that did not become a socket.
    private func refusal(ofHandshake request: DemoRequest) -> DemoResponse {
        switch admission(ofHandshake: request) {
        case .forbidden: .empty(.forbidden)
        case .notFound: .detail("Not found.", status: .notFound)
        case .accept:
            // Admitted, but NIO found the handshake malformed (RFC 6455 section 4.2.2).
            DemoResponse(status: .badRequest, headers: ["Sec-WebSocket-Version": "13"], body: [])
        }
    }

    private func view(
        _ request: DemoRequest, allowing methods: [HTTPMethod], answer: () -> DemoResponse
    ) -> DemoResponse {
        if methods.contains(request.method) { return answer() }
        let allowed: HTTPHeaders = ["Allow": (methods.map(\.rawValue) + ["OPTIONS"]).joined(separator: ", ")]
        if request.method == .OPTIONS { return .json([:], headers: allowed) }
        return .detail(
            "Method \"\(request.method.rawValue)\" not allowed.", status: .methodNotAllowed, headers: allowed)
    }
}
