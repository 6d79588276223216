import ArgumentParser

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway.",
        discussion: "SIGHUP reloads the settings, SIGUSR1 reopens log files, SIGTERM and SIGINT drain and stop."
    )

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Share the port with a gateway that is still draining instead of refusing to start.")
    var takeover = false

    func run() async throws {
        try await GatewayProcess.run(self.settings.source, takeover: self.takeover)
    }
}
