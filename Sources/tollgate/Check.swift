import ArgumentParser
import GatewayPolicy
import GatewayServer
import GatewaySettings

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a settings file and report every problem in it, with line and column.",
        discussion: "Exits with 0 when the file is good, with 1 when it is not. No socket is opened."
    )

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Also list the header names that are removed from every request.")
    var verbose = false

    func run() throws {
        let loaded = Snapshot.load(self.settings.source)
        for notice in loaded.notices { printError("notice: \(notice.rendered())") }
        guard let snapshot = loaded.snapshot else {
            printProblems(loaded.problems)
            throw ExitCode.failure
        }
        for route in snapshot.policy.routes { print("  \(self.line(route, of: snapshot.policy))") }
        let owned = snapshot.policy.ownedHeaderNames
        if self.verbose {
            print("  headers removed from every request: \(owned.joined(separator: ", "))")
        } else {
            print("  \(owned.count) header names are removed from every request (--verbose lists them)")
        }
        print("\(self.settings.path): good")
    }

    private func line(_ route: RouteTerms, of policy: Policy) -> String {
        let pattern = route.pattern.isEmpty ? "''" : route.pattern
        let kind = route.webSocket.map { $0.only ? "WebSocket" : "HTTP and WebSocket" } ?? "HTTP"
        return "\(pattern)  →  \(policy.upstreamNames[route.upstream])  (\(kind), auth: \(route.auth.rawValue))"
    }
}
