import GatewayPolicy
import GatewayProtocol
import GatewaySettings
import GatewayTokens
import NIOCore
import Synchronization

/// Everything one event loop owns: nothing in it is shared, so nothing in it is locked. Confined to its loop.
final class Worker {
    let index: Int
    let eventLoop: any EventLoop
    let shared: SharedState
    let observation: WorkerObservation
    private(set) var snapshot: Snapshot
    private(set) var gatekeeper: Gatekeeper
    var wheel: TimerWheel
    var expiries: ExpiryBuckets
    private(set) var isDraining = false
    let flushes: FlushQueue
    var scratch = ScratchBuffers()
    private var pools: [UpstreamPool] = []
    private(set) var clients = ConnectionTable<ClientConnection>()
    private var ticker: RepeatedTask?
    private var drained: EventLoopPromise<Void>?
    private var random = RandomPool()
    /// The `Date` line of the last tick's second.
    private(set) var dateLine: [UInt8] = []
    private var dateSecond = Int64.min
    private var sweepTurn = 0
    private var lastOrigin: [UInt8] = []

    init(index: Int, eventLoop: any EventLoop, shared: SharedState, snapshot: Snapshot, observation: WorkerObservation)
    {
        self.index = index
        self.eventLoop = eventLoop
        self.shared = shared
        self.observation = observation
        self.snapshot = snapshot
        self.gatekeeper = Gatekeeper(snapshot)
        self.flushes = FlushQueue(eventLoop: eventLoop)
        self.wheel = TimerWheel(now: .now())
        self.expiries = ExpiryBuckets(now: WallClock.now().seconds)
        self.pools = snapshot.upstreams.map { UpstreamPool($0, worker: self) }
        observation.adopt(snapshot)
        self.noteDate()
    }

    var now: NIODeadline { .now() }

    func wallClock() -> WallClock { .now() }

    /// As the ledger counts time: monotonic nanoseconds.
    var ledgerTime: Int64 { Int64(clamping: self.now.uptimeNanoseconds) }

    func pool(_ upstream: Int) -> UpstreamPool { self.pools[upstream] }

    func randomMask() -> UInt32 { self.random.next() }

    /// Sockets of one page share the storage of its origin.
    func shared(origin: RawSpan) -> [UInt8] {
        let lastOrigin = self.lastOrigin
        if origin.withUnsafeBytes({ $0.elementsEqual(lastOrigin) }) { return lastOrigin }
        self.lastOrigin = origin.withUnsafeBytes { Array($0) }
        return self.lastOrigin
    }

    // MARK: Connections

    /// Whether one more client fits under the limit; counts it when it does.
    func admitsClient() -> Bool { self.shared.connections.enter(limit: self.snapshot.connectionLimit) }

    func clientConnected(_ client: ClientConnection) {
        self.clients.insert(client)
        self.observation.clientConnected()
    }

    func clientDisconnected(_ client: ClientConnection) {
        self.clients.remove(client)
        self.shared.connections.leave()
        self.observation.clientDisconnected()
        if self.clients.entries.isEmpty { self.drained?.succeed() }
    }

    // MARK: Time

    func startTicking() {
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.ticker = self.eventLoop.scheduleRepeatedTask(initialDelay: TimerWheel.tick, delay: TimerWheel.tick) { _ in
            bound.value.tick()
        }
    }

    func stopTicking() {
        self.ticker?.cancel()
        self.ticker = nil
        self.observation.flush()
    }

    private func tick() {
        let now = self.now
        for timer in self.wheel.advance(to: now) where timer.isDue { timer.deadlinePassed(now: now) }
        for entry in self.expiries.take(now: self.wallClock().seconds) { entry.expired() }
        self.countTokens()
        self.noteDate()
        self.noteIgnoredForwarding()
        self.reportUnknownKeys()
        if self.index == 0 { self.sweepAddresses() }
        self.observation.flush()
    }

    private func noteDate() {
        let second = self.wallClock().seconds
        guard second != self.dateSecond else { return }
        self.dateSecond = second
        self.dateLine = HTTPDate.line(unixSeconds: second)
    }

    private func noteIgnoredForwarding() {
        guard let peer = self.gatekeeper.takeIgnoredForwarding(), self.shared.forwardingHint.isFirst() else { return }
        self.observation.forwardingIgnored(peer)
    }

    private func reportUnknownKeys() {
        let keys = self.gatekeeper.takeUnknownKeys()
        if !keys.isEmpty { self.shared.keyRequests.report(keys) }
    }

    private func sweepAddresses() {
        self.sweepTurn &+= 1
        self.shared.addresses.sweep(turn: self.sweepTurn, now: self.ledgerTime)
    }

    /// What the gatekeeper counted becomes metrics: at each tick, before a scrape, and before it is replaced.
    func countTokens() { self.observation.tokensJudged(self.gatekeeper.takeCounts()) }

    // MARK: Reload and drain

    /// Takes a new snapshot: requests from now on see it, what is under way keeps what it was admitted with. Pools of
    /// upstreams that did not change are taken over.
    ///
    /// Returns what that meant for the sockets that are open.
    func adopt(_ snapshot: Snapshot) -> ReviewedSockets {
        var retiring = self.pools
        self.pools = snapshot.upstreams.map { definition in
            guard let position = retiring.firstIndex(where: { $0.definition === definition }) else {
                return UpstreamPool(definition, worker: self)
            }
            return retiring.remove(at: position)
        }
        self.snapshot = snapshot
        self.countTokens()
        let revocations = self.gatekeeper.revocations
        self.gatekeeper = Gatekeeper(snapshot)
        self.gatekeeper.revocations = revocations
        self.observation.adopt(snapshot)
        for pool in retiring { pool.retire() }
        return self.reviewSockets(snapshot)
    }

    /// From now on answers end their connections and handshakes are refused.
    func announceStop() { self.isDraining = true }

    /// Lets exchanges finish, closes what is idle, and ends the sockets spread over `window`. The future succeeds when the
    /// last client is gone.
    func drain(window: TimeAmount) -> EventLoopFuture<Void> {
        self.isDraining = true
        let promise = self.drained ?? self.eventLoop.makePromise(of: Void.self)
        self.drained = promise
        for pool in self.pools { pool.retire() }
        // A copy: closing takes entries out of the table.
        for client in self.clients.entries { client.drain(within: window) }
        if self.clients.entries.isEmpty { promise.succeed() }
        return promise.futureResult
    }

    /// The drain window is over, or the operator does not want to wait.
    func closeEverything() {
        for client in self.clients.entries { client.closeAtOnce() }
    }
}

/// The little that all workers share.
final class SharedState: Sendable {
    let connections = ConnectionCount()
    let addresses = AddressLedger()
    let forwardingHint = OnceOnly()
    let throttlingHint = OnceOnly()
    let sockets = SocketLedger()
    let keyRequests = KeyRequests()
    let revokedSockets = EventCount()
}

/// Something that is counted once per process.
final class EventCount: Sendable {
    private let count = Atomic<Int>(0)

    func happened() { self.count.add(1, ordering: .relaxed) }

    var current: Int { self.count.load(ordering: .relaxed) }
}

/// Something that is said once in a process's life.
final class OnceOnly: Sendable {
    private let wasSaid = Atomic<Bool>(false)

    func isFirst() -> Bool { !self.wasSaid.exchange(true, ordering: .relaxed) }
}

/// Client connections in all.
final class ConnectionCount: Sendable {
    private let count = Atomic<Int>(0)

    /// Returns whether there was room; only then must `leave` be called.
    func enter(limit: Int) -> Bool {
        if self.count.add(1, ordering: .relaxed).newValue <= limit { return true }
        self.count.subtract(1, ordering: .relaxed)
        return false
    }

    func leave() { self.count.subtract(1, ordering: .relaxed) }

    var current: Int { self.count.load(ordering: .relaxed) }
}
