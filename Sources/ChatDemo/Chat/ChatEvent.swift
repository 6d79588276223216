import Glibc

/// What a room tells its sockets, as it appears on the wire.
enum ChatEvent: Sendable, Equatable {
    case message(ChatLine)
    case history(room: DemoDirectory.Room, lines: [ChatLine])
    case userStatus(user: DemoDirectory.User, isOnline: Bool, online: [String])
    /// To one sender only: what was wrong with the last message.
    case problem(code: String, text: String)

    var json: JSONValue {
        switch self {
        case .message(let line): line.json
        case .history(let room, let lines):
            [
                "type": "history", "room_id": .int(room.id), "room": .string(room.name), "topic": .string(room.topic),
                "messages": .array(lines.map(\.json)),
            ]
        case .userStatus(let user, let isOnline, let online):
            [
                "type": "user_status", "user_id": .string(user.id), "username": .string(user.name),
                "is_online": .bool(isOnline), "online_count": .int(online.count),
                "online": .array(online.map { .string($0) }),
            ]
        case .problem(let code, let text): ["type": "error", "code": .string(code), "message": .string(text)]
        }
    }
}

/// One message that was said.
struct ChatLine: Sendable, Equatable {
    let id: String
    let user: DemoDirectory.User
    let text: String
    let seconds: Int64

    var json: JSONValue {
        [
            "type": "chat_message", "id": .string(id), "user_id": .string(user.id), "username": .string(user.name),
            "message": .string(text), "time": .string(Self.timestamp(seconds)),
        ]
    }

    /// ISO 8601 in UTC.
    static func timestamp(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        func padded(_ value: Int32) -> String { (value < 10 ? "0" : "") + String(value) }
        let date = "\(parts.tm_year + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
        return "\(date)T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))Z"
    }
}
