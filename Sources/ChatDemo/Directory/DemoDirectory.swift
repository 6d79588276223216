/// The demo's user table, its rooms and who belongs to them. Fixed, because a demo needs no database.
struct DemoDirectory: Sendable {
    struct User: Sendable, Equatable {
        let id: String
        let name: String
        let password: String
    }

    struct Room: Sendable, Equatable {
        let id: Int
        let name: String
        let topic: String
        let memberIDs: [String]
    }

    let users: [User]
    let rooms: [Room]

    static let standard = DemoDirectory(
        users: [
            User(id: "1", name: "alice", password: "alice-demo"),
            User(id: "2", name: "bob", password: "bob-demo"),
            User(id: "3", name: "mallory", password: "mallory-demo"),
        ],
        rooms: [
            Room(id: 1, name: "General", topic: "Everything and nothing", memberIDs: ["1", "2"]),
            Room(id: 2, name: "Engineering", topic: "Sockets, tokens and trade-offs", memberIDs: ["1", "2"]),
            Room(id: 3, name: "Alice's notes", topic: "A room of one's own", memberIDs: ["1"]),
        ]
    )

    func user(id: String) -> User? {
        users.first { $0.id == id }
    }

    func user(name: String, password: String) -> User? {
        users.first { $0.name == name && $0.password == password }
    }

    func room(id: Int) -> Room? {
        rooms.first { $0.id == id }
    }
}

extension DemoDirectory.Room {
    func admits(_ user: DemoDirectory.User) -> Bool {
        memberIDs.contains(user.id)
    }
}
