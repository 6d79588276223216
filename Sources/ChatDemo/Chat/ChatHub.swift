import NIOCore
import NIOWebSocket

/// The group layer: rooms, and the sockets that are in them. Confined to the server's one event loop.
final class ChatHub {
    static let socketLimit = 256

    private var rooms: [Int: ChatRoom]
    private var sockets: [ChatRoom.SocketID: (handler: ChatSocketHandler, roomID: Int)] = [:]
    private var nextID: ChatRoom.SocketID = 1
    private let now: @Sendable () -> Int64

    init(rooms: [DemoDirectory.Room], now: @escaping @Sendable () -> Int64) {
        self.rooms = Dictionary(rooms.map { ($0.id, ChatRoom($0)) }, uniquingKeysWith: { first, _ in first })
        self.now = now
    }

    var isFull: Bool { sockets.count >= Self.socketLimit }

    func onlineCount(inRoom id: Int) -> Int {
        rooms[id]?.online.count ?? 0
    }

    func join(_ handler: ChatSocketHandler, user: DemoDirectory.User, room: DemoDirectory.Room) -> ChatRoom.SocketID {
        let id = nextID
        nextID += 1
        sockets[id] = (handler, room.id)
        deliver(rooms[room.id]?.join(id, user: user) ?? [])
        return id
    }

    func leave(_ id: ChatRoom.SocketID) {
        guard let roomID = sockets.removeValue(forKey: id)?.roomID else { return }
        deliver(rooms[roomID]?.leave(id) ?? [])
    }

    func receive(_ text: String, from id: ChatRoom.SocketID) {
        guard let roomID = sockets[id]?.roomID else { return }
        deliver(rooms[roomID]?.receive(text, from: id, now: now()) ?? [])
    }

    func pingAll() {
        for socket in sockets.values { socket.handler.ping() }
    }

    /// Says goodbye to everybody; the code is the one for a service that restarts.
    func closeAll() {
        for socket in sockets.values { socket.handler.close(.unknown(1012), reason: "the chat server is stopping") }
    }

    private func deliver(_ deliveries: [ChatRoom.Delivery]) {
        for delivery in deliveries {
            let text = ByteBuffer(string: delivery.event.json.text)
            for id in delivery.recipients { sockets[id]?.handler.send(text) }
        }
    }
}
