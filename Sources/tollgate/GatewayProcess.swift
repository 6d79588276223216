import ArgumentParser
import GatewayServer
import Glibc
import UnixSignals

/// The gateway as a process: start, signals, exit code.
enum GatewayProcess {
    /// Returns after a clean stop. `whenListening` is told the first listener's address. `remedy` says what to do when another
    /// process has that address, for whoever cannot change the settings.
    static func run(
        _ source: SettingsSource,
        takeover: Bool = false,
        remedy: String? = nil,
        whenListening: @Sendable (String) async throws -> Void = { _ in }
    ) async throws {
        // A peer that has gone must be an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let signals = await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint, .sigusr1)
        let errorSink = try LogSink(to: .standardError)
        defer { _ = errorSink.flushAndStop(timeout: .seconds(2)) }
        let server = try await self.start(source, takeover: takeover, remedy: remedy, errorSink: errorSink)
        try await whenListening(server.firstAddress)
        await self.serve(server, signals)
    }

    private static func start(
        _ source: SettingsSource, takeover: Bool, remedy: String?, errorSink: LogSink
    ) async throws -> GatewayServer {
        do {
            let server = try GatewayServer(source, version: Tollgate.version, errorSink: errorSink)
            try await server.start(takeover: takeover)
            return server
        } catch let refused as SettingsRefused {
            printProblems(refused.problems)
            throw ExitCode.failure
        } catch let problem as LogProblem {
            printError(problem.message)
            throw ExitCode.failure
        } catch let inUse as AddressInUse where remedy != nil {
            printError("\(inUse.address) is in use by another process; \(remedy ?? "stop it first")")
            throw ExitCode.failure
        } catch {
            printError("\(error)")
            throw ExitCode.failure
        }
    }

    /// Reloads and stops as signals ask. A second signal to stop ends the process at once.
    private static func serve(_ server: GatewayServer, _ signals: UnixSignalsSequence) async {
        await withTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                var isStopping = false
                var reload: Task<Void, Never>?
                for await received in signals {
                    switch received {
                    case .sighup:
                        // One after the other, and never in the way of a signal to stop: reading settings may block.
                        reload = Task { [reload] in
                            await reload?.value
                            await server.reload()
                        }
                    case .sigusr1: await server.reopenLogs()
                    default:
                        if isStopping { _exit(EXIT_FAILURE) }
                        isStopping = true
                        // Somebody at a terminal does not want to wait for other people's sockets.
                        let isInteractive = received == .sigint && isatty(STDIN_FILENO) == 1
                        Task { await server.shutdown(window: isInteractive ? .seconds(1) : nil) }
                    }
                }
                return false
            }
            tasks.addTask {
                await server.stopped()
                return true
            }
            for await isStopped in tasks where isStopped {
                tasks.cancelAll()
            }
        }
    }
}
