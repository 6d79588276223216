import GatewaySettings
import NIOCore
import Synchronization

/// One worker's connections to one upstream: which are idle, which server is next, how a new one is dialled.
final class UpstreamPool {
    /// How an idle connection may be before a request goes over it. A server may close it while the request is on its
    /// way, and then only an idempotent request can be sent again.
    enum Freshness {
        case pooled
        /// Idle for less than a second.
        case recent
        case new
    }

    let definition: UpstreamDefinition
    private let worker: Worker
    /// Idle connections, the most recently used last.
    private var idle: [UpstreamConnection] = []
    private var nextServer = 0
    private let reused: MetricSlot
    private let opened: MetricSlot
    private let dialler: Dialler
    /// After a reload removed or changed the upstream: nothing is kept any more.
    private(set) var isRetired = false

    init(_ definition: UpstreamDefinition, worker: Worker) {
        self.definition = definition
        self.worker = worker
        self.nextServer = worker.index
        self.reused = worker.observation.connectionSlot(definition, "reused")
        self.opened = worker.observation.connectionSlot(definition, "opened")
        self.dialler = Dialler(worker.eventLoop, timeout: definition.connectTimeout)
    }

    /// An idle connection that is fresh enough, or nil.
    func takeIdle(_ freshness: Freshness) -> UpstreamConnection? {
        guard freshness != .new, let candidate = self.idle.last else { return nil }
        if freshness == .recent, candidate.idleSince + .seconds(1) < self.worker.now { return nil }
        self.idle.removeLast()
        self.worker.wheel.disarm(candidate)
        self.worker.observation.count(self.reused)
        return candidate
    }

    /// Takes back a connection whose exchange ended cleanly.
    func release(_ connection: UpstreamConnection) {
        guard !self.isRetired, !self.worker.isDraining, self.idle.count < self.definition.settings.pool.size else {
            connection.close()
            return
        }
        connection.idleSince = self.worker.now
        self.worker.wheel.arm(connection, at: self.worker.now + self.definition.poolIdle)
        self.idle.append(connection)
    }

    /// An idle connection was closed by its server or grew too old.
    func forget(_ connection: UpstreamConnection) {
        // Old and dying connections are at the front, where this search begins.
        guard let position = self.idle.firstIndex(where: { $0 === connection }) else { return }
        self.idle.remove(at: position)
    }

    func retire() {
        self.isRetired = true
        let connections = self.idle
        self.idle = []
        for connection in connections { connection.close() }
    }

    /// Dials the next server, and the others in turn when it cannot be reached; reports to `exchange`, which may have moved
    /// on meanwhile (`ticket` tells).
    func dial(for exchange: Exchange, ticket: UInt64) {
        self.nextServer = (self.nextServer &+ 1) % self.definition.servers.count
        // As many attempts as there are addresses; the servers take turns.
        let attempts = self.definition.servers.reduce(0) { $0 + $1.count }
        self.dial(for: exchange, ticket: ticket, attemptsLeft: attempts)
    }

    private func dial(for exchange: Exchange, ticket: UInt64, attemptsLeft: Int) {
        let server = self.definition.servers[self.nextServer]
        guard let address = server.next() else {
            server.resolveAgain()
            self.worker.observation.dialFailed(self.definition, server: server, NameNotResolved())
            self.dialFailed(for: exchange, ticket: ticket, attemptsLeft: attemptsLeft, timedOut: false)
            return
        }
        let connection = UpstreamConnection(pool: self, worker: self.worker)
        exchange.dials(connection)
        self.dialler.dial(address, connection, isHandshake: exchange.isHandshake).whenComplete { result in
            switch result {
            case .success:
                self.worker.observation.count(self.opened)
                exchange.dialled(connection, ticket: ticket)
            case .failure(let error):
                server.resolveAgain()
                self.worker.observation.dialFailed(self.definition, server: server, error)
                var timedOut = false
                if let channelError = error as? ChannelError, case .connectTimeout = channelError { timedOut = true }
                self.dialFailed(for: exchange, ticket: ticket, attemptsLeft: attemptsLeft, timedOut: timedOut)
            }
        }
    }

    private func dialFailed(for exchange: Exchange, ticket: UInt64, attemptsLeft: Int, timedOut: Bool) {
        self.worker.observation.upstreamNotConnected(self.definition, timedOut ? .connectTimedOut : .unreachable)
        guard attemptsLeft > 1, exchange.isWaiting(ticket: ticket) else {
            exchange.dialFailed(ticket: ticket, timedOut: timedOut)
            return
        }
        self.nextServer = (self.nextServer &+ 1) % self.definition.servers.count
        self.dial(for: exchange, ticket: ticket, attemptsLeft: attemptsLeft - 1)
    }
}

/// The upstream's name has no address.
private struct NameNotResolved: Error, CustomStringConvertible {
    var description: String { "the name has no address" }
}

/// An upstream as the snapshot has it, shared by all workers.
final class UpstreamDefinition: Sendable {
    let settings: UpstreamSettings
    let servers: [ServerAddress]
    private let inFlight = Atomic<Int>(0)
    // As the loop counts time.
    let connectTimeout: TimeAmount
    let responseTimeout: TimeAmount
    let idleTimeout: TimeAmount?
    let poolIdle: TimeAmount

    init(_ settings: UpstreamSettings) {
        self.settings = settings
        self.connectTimeout = TimeAmount(settings.connectTimeout)
        self.responseTimeout = TimeAmount(settings.responseTimeout)
        self.idleTimeout = settings.idleTimeout.map { TimeAmount($0) }
        self.poolIdle = TimeAmount(settings.pool.idle)
        self.servers = settings.servers.map { ServerAddress($0.value) }
        self.defaultHost = self.servers.first.map(\.host) ?? []
    }

    var name: String { self.settings.name.value }

    /// Counts a request on its way, of all workers together. Returns whether there was room; only then `leave` must be called.
    func enter() -> Bool {
        guard let limit = self.settings.maxInFlight else { return true }
        if self.inFlight.add(1, ordering: .relaxed).newValue <= limit { return true }
        self.inFlight.subtract(1, ordering: .relaxed)
        return false
    }

    func leave() {
        if self.settings.maxInFlight != nil { self.inFlight.subtract(1, ordering: .relaxed) }
    }

    /// Whether `settings` say the same, wherever in the file they stand.
    func isDefined(by settings: UpstreamSettings) -> Bool {
        self.settings.name.value == settings.name.value
            && self.settings.servers.map(\.value) == settings.servers.map(\.value)
            && self.settings.pool == settings.pool
            && self.settings.connectTimeout == settings.connectTimeout
            && self.settings.responseTimeout == settings.responseTimeout
            && self.settings.idleTimeout == settings.idleTimeout
            && self.settings.maxInFlight == settings.maxInFlight
    }

    /// `Host` for clients of HTTP/1.0 that sent none.
    let defaultHost: [UInt8]
}
