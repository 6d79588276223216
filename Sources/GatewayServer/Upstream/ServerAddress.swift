import GatewaySettings
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
            return (try? SocketAddress.makeAddressResolvingHost(host, port: port)).map { [$0] } ?? []
        case .unix(let path):
            return (try? SocketAddress(unixDomainSocketPath: path)).map { [$0] } ?? []
        }
    }
}
