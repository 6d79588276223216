import ArgumentParser
import GatewayServer
import GatewaySettings
import GatewayTokens

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign a token for development with the configured SIGNING_KEY.",
        discussion:
            "The token is shaped like simplejwt's access token. Only HS256, HS384 and HS512 can sign here: the gateway has no private key of another algorithm."
    )

    @OptionGroup var settings: SettingsOptions

    @Option(help: "The user's id.")
    var user: String

    @Option(help: "How long the token is valid, for example 60s, 15m or 1h; ACCESS_TOKEN_LIFETIME when not given.")
    var expires: String?

    @Option(name: .customLong("claim"), help: "A further claim, as name=value; may be repeated.")
    var claims: [String] = []

    func run() throws {
        let reading = self.settings.source.read()
        guard let settings = reading.settings else {
            printProblems(reading.problems)
            throw ExitCode.failure
        }
        guard let simpleJWT = settings.simpleJWT, let key = simpleJWT.signingKey else {
            throw ValidationError(
                "\(self.settings.path) has no SIMPLE_JWT with a SIGNING_KEY for HS256, HS384 or HS512")
        }
        let algorithm = simpleJWT.algorithm?.value ?? SimpleJWTSettings.defaultAlgorithm
        guard let algorithm = SigningAlgorithm(rawValue: algorithm) else { throw ValidationError("unknown ALGORITHM") }
        do {
            print(
                try TokenSigner.sign(
                    claims: try self.tokenClaims(simpleJWT),
                    algorithm: algorithm,
                    secret: Array(key.value.utf8)
                ))
        } catch let problem as SigningProblem {
            throw ValidationError(problem.message)
        }
    }

    /// The claims of simplejwt's access token, under the names that the settings give them.
    private func tokenClaims(_ settings: SimpleJWTSettings) throws -> [(String, SignedClaim)] {
        var others: [(String, SignedClaim)] = []
        if let issuer = settings.issuer?.value.first { others.append(("iss", .string(issuer))) }
        if let audience = settings.audience?.value {
            others.append(("aud", audience.count == 1 ? .string(audience[0]) : .strings(audience)))
        }
        others += try self.extraClaims()
        return TokenSigner.accessTokenClaims(
            user: self.user,
            lifetime: try self.lifetime(settings).components.seconds,
            now: .now(),
            others: others
        ).map { name, value in
            switch name {
            case "token_type":
                (settings.tokenTypeClaim ?? name, settings.tokenClasses.first?.type.map { .string($0) } ?? value)
            case "jti": (settings.jtiClaim ?? name, value)
            case "user_id": (settings.userIDClaim, value)
            default: (name, value)
            }
        }
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
                throw ValidationError("--claim \(claim): write name=value")
            }
            return (String(claim[..<separator]), .string(String(claim[claim.index(after: separator)...])))
        }
    }
}
