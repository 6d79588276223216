import GatewaySettings
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// One upstream server's address, resolved ahead of time: dialling by name would resolve on another thread every time,
/// even for a literal. Shared by all workers.
final class ServerAddress: Sendable {
    private struct State {
        var addresses: [SocketAddress]
        var next = 0
        var isResolving = false
    }

    let settings: AddressSettings
    private let state: Mutex<State>

    /// Resolves at once, blocking: called while settings are loaded, never on a loop. A name that does not resolve yet is
    /// left empty and tried again when it is dialled.
    init(_ settings: AddressSettings) {
        self.settings = settings
        self.state = Mutex(State(addresses: Self.resolve(settings)))
    }

    /// As in the settings.
    var description: String {
        switch self.settings {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// As the value of a `Host` field.
    var host: [UInt8] {
        if case .unix = self.settings { return Array("localhost".utf8) }
        return Array(self.description.utf8)
    }

    /// How many addresses there are to try.
    var count: Int { max(1, self.state.withLock { $0.addresses.count }) }

    /// The address to dial now; several addresses of one name take turns. Nil when the name has not resolved.
    func next() -> SocketAddress? {
        self.state.withLock { state in
            guard !state.addresses.isEmpty else { return nil }
            let address = state.addresses[state.next % state.addresses.count]
            state.next = (state.next &+ 1) % state.addresses.count
            return address
        }
    }

    /// Resolves the name again in the background; at most one attempt at a time. Literals and paths have nothing to resolve.
    func resolveAgain() {
        guard case .tcp(let host, let port) = self.settings, (try? SocketAddress(ipAddress: host, port: port)) == nil
        else {
            return
        }
        let mayStart = self.state.withLock { state in
            defer { state.isResolving = true }
            return !state.isResolving
        }
        guard mayStart else { return }
        NIOSingletons.posixBlockingThreadPool.submit { _ in
            let addresses = Self.resolve(self.settings)
            self.state.withLock { state in
                state.isResolving = false
                if !addresses.isEmpty { state.addresses = addresses }
            }
        }
    }

    private static func resolve(_ settings: AddressSettings) -> [SocketAddress] {
        switch settings {
        case .tcp(let host, let port):
            if let literal = try? SocketAddress(ipAddress: host, port: port) { return [literal] }
            return self.addresses(of: host, port: port)
        case .unix(let path):
            return (try? SocketAddress(unixDomainSocketPath: path)).map { [$0] } ?? []
        }
    }

    /// All addresses of a name: `localhost` may be `::1` first while the backend listens on 127.0.0.1.
    private static func addresses(of host: String, port: Int) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0 else { return [] }
        defer { freeaddrinfo(found) }
        var addresses: [SocketAddress] = []
        var entry = found
        while let info = entry?.pointee {
            entry = info.ai_next
            guard let address = info.ai_addr else { continue }
            switch info.ai_family {
            case AF_INET:
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee))
                }
            case AF_INET6:
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee))
                }
            default:
                break
            }
        }
        return addresses
    }
}
