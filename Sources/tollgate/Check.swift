import ArgumentParser
import GatewayPolicy
import GatewayServer
import GatewaySettings

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a settings file and report every problem in it, with line and column.",
        discussion: "Exits with 0 when the file is good, with 1 when it is not. Nothing is opened or sent."
    )

    @OptionGroup var settings: SettingsOptions

    func run() throws {
        let loaded = Snapshot.load(self.settings.source)
        for notice in loaded.notices { printError("notice: \(notice.rendered())") }
        guard let snapshot = loaded.snapshot else {
            printProblems(loaded.problems)
            throw ExitCode.failure
        }
        print(
            "\(self.settings.config): good: \(snapshot.policy.routes.count) routes, \(snapshot.settings.upstreams.count) upstreams"
        )
        print("headers removed from every request: \(snapshot.policy.ownedHeaderNames.joined(separator: ", "))")
    }
}
