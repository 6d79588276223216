import GatewayPolicy
package import GatewaySettings
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The running gateway: workers, listeners, the admin listener, reload and drain.
///
/// Everything here happens rarely (start, reload, stop); requests are the workers' business.
package actor GatewayServer {
    package enum State: Sendable { case starting, running, draining, stopped }

    private let source: SettingsSource
    private let logger: Logger
    private let logThreshold: LogThreshold
    private let group: MultiThreadedEventLoopGroup
    private let workers: WorkerSet
    private let background: Background
    private let accessSink: LogSink?
    private let processMetrics: ProcessMetrics
    private let readiness = Readiness()
    private var snapshot: Snapshot
    /// What the listeners, workers and logs were made from; only a restart changes that.
    private let started: Snapshot
    private var listeners: [Listener.Bound] = []
    private var admin: AdminServer?
    private var generation = 1
    private var waitingForStop: [CheckedContinuation<Void, Never>] = []

    /// Reads the settings and prepares everything that needs no socket. Throws `SettingsRefused` for a bad file and
    /// `LogProblem` for a log file that cannot be opened. Operational lines go to `errorSink`.
    package init(_ source: SettingsSource, version: String, errorSink: LogSink) throws {
        let loaded = Snapshot.load(source)
        guard let snapshot = loaded.snapshot else { throw SettingsRefused(problems: loaded.problems) }
        self.source = source
        self.snapshot = snapshot
        self.started = snapshot
        let logs = snapshot.settings.logs
        let threshold = LogThreshold(logs.level)
        let logger = GatewayLogHandler.logger(
            label: "tollgate", sink: errorSink, format: logs.format, threshold: threshold)
        self.logThreshold = threshold
        self.logger = logger
        for notice in loaded.notices {
            logger.notice("settings", metadata: [LogKey.settingsNotice: "\(notice.rendered())"])
        }

        let accessSink = try logs.access.destination.map { destination in
            try LogSink(to: destination) { logger.error("access log", metadata: [LogKey.problem: "\($0.message)"]) }
        }
        self.accessSink = accessSink
        self.processMetrics = ProcessMetrics(version: version)
        self.processMetrics.watch(errorSink, name: "error")
        if let accessSink { self.processMetrics.watch(accessSink, name: "access") }
        self.processMetrics.policyTakenIntoUse(generation: 1, at: .now(), isReload: false)

        FileDescriptors.raiseLimit()
        let threads = snapshot.settings.threads > 0 ? snapshot.settings.threads : System.coreCount
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        self.group = group
        self.workers = try WorkerSet.make(group: group, snapshot: snapshot) { index in
            WorkerObservation(index: index, sink: accessSink, format: logs.format, logger: logger)
        }
        self.background = Background(workers: self.workers, logger: logger)
    }

    // MARK: Start

    /// Opens every listener; when one cannot be opened none stays open.
    package func start(takeover: Bool = false) async throws {
        _ = try await self.workers.collect { $0.startTicking() }
        do {
            try await self.startAdmin()
            await self.background.prepare(self.snapshot)
            await self.background.settle(self.snapshot)
            for listen in self.snapshot.settings.listen {
                let bound = try await Listener.open(
                    listen, snapshot: self.snapshot, workers: self.workers, takeover: takeover)
                self.listeners.append(bound)
            }
        } catch {
            await self.stopEverything()
            throw error
        }
        self.readiness.set(.running)
        for bound in self.listeners {
            self.logger.info("listening", metadata: [LogKey.listenerAddress: "\(bound.description)"])
        }
    }

    /// Where the first listener is reachable, for example `http://127.0.0.1:8080`.
    package var firstAddress: String { self.listeners.first?.description ?? "" }

    private func startAdmin() async throws {
        guard let settings = self.snapshot.settings.admin else { return }
        let workers = self.workers
        let readiness = self.readiness
        let process = self.processMetrics
        let background = self.background
        let admin = try await AdminServer.start(
            settings,
            group: self.group,
            readiness: { readiness.reasonNotReady ?? background.reasonNotReady },
            warnings: { background.warnings },
            metrics: {
                AdminMetrics(
                    snapshots: try await workers.collect { worker in
                        worker.countTokens()
                        return worker.observation.snapshot()
                    },
                    extra: process.samples() + (await background.samples())
                )
            }
        )
        self.admin = admin
        self.logger.info("admin listening", metadata: [LogKey.listenerAddress: "\(admin.address)"])
    }

    // MARK: Reload

    /// Reads the file again. A bad file changes nothing; every problem is logged with its place.
    package func reload() async {
        guard self.readiness.state == .running else { return }
        self.reopenLogs()
        await self.background.reread()
        let previous = self.snapshot
        let source = self.source
        // Reading, resolving names and loading keys may block.
        let loaded = try? await NIOSingletons.posixBlockingThreadPool.runIfActive {
            Snapshot.load(source, previous: previous)
        }
        // The file may have taken its time; a gateway that stops has no use for it any more.
        guard let loaded, self.readiness.state == .running else { return }
        for notice in loaded.notices {
            self.logger.notice("settings", metadata: [LogKey.settingsNotice: "\(notice.rendered())"])
        }
        guard let snapshot = loaded.snapshot else {
            for problem in loaded.problems {
                self.logger.error("settings refused", metadata: [LogKey.settingsProblem: "\(problem.rendered())"])
            }
            self.logger.error(
                "reload failed, the policy stays as it was",
                metadata: [
                    LogKey.policyGeneration: "\(self.generation)", LogKey.settingsProblems: "\(loaded.problems.count)",
                ])
            self.processMetrics.reloadFailed()
            return
        }
        await self.background.prepare(snapshot)
        guard self.readiness.state == .running else { return }
        for key in self.started.differencesNeedingRestart(snapshot) {
            self.logger.warning("a reload cannot change this, restart for it", metadata: [LogKey.settingsKey: "\(key)"])
        }
        self.generation += 1
        let generation = self.generation
        self.snapshot = snapshot
        self.logThreshold.set(snapshot.settings.logs.level)
        var sockets = ReviewedSockets()
        for adopted in (try? await self.workers.collect { $0.adopt(snapshot) }) ?? [] { sockets.add(adopted) }
        await self.background.settle(snapshot)
        self.processMetrics.policyTakenIntoUse(generation: generation, at: .now(), isReload: true)
        self.logger.info(
            "reloaded",
            metadata: [
                LogKey.policyGeneration: "\(generation)", LogKey.policyRoutes: "\(snapshot.policy.routes.count)",
                LogKey.socketsKept: "\(sockets.kept)", LogKey.socketsWithoutRoute: "\(sockets.withoutRoute)",
                LogKey.socketsWithoutOrigin: "\(sockets.withoutOrigin)",
                LogKey.socketsWithoutKey: "\(sockets.withoutKey)",
                LogKey.socketsClosed: "\(sockets.closed)",
            ])
    }

    /// Opens the log files again after they were renamed.
    package func reopenLogs() {
        do {
            try self.accessSink?.reopen()
        } catch {
            self.logger.error("access log", metadata: [LogKey.problem: "\(error.message)"])
        }
    }

    // MARK: Stop

    /// Stops taking connections, lets what is under way finish within `window` (the settings' `timeouts.drain` when nil),
    /// then closes the rest.
    package func shutdown(window: Duration? = nil) async {
        guard self.readiness.state == .running else { return }
        self.readiness.set(.draining)
        let window = TimeAmount(window ?? self.snapshot.settings.timeouts.drain)
        self.logger.info("draining", metadata: [LogKey.drainSeconds: "\(window.nanoseconds / 1_000_000_000)"])
        await self.announceStop()
        await self.closeListeners()
        await self.drainWorkers(window)
        await self.stopEverything()
        self.logger.info("stopped")
        for waiting in self.waitingForStop { waiting.resume() }
        self.waitingForStop = []
    }

    /// Returns when `shutdown` has ended.
    package func stopped() async {
        guard self.readiness.state != .stopped else { return }
        await withCheckedContinuation { self.waitingForStop.append($0) }
    }

    /// Health checks fail and new WebSockets are refused, but connections are still taken: a balancer needs a moment to look
    /// elsewhere.
    private func announceStop() async {
        let delay = self.snapshot.settings.timeouts.drainDelay
        guard delay > .zero else { return }
        _ = try? await self.workers.collect { $0.announceStop() }
        try? await Task.sleep(for: delay)
    }

    private func drainWorkers(_ window: TimeAmount) async {
        let workers = self.workers
        await withTaskGroup(of: Void.self) { tasks in
            for eventLoop in workers.eventLoops {
                tasks.addTask {
                    let drained = eventLoop.flatSubmit { workers.worker(on: eventLoop).drain(window: window) }
                    // The longest wait; what is left then is closed without ceremony.
                    let limit = eventLoop.scheduleTask(in: window) { workers.worker(on: eventLoop).closeEverything() }
                    try? await drained.get()
                    limit.cancel()
                }
            }
        }
    }

    private func closeListeners() async {
        for bound in self.listeners { await bound.close() }
        self.listeners = []
    }

    private func stopEverything() async {
        await self.closeListeners()
        await self.background.stop()
        _ = try? await self.workers.collect { worker in
            worker.closeEverything()
            worker.stopTicking()
        }
        try? await self.admin?.shutdown()
        self.admin = nil
        try? await self.group.shutdownGracefully()
        _ = self.accessSink?.flushAndStop(timeout: .seconds(2))
        self.readiness.set(.stopped)
    }
}

extension AccessLogTarget {
    /// Nil when no access log is written.
    var destination: LogDestination? {
        switch self {
        case .on: .standardOutput
        case .off: nil
        case .file(let path): .file(path: path)
        }
    }
}

/// The settings file has problems; each has a place.
package struct SettingsRefused: Error {
    package let problems: [SettingsProblem]
}

/// What `/readyz` answers.
final class Readiness: Sendable {
    private let current = Mutex(GatewayServer.State.starting)

    var state: GatewayServer.State { self.current.withLock { $0 } }

    func set(_ state: GatewayServer.State) { self.current.withLock { $0 = state } }

    /// Nil when requests are served.
    var reasonNotReady: String? {
        switch self.state {
        case .starting: "starting"
        case .running: nil
        case .draining: "draining"
        case .stopped: "stopped"
        }
    }
}
