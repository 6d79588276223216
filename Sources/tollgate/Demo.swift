import ArgumentParser
import ChatDemo
import GatewayServer
import NIOCore
import NIOPosix

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway in front of an embedded chat backend and print the address to open.",
        discussion:
            "The backend listens on a loopback port of its own and trusts the identity that the gateway injects. Users: alice, bob and mallory."
    )

    @Option(help: "The port to open in a browser; 0 takes a free one.")
    var port = 8080

    @Option(help: "How many seconds an access token is valid: short, so that its end can be watched.")
    var accessLifetime = 60

    @Flag(help: "Print the settings that the gateway runs with, and stop.")
    var printConfig = false

    func validate() throws {
        guard (0...65535).contains(self.port) else {
            throw ValidationError("--port \(self.port): a port is 0 to 65535")
        }
        guard self.accessLifetime > 0 else { throw ValidationError("--access-lifetime: at least one second") }
    }

    func run() async throws {
        let key = Self.randomKey()
        if self.printConfig {
            print(DemoSettings.text(port: self.port, backendPort: 8000, signingKey: "${JWT_SIGNING_KEY}"))
            return
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let backend = try await ChatDemoServer.start(
            group: group, port: 0, signingKey: key, accessLifetime: self.accessLifetime)
        let text = DemoSettings.text(port: self.port, backendPort: backend.port, signingKey: key)
        let source = SettingsSource(text: text, name: "demo settings")
        try await GatewayProcess.run(source, remedy: "--port 0 takes a free port (make demo PORT=0)") { address in
            print(
                "\nTollgate is running in front of the demo chat.\n\n    Open \(address)/ in two tabs.\n\nCtrl-C stops it.\n"
            )
            flushOutput()
        }
        try? await backend.shutdown()
        try? await group.shutdownGracefully()
    }

    private static func randomKey() -> String {
        (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined(separator: "-")
            + "-demo-signing-key-of-one-run"
    }
}

/// What the demo's gateway runs with: the configuration of a small chat.
enum DemoSettings {
    static func text(port: Int, backendPort: Int, signingKey: String) -> String {
        """
        listen:
          - address: 127.0.0.1:\(port)
        SIMPLE_JWT:
          SIGNING_KEY: "\(signingKey)"
        identity:
          X-User-Id: user_id
          X-User-Name: username
        allowed_origins: [localhost, 127.0.0.1]
        upstreams:
          chat: {servers: ["127.0.0.1:\(backendPort)"]}
        routes:
          - re_path: '^ws/chat/(?P<room_id>\\d+)/$'
            upstream: chat
            websocket: {only: true}
            auth: required
          - {path: api/token/, upstream: chat, auth: none}
          - {path: api/token/refresh/, upstream: chat, auth: none}
          - {path: 'api/<path:rest>', upstream: chat, auth: required}
          - {path: '<path:rest>', upstream: chat, auth: none}
          - {path: '', upstream: chat, auth: none}

        """
    }
}
