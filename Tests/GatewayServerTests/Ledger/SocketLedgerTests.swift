import GatewayMessage
import NIOEmbedded
import Testing

@testable import GatewayServer

@Suite struct SocketLedgerTests {
    private static let user = SocketLedger.Key.user(Array("7".utf8), issuer: nil, route: "ws/")
    private static let route = SocketLedger.Key.route("ws/")

    private static func ticket(_ entry: SocketLedger.Entry) -> SocketTicket? {
        if case .admitted(let ticket) = entry { return ticket }
        return nil
    }

    @Test func socketsUpToTheCap_areAdmitted_andPlacesComeBack() throws {
        let ledger = SocketLedger()
        let caps = [SocketLedger.Cap(key: Self.user, limit: 2), SocketLedger.Cap(key: .everybody, limit: 10)]
        let first = try #require(Self.ticket(ledger.enter(caps, session: [], dropsOldest: false)))
        _ = try #require(Self.ticket(ledger.enter(caps, session: [], dropsOldest: false)))
        guard case .full = ledger.enter(caps, session: [], dropsOldest: false) else {
            Issue.record("a third socket")
            return
        }
        #expect(ledger.count(Self.user) == 2)
        #expect(ledger.count(.everybody) == 2, "who is refused is not counted anywhere")
        ledger.leave(first)
        #expect(Self.ticket(ledger.enter(caps, session: [], dropsOldest: false)) != nil)
        ledger.leave(first)
        #expect(ledger.count(Self.user) == 2, "leaving twice is leaving once")
    }

    @Test func otherUsers_haveTheirOwnCount() throws {
        let ledger = SocketLedger()
        // The last two are equal texts to Swift.
        for user in ["7", "8", "\u{E9}", "e\u{301}"] {
            for issuer in [nil, "partner"] {
                let key = SocketLedger.Key.user(
                    Array(user.utf8), issuer: issuer.map { Array($0.utf8) }, route: "ws/")
                let entry = ledger.enter([.init(key: key, limit: 1)], session: [], dropsOldest: false)
                #expect(Self.ticket(entry) != nil)
            }
        }
    }

    @Test func socketThatIsNotOpenYet_cannotMakeRoom() throws {
        let ledger = SocketLedger()
        let caps = [SocketLedger.Cap(key: Self.user, limit: 1)]
        _ = try #require(Self.ticket(ledger.enter(caps, session: [], dropsOldest: true)))
        guard case .full = ledger.enter(caps, session: [], dropsOldest: true) else {
            Issue.record("nobody could be asked to make room")
            return
        }
    }

    /// In debug builds it takes half a second; with a search among all of them for each that leaves, minutes.
    @Test(.timeLimit(.minutes(1))) func manySockets_leaveAtOnce() throws {
        let ledger = SocketLedger()
        let caps = [SocketLedger.Cap(key: Self.route, limit: .max), SocketLedger.Cap(key: .everybody, limit: .max)]
        var tickets: [SocketTicket] = []
        for _ in 0..<100_000 {
            tickets.append(try #require(Self.ticket(ledger.enter(caps, session: [], dropsOldest: false))))
        }
        tickets.shuffle()
        for ticket in tickets.dropLast() { ledger.leave(ticket) }
        #expect(ledger.count(.everybody) == 1)
        ledger.leave(try #require(tickets.last))
        #expect(ledger.count(.everybody) == 0 && ledger.count(Self.route) == 0)
    }

    @Test func holders_areInTheirOrder_whoeverLeaves() throws {
        let ledger = SocketLedger()
        var holders = SocketHolders()
        var expected: [SocketTicket] = []
        var random = SystemRandomNumberGenerator()
        for turn in 0..<4000 {
            // It grows, and shrinks again.
            if expected.isEmpty || Int.random(in: 0..<100, using: &random) < (turn < 2000 ? 60 : 40) {
                let ticket = try #require(Self.ticket(ledger.enter([], session: [], dropsOldest: false)))
                holders.append(ticket)
                expected.append(ticket)
            } else {
                let index = Bool.random(using: &random) ? 0 : Int.random(in: expected.indices, using: &random)
                let ticket = expected.remove(at: index)
                holders.remove(ticket)
                holders.remove(ticket)
            }
            #expect(holders.count == expected.count)
            #expect(holders.first { _ in true } === expected.first)
            let middle = expected.isEmpty ? nil : expected[expected.count / 2]
            #expect(holders.first { $0 === middle } === middle)
        }
    }

    @Test func session_namesOneOpenSocket() throws {
        let ledger = SocketLedger()
        let session = Array("0123456789abcdef0123456789abcdef".utf8)
        let ticket = try #require(Self.ticket(ledger.enter([], session: session, dropsOldest: false)))
        #expect(ledger.socket(ofSession: session) === ticket)
        guard case .sessionInUse = ledger.enter([], session: session, dropsOldest: false) else {
            Issue.record("the same id twice")
            return
        }
        ledger.leave(ticket)
        #expect(ledger.socket(ofSession: session) == nil)
        #expect(Self.ticket(ledger.enter([], session: session, dropsOldest: false)) != nil)
    }

    @Test func randomSessionIDs_areFitToBeNamedByClients() {
        let ids = Set((0..<100).map { _ in SessionID.random() })
        #expect(ids.count == 100)
        #expect(ids.allSatisfy { $0.count == 32 })
    }
}
