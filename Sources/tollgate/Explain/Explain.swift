import ArgumentParser
import GatewayMessage
import GatewayPolicy
import GatewayServer
import GatewaySettings
import GatewayTokens

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell what would become of a request, and why. Nothing is sent.",
        discussion: """
            Judges the request as the running gateway would, and prints each step: the path, the routes, the origin, the token \
            check by check, claim rules, header lines, limits, and the answer. Tokens, keys, cookies and the query are never \
            printed.

            The token comes from --token, --token-file or the variable TOLLGATE_TOKEN, and is sent in the header that \
            AUTH_HEADER_NAME names; with -H or in the URL it can stand anywhere else. Keys behind a JWK_URL are not fetched: \
            --jwks gives them.

            What depends on other requests (rates, open sockets) or on the backend cannot be told.

            Exits with 0 when the request would be forwarded or answered as asked, with 1 when it would be refused, with 2 \
            when the command or the settings are wrong.
            """
    )

    @Argument(help: "The request's method.")
    var method: String

    @Argument(
        help:
            "A URL; ws:// and wss:// are WebSocket handshakes. Or only a request target, such as /api/?a=b, taken as it is."
    )
    var url: String

    @Option(name: .shortAndLong, help: "The settings file.")
    var config = "gateway.yaml"

    @Option(name: [.customShort("H"), .long], help: "A header line, 'Name: value'; may be repeated.")
    var header: [String] = []

    @Option(help: "The token. Others on this machine can see it in the list of processes: prefer --token-file.")
    var token: String?

    @Option(help: "A file with the token; - is the standard input.")
    var tokenFile: String?

    @Option(help: "The client's address, or unix: for address rules and trusted_proxies.")
    var client = "127.0.0.1"

    @Flag(name: .customLong("websocket"), help: "Make it a WebSocket handshake.")
    var isWebSocket = false

    @Option(help: "A file with the key set of a JWK_URL; with several of them NAME=FILE, after the issuer's name.")
    var jwks: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if self.token != nil, self.tokenFile != nil { throw ValidationError("Give the token once.") }
        if let line = self.header.first(where: { !$0.contains(":") }) {
            // What has no colon may be a value that was meant to stay private.
            throw ValidationError("-H wants 'Name: value'; one of \(line.utf8.count) bytes has no colon")
        }
        _ = try self.peer()
    }

    func run() throws {
        let request = try self.request()
        let loaded = Snapshot.load(SettingsSource(file: self.config, environment: processEnvironment()))
        guard let snapshot = loaded.snapshot else {
            printProblems(loaded.problems)
            throw ExitCode.wrongUsage
        }
        for given in self.jwks { try self.give(given, to: snapshot) }
        let explanation = RequestExplainer(snapshot).explain(request, client: try self.peer(), now: .now())
        if self.json {
            print(ExplanationJSON.text(explanation))
        } else {
            print(ExplanationText.text(explanation), terminator: "")
        }
        if explanation.answer.isRefusal { throw ExitCode.failure }
    }

    // MARK: What is given

    private func request() throws -> DescribedRequest {
        let token = try self.givenToken()
        do throws(DescriptionProblem) {
            var request = try DescribedRequest(method: self.method, url: self.url)
            request.isWebSocket = request.isWebSocket || self.isWebSocket
            request.headerLines = self.header
            request.token = token
            return request
        } catch {
            throw ValidationError(error.message)
        }
    }

    private func givenToken() throws -> String? {
        if let token = self.token { return token }
        guard let file = self.tokenFile else { return processEnvironment()["TOLLGATE_TOKEN"] }
        let bytes = try InputFile.read(file, limit: 1 << 16)
        return String(decoding: bytes, as: UTF8.self).trimmingBlanks()
    }

    /// Nil for a Unix-domain socket.
    private func peer() throws -> IPAddress? {
        if self.client == "unix" { return nil }
        guard let address = IPAddress(self.client) else {
            throw ValidationError("--client \(self.client): write an address such as 192.0.2.1 or 2001:db8::1, or unix")
        }
        return address
    }

    private func give(_ given: String, to snapshot: Snapshot) throws {
        let parts = given.split(separator: "=", maxSplits: 1).map(String.init)
        let document = try InputFile.read(parts.last ?? "", limit: 1 << 20)
        do throws(GivenKeysProblem) {
            try snapshot.policy.giveKeys(document, issuer: parts.count == 2 ? parts[0] : nil)
        } catch {
            throw ValidationError("--jwks: \(error.message)")
        }
    }
}

extension Explain {
    /// The parser quotes what it does not understand, and a token in the wrong place is just that.
    static func messageWithoutSecrets(for error: any Error) -> String {
        var message = self.fullMessage(for: error)
        for argument in CommandLine.arguments.dropFirst(2) where argument.utf8.count > 40 {
            message = message.replacing(argument, with: "…")
        }
        return message
    }
}

extension ExitCode {
    /// Apart from a refusal's, for scripts.
    static let wrongUsage = ExitCode(2)
}
