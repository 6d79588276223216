import GatewayMessage
import GatewayProtocol
import Synchronization

/// The open WebSockets of all workers, as far as something counts them or names them: touched when a socket opens or closes,
/// never for a frame.
final class SocketLedger: Sendable {
    /// Whose sockets are counted together.
    enum Key: Hashable {
        case everybody
        case route(String)
        case address(IPAddress, route: String)
        /// Bytes: two users may be equal texts to Swift.
        case user([UInt8], issuer: [UInt8]?, route: String)
    }

    struct Cap {
        var key: Key
        var limit: Int
    }

    private struct State {
        var holders: [Key: SocketHolders] = [:]
        var sessions: [[UInt8]: SocketTicket] = [:]
        /// Of the ticket given out last.
        var number: UInt64 = 0
    }

    private let state = Mutex(State())

    enum Entry {
        case admitted(SocketTicket)
        /// A cap is reached, and no older socket can make room.
        case full
        /// Another open socket has this session's id.
        case sessionInUse
    }

    /// Counts a socket that is about to open. With `dropsOldest` the oldest open one makes room, and is closed by its worker.
    func enter(_ caps: [Cap], session: [UInt8], dropsOldest: Bool) -> Entry {
        var displaced: [SocketTicket] = []
        let entry = self.state.withLock { state -> Entry in
            if !session.isEmpty, state.sessions[session] != nil { return .sessionInUse }
            for cap in caps {
                let leaving = displaced.count { $0.keys.contains(cap.key) }
                guard (state.holders[cap.key]?.count ?? 0) - leaving >= cap.limit else { continue }
                guard dropsOldest,
                    let oldest = state.holders[cap.key]?.first(where: { ticket in
                        ticket.canBeDisplaced && !displaced.contains { $0 === ticket }
                    })
                else {
                    // Nobody leaves for a socket that does not come.
                    displaced = []
                    return .full
                }
                displaced.append(oldest)
            }
            for ticket in displaced { Self.remove(ticket, from: &state) }
            state.number &+= 1
            let ticket = SocketTicket(state.number, keys: caps.map(\.key), session: session)
            for cap in caps { state.holders[cap.key, default: SocketHolders()].append(ticket) }
            if !session.isEmpty { state.sessions[session] = ticket }
            return .admitted(ticket)
        }
        for ticket in displaced { ticket.displace() }
        return entry
    }

    func leave(_ ticket: SocketTicket) { self.state.withLock { Self.remove(ticket, from: &$0) } }

    /// The open socket with this id.
    func socket(ofSession session: [UInt8]) -> SocketTicket? { self.state.withLock { $0.sessions[session] } }

    func count(_ key: Key) -> Int { self.state.withLock { $0.holders[key]?.count ?? 0 } }

    private static func remove(_ ticket: SocketTicket, from state: inout State) {
        for key in ticket.keys {
            // In place: a copy would cost what there is of sockets.
            state.holders[key]?.remove(ticket)
            if state.holders[key]?.count == 0 { state.holders[key] = nil }
        }
        if !ticket.session.isEmpty, state.sessions[ticket.session] === ticket { state.sessions[ticket.session] = nil }
    }
}

/// One counted or named socket. Until its relay is there nobody can reach it.
final class SocketTicket: Sendable {
    /// Younger sockets have higher ones.
    let number: UInt64
    let keys: [SocketLedger.Key]
    /// Empty: it has no name.
    let session: [UInt8]
    private let handle = Mutex<SocketHandle?>(nil)

    fileprivate init(_ number: UInt64, keys: [SocketLedger.Key], session: [UInt8]) {
        self.number = number
        self.keys = keys
        self.session = session
    }

    /// The socket is open.
    func opened(_ handle: SocketHandle) { self.handle.withLock { $0 = handle } }

    var reachable: SocketHandle? { self.handle.withLock { $0 } }

    fileprivate var canBeDisplaced: Bool { self.reachable != nil }

    fileprivate func displace() {
        self.reachable?.stop(WebSocketClose(WebSocketCloseCode.tooManySockets, "replaced by a newer connection"))
    }
}
