import ArgumentParser
import GatewayPolicy
import GatewayServer
import GatewaySettings
import GatewayTokens

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign a token for development, as the settings want it.",
        discussion: """
            The token is shaped like simplejwt's access token; claims are named as SIMPLE_JWT names them, or with --issuer a \
            block of tokens.issuers. HS256, HS384 and HS512 sign with the SIGNING_KEY of the settings; for every other \
            algorithm --key gives the private key, which the gateway itself never has. No key is ever printed.
            """
    )

    @OptionGroup var settings: SettingsOptions

    @Option(help: "The user's id.")
    var user: String

    @Option(help: "How long the token is valid, for example 60s, 15m or 1h; ACCESS_TOKEN_LIFETIME when not given.")
    var expires: String?

    @Option(
        name: .customLong("claim"),
        help: "A further claim: name=text, or name:=JSON such as rooms:=[7,8]; may be repeated.")
    var claims: [String] = []

    @Option(
        help: "A file with the private key: PEM, not encrypted, or a JSON Web Key. With HS* a file with the secret.")
    var key: String?

    @Option(help: "The name of the key, for the token's header; a JSON Web Key's own when not given.")
    var kid: String?

    @Option(help: "Sign with another of the accepted algorithms than ALGORITHM.")
    var algorithm: String?

    @Option(help: "Sign for one of tokens.issuers, by its name.")
    var issuer: String?

    func run() throws {
        let reading = self.settings.source.read()
        guard let settings = reading.settings else {
            printProblems(reading.problems)
            throw ExitCode.failure
        }
        let block = try self.block(settings)
        let key = try self.signingKey(block)
        let claims = try self.tokenClaims(block.rules)
        do throws(SigningProblem) {
            let token = try TokenSigner.sign(claims: claims, key: key, type: settings.tokens.types?.first ?? "JWT")
            print(token)
            Self.warn(about: token, settings)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// The token is what was asked for; that it will not do is worth a word.
    private static func warn(about token: String, _ settings: Settings) {
        let checks = Policy.build(from: settings).policy?.examine(Array(token.utf8), now: .now()) ?? []
        guard let failed = checks.first(where: { $0.outcome == .failed }) else { return }
        printError("notice: these settings refuse the token (\(failed.name)): \(failed.detail)")
    }

    // MARK: Key

    /// Whose names and rules the token follows, and the algorithms that are accepted of them.
    private func block(_ settings: Settings) throws -> (rules: SimpleJWTSettings, algorithms: [String]) {
        guard let name = self.issuer, name != IssuerSettings.defaultName else {
            guard let simpleJWT = settings.simpleJWT else {
                throw ValidationError("\(self.settings.path) has no SIMPLE_JWT")
            }
            return (simpleJWT, settings.tokens.algorithms?.value ?? [])
        }
        guard let issuer = settings.tokens.issuers.first(where: { $0.name.value == name }) else {
            let names = [IssuerSettings.defaultName] + settings.tokens.issuers.map(\.name.value)
            throw ValidationError("--issuer \(name): there is \(names.joined(separator: ", "))")
        }
        return (issuer.rules, issuer.algorithms?.value ?? [])
    }

    private func signingKey(_ block: (rules: SimpleJWTSettings, algorithms: [String])) throws -> SigningKey {
        let usual = block.rules.algorithm?.value ?? SimpleJWTSettings.defaultAlgorithm
        let accepted = [usual] + block.algorithms.filter { $0 != usual }
        let name = self.algorithm ?? usual
        guard accepted.contains(name), let algorithm = SigningAlgorithm(rawValue: name) else {
            throw ValidationError("--algorithm \(name): the settings accept \(accepted.joined(separator: ", "))")
        }
        guard let file = self.key else {
            guard algorithm.usesSecret, let secret = block.rules.signingKey?.value else {
                throw ValidationError("\(name) signs with a private key: give it with --key FILE")
            }
            return try self.key(secret: Array(secret.utf8), algorithm, named: "SIGNING_KEY")
        }
        let text = try InputFile.read(file, limit: 1 << 20)
        if algorithm.usesSecret, KeyText(recognizing: text) == nil {
            // As in settings: one line break at the end belongs to the file, not to the secret.
            let secret = text.last == 0x0A ? Array(text.dropLast()) : text
            return try self.key(secret: secret, algorithm, named: file)
        }
        do throws(KeyProblem) {
            return try .privateKey(text, algorithm: algorithm, keyID: self.kid)
        } catch {
            throw ValidationError("\(file): \(error.message)")
        }
    }

    private func key(secret: [UInt8], _ algorithm: SigningAlgorithm, named name: String) throws -> SigningKey {
        do throws(KeyProblem) {
            return try .secret(secret, algorithm: algorithm, keyID: self.kid)
        } catch {
            throw ValidationError("\(name): \(error.message)")
        }
    }

    // MARK: Claims

    /// The claims of simplejwt's access token, under the names that the settings give them.
    private func tokenClaims(_ settings: SimpleJWTSettings) throws -> [(String, SignedClaim)] {
        var others: [(String, SignedClaim)] = []
        if let issuer = settings.issuer?.value.first { others.append(("iss", .string(issuer))) }
        if let audience = settings.audience?.value {
            others.append(("aud", audience.count == 1 ? .string(audience[0]) : .strings(audience)))
        }
        for claim in try self.extraClaims() {
            // What is given by hand comes in the place of what the settings say.
            others.removeAll { $0.0 == claim.0 }
            others.append(claim)
        }
        let claims = TokenSigner.accessTokenClaims(
            user: self.user,
            lifetime: try self.lifetime(settings).components.seconds,
            now: .now()
        ).map { name, value in
            switch name {
            case "token_type":
                (settings.tokenTypeClaim ?? name, settings.tokenClasses.first?.type.map { .string($0) } ?? value)
            case "jti": (settings.jtiClaim ?? name, value)
            case "user_id": (settings.userIDClaim, value)
            default: (name, value)
            }
        }
        return claims.filter { claim in !others.contains { $0.0 == claim.0 } } + others
    }

    private func lifetime(_ settings: SimpleJWTSettings) throws -> Duration {
        guard let text = self.expires else { return settings.accessTokenLifetime }
        guard let duration = DurationText.duration(text) else {
            throw ValidationError("--expires \(text): not a duration; write for example 60s, 15m or 1h30m")
        }
        return duration
    }

    private func extraClaims() throws -> [(String, SignedClaim)] {
        try self.claims.map { claim in
            guard let separator = claim.firstIndex(of: "="), separator != claim.startIndex else {
                throw ValidationError("--claim \(claim): write name=text or name:=JSON")
            }
            let name = claim[..<separator]
            let text = String(claim[claim.index(after: separator)...])
            guard name.hasSuffix(":") else { return (String(name), .string(text)) }
            guard let value = SignedClaim.json(checking: text) else {
                throw ValidationError("--claim \(claim): what stands behind := is not JSON")
            }
            return (String(name.dropLast()), value)
        }
    }
}
