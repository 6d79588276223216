/// One room: who is in it and what was said last. Pure: events come in, deliveries go out.
struct ChatRoom {
    typealias SocketID = Int

    /// Something to send, and to whom.
    struct Delivery: Equatable {
        let recipients: [SocketID]
        let event: ChatEvent
    }

    static let historyLimit = 40
    /// In UTF-8 bytes over all kept messages, so that joining never floods a socket.
    static let historyBytes = 24 * 1024
    static let messageLimit = 2000

    let room: DemoDirectory.Room
    private var history: [ChatLine] = []
    private var present: [(socket: SocketID, user: DemoDirectory.User)] = []

    init(_ room: DemoDirectory.Room) {
        self.room = room
    }

    /// The names of those here, each once however many sockets it has, in the order they came.
    var online: [String] {
        var names: [String] = []
        for entry in present where !names.contains(entry.user.name) { names.append(entry.user.name) }
        return names
    }

    mutating func join(_ socket: SocketID, user: DemoDirectory.User) -> [Delivery] {
        let isNew = !present.contains { $0.user == user }
        present.append((socket, user))
        let status = ChatEvent.userStatus(user: user, isOnline: true, online: online)
        return [
            Delivery(recipients: [socket], event: .history(room: room, lines: history)),
            Delivery(recipients: isNew ? everybody : [socket], event: status),
        ]
    }

    mutating func leave(_ socket: SocketID) -> [Delivery] {
        guard let index = present.firstIndex(where: { $0.socket == socket }) else { return [] }
        let user = present.remove(at: index).user
        // Another tab of the same user is still here.
        guard !present.contains(where: { $0.user == user }) else { return [] }
        return [Delivery(recipients: everybody, event: .userStatus(user: user, isOnline: false, online: online))]
    }

    /// A text frame from a socket, whatever it holds.
    mutating func receive(_ text: String, from socket: SocketID, now: Int64) -> [Delivery] {
        guard let sender = present.first(where: { $0.socket == socket })?.user else { return [] }
        switch Self.message(in: text) {
        case .failure(let problem): return [Delivery(recipients: [socket], event: problem.event)]
        case .success(let message):
            let line = ChatLine(id: TokenMint.identifier(), user: sender, text: message, seconds: now)
            remember(line)
            return [Delivery(recipients: everybody, event: .message(line))]
        }
    }

    private struct Problem: Error {
        let event: ChatEvent
    }

    private static func message(in text: String) -> Result<String, Problem> {
        func problem(_ code: String, _ text: String) -> Result<String, Problem> {
            .failure(Problem(event: .problem(code: code, text: text)))
        }
        guard let value = JSONReader.read(text), let message = value["message"]?.string,
            value["type"] == nil || value["type"] == "message"
        else { return problem("bad_message", #"Expected {"type":"message","message":"…"}."#) }
        let trimmed = message.drop(while: \.isWhitespace)
        guard !trimmed.isEmpty else { return problem("empty", "The message is empty.") }
        guard message.unicodeScalars.count <= messageLimit else {
            return problem("too_long", "A message has at most \(messageLimit) characters.")
        }
        return .success(message)
    }

    private var everybody: [SocketID] { present.map(\.socket) }

    private mutating func remember(_ line: ChatLine) {
        history.append(line)
        var bytes = history.reduce(0) { $0 + $1.text.utf8.count }
        while history.count > Self.historyLimit || bytes > Self.historyBytes, let first = history.first {
            bytes -= first.text.utf8.count
            history.removeFirst()
        }
    }
}
