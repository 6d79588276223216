import NIOHTTP1

/// The views that show what the gateway told the backend.
extension DemoSite {
    /// Every room, also those that would refuse: somebody must be able to knock at a closed door.
    func rooms(_ request: DemoRequest, online: (Int) -> Int) -> DemoResponse {
        guard let user = request.userID.flatMap(directory.user(id:)) else {
            return .detail(
                "Authentication credentials were not provided.", status: .unauthorized, headers: DemoResponse.challenge
            )
        }
        let rooms = directory.rooms.map { room -> JSONValue in
            [
                "id": .int(room.id), "name": .string(room.name), "topic": .string(room.topic),
                "is_member": .bool(room.admits(user)),
                "online_count": .int(room.admits(user) ? online(room.id) : 0),
            ]
        }
        return .json(.array(rooms))
    }

    /// The identity as it arrived, in every spelling a server might fold to it. Tokens are mentioned, never repeated.
    func whoAmI(_ request: DemoRequest) -> DemoResponse {
        let user = request.userID.flatMap(directory.user(id:))
        let authorization = request.headers.first(name: "Authorization")
        let scheme = authorization.map { String($0.prefix(while: { $0 != " " })) }
        return .json([
            "user": user.map { ["id": .string($0.id), "username": .string($0.name)] } ?? .null,
            "identity": headers(of: request) { $0.hasPrefix("x-user-") || $0 == "remote-user" },
            "authorization": [
                "present": .bool(authorization != nil),
                "scheme": scheme.map { .string(String($0.prefix(32))) } ?? .null,
            ],
            "query_token": .bool(request.query.split(separator: "&").contains { $0.hasPrefix("token=") }),
            "forwarded": headers(of: request) {
                $0.hasPrefix("x-forwarded-") || $0 == "forwarded" || $0 == "x-real-ip"
            },
        ])
    }

    private func headers(of request: DemoRequest, where isWanted: (String) -> Bool) -> JSONValue {
        let found = request.headers.filter { isWanted(String($0.name.lowercased().map { $0 == "_" ? "-" : $0 })) }
        return .array(found.map { ["name": .string($0.name), "value": .string($0.value)] })
    }
}
