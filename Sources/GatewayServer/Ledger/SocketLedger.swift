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
        /// In the order of their opening.
        var holders: [Key: [SocketTicket]] = [:]
        var sessions: [[UInt8]: SocketTicket] = [:]
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
                let holders = state.holders[cap.key] ?? []
                guard holders.count >= cap.limit else { continue }
                guard dropsOldest, let oldest = holders.first(where: \.canBeDisplaced) else { return .full }
                Self.remove(oldest, from: &state)
                displaced.append(oldest)
            }
            let ticket = SocketTicket(keys: caps.map(\.key), session: session)
            for cap in caps { state.holders[cap.key, default: []].append(ticket) }
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
            guard var holders = state.holders.removeValue(forKey: key) else { continue }
            holders.removeAll { $0 === ticket }
            if !holders.isEmpty { state.holders[key] = holders }
        }
        if !ticket.session.isEmpty, state.sessions[ticket.session] === ticket { state.sessions[ticket.session] = nil }
    }
}

/// One counted or named socket. Until its relay is there nobody can reach it.
final class SocketTicket: Sendable {
    let keys: [SocketLedger.Key]
    /// Empty: it has no name.
    let session: [UInt8]
    private let handle = Mutex<SocketHandle?>(nil)

    fileprivate init(keys: [SocketLedger.Key], session: [UInt8]) {
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
