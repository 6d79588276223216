import Testing

@testable import ChatDemo

@Suite struct ChatRoomTests {
    private let alice = DemoDirectory.standard.users[0]
    private let bob = DemoDirectory.standard.users[1]
    private var room = ChatRoom(DemoDirectory.standard.rooms[0])

    @Test mutating func joining_tellsEverybody_andTheNewcomerGetsTheHistory() {
        _ = room.join(1, user: alice)
        _ = room.receive(#"{"type":"message","message":"hello"}"#, from: 1, now: 5)
        let deliveries = room.join(2, user: bob)
        guard case .history(_, let lines) = deliveries.first?.event else { return #expect(Bool(false), "no history") }
        #expect(deliveries.first?.recipients == [2])
        #expect(lines.map(\.text) == ["hello"])
        #expect(
            deliveries.last
                == .init(recipients: [1, 2], event: .userStatus(user: bob, isOnline: true, online: ["alice", "bob"]))
        )
    }

    @Test mutating func secondTab_isToldWhoIsHere_butNobodyHearsOfIt() {
        _ = room.join(1, user: alice)
        _ = room.join(2, user: bob)
        #expect(room.join(3, user: alice).last?.recipients == [3])
        #expect(room.leave(1) == [])
        #expect(room.online == ["bob", "alice"])
        #expect(
            room.leave(3)
                == [.init(recipients: [2], event: .userStatus(user: alice, isOnline: false, online: ["bob"]))]
        )
        #expect(room.leave(3) == [])
    }

    @Test mutating func message_reachesEverySocket_underTheNameOfItsSender() {
        _ = room.join(1, user: alice)
        _ = room.join(2, user: bob)
        let deliveries = room.receive(
            #"{"message":"hi","username":"alice","user_id":"1"}"#, from: 2, now: 1_700_000_000)
        #expect(deliveries.map(\.recipients) == [[1, 2]])
        let json = deliveries.first?.event.json
        #expect(json?["type"] == "chat_message")
        #expect(json?["username"] == "bob")
        #expect(json?["message"] == "hi")
        #expect(json?["time"] == "2023-11-14T22:13:20Z")
    }

    @Test(arguments: [
        ("", "bad_message"), ("[]", "bad_message"), (#"{"type":"history","message":"x"}"#, "bad_message"),
        (#"{"message":7}"#, "bad_message"), (#"{"message":" \n "}"#, "empty"),
    ])
    mutating func message_isRefusedToItsSenderOnly_whenItIsBad(text: String, code: String) {
        _ = room.join(1, user: alice)
        _ = room.join(2, user: bob)
        let deliveries = room.receive(text, from: 1, now: 0)
        #expect(deliveries.map(\.recipients) == [[1]])
        #expect(deliveries.first?.event.json["code"] == .string(code))
    }

    @Test mutating func message_isRefused_whenLongerThanTheLimit() {
        _ = room.join(1, user: alice)
        func message(_ count: Int) -> String { #"{"message":"\#(String(repeating: "é", count: count))"}"# }
        #expect(
            room.receive(message(ChatRoom.messageLimit), from: 1, now: 0).first?.event.json["type"] == "chat_message")
        #expect(
            room.receive(message(ChatRoom.messageLimit + 1), from: 1, now: 0).first?.event.json["code"] == "too_long")
    }

    @Test mutating func history_staysBounded_howeverMuchIsSaid() {
        _ = room.join(1, user: alice)
        for _ in 0..<200 { _ = room.receive(#"{"message":"short"}"#, from: 1, now: 0) }
        #expect(history().count == ChatRoom.historyLimit)
        let long = #"{"message":"\#(String(repeating: "x", count: 2000))"}"#
        for _ in 0..<200 { _ = room.receive(long, from: 1, now: 0) }
        #expect(history().reduce(0) { $0 + $1.text.utf8.count } <= ChatRoom.historyBytes)
        #expect(!history().isEmpty)
    }

    @Test mutating func stranger_isIgnored_whenNotInTheRoom() {
        #expect(room.receive(#"{"message":"boo"}"#, from: 9, now: 0) == [])
    }

    private mutating func history() -> [ChatLine] {
        guard case .history(_, let lines) = room.join(99, user: bob).first?.event else { return [] }
        _ = room.leave(99)
        return lines
    }
}
