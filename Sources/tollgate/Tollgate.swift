import ArgumentParser
import GatewayServer

@main
struct Tollgate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tollgate",
        abstract: "A reverse proxy that verifies JWTs in front of Django Channels and other ASGI or HTTP backends.",
        version: version,
        subcommands: [Run.self, Check.self, Explain.self, Token.self, Demo.self]
    )

    static let version = "0.1.0"

    static func main() async {
        do {
            var command = try self.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let isExplain = CommandLine.arguments.dropFirst().first == Explain._commandName
            guard isExplain, self.exitCode(for: error) == .validationFailure else {
                // Found while running, where the usage of all commands would only hide it.
                guard let problem = error as? ValidationError else { self.exit(withError: error) }
                printError("Error: \(problem.message)")
                self.exit(withError: ExitCode.validationFailure)
            }
            // 1 says something about the request there, so what is wrong with the command has a number of its own.
            printError(Explain.messageWithoutSecrets(for: error))
            self.exit(withError: ExitCode.wrongUsage)
        }
    }
}

/// The options every command with a settings file has.
struct SettingsOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The settings file (default: gateway.yaml).")
    var config: String?

    @Argument(help: "The settings file, as in `tollgate check gateway.yaml`.")
    var file: String?

    var path: String { self.config ?? self.file ?? "gateway.yaml" }

    var source: SettingsSource { SettingsSource(file: self.path, environment: processEnvironment()) }

    func validate() throws {
        if self.config != nil, self.file != nil {
            throw ValidationError("Give the settings file once: with --config or as an argument.")
        }
    }
}
