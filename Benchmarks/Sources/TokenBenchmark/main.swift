import GatewayTokens

/// What verifying a token costs, beside what libcrypto alone takes for the same signature.
struct TokenBenchmark {
    private let now = WallClock(seconds: 1_750_000_000)
    private let secret = Array("benchmark-secret-of-more-than-32-bytes".utf8)

    private func rules(_ algorithm: SigningAlgorithm, _ key: VerificationKey) -> TokenRules {
        TokenRules(
            algorithms: [algorithm],
            keySet: KeySet([key]),
            tokenClasses: [TokenClass(name: "AccessToken", type: "access")],
            typeClaim: "token_type",
            jtiClaim: "jti",
            userIDClaim: "user_id"
        )
    }

    private func claims(_ others: [(String, SignedClaim)] = []) -> [(String, SignedClaim)] {
        TokenSigner.accessTokenClaims(
            user: "7", lifetime: 300, now: self.now, jti: "0123456789abcdef0123456789abcdef", others: others)
    }

    func run() throws {
        try self.signatures()
        try self.lookups()
        try self.strangers()
    }

    // MARK: Signatures

    private func signatures() throws {
        print("Microseconds for one token, fastest of 60 batches; allocations in all (those inside libcrypto)\n")
        let table = Table(widths: [9, 6, 9, 9, 7, 12, 13, 12])
        table.line("", "bytes", "bare", "verify", "ratio", "allocations", "bad signature", "new contexts")
        for algorithm in [SigningAlgorithm.hs256, .rs256, .ps256, .es256, .edDSA] {
            let (token, rules, bare) = try self.subject(algorithm)
            let bad = Array(token.dropLast(10)) + Array("AAAAAAAAAA".utf8)
            var verifier = TokenVerifier()
            var other = TokenVerifier()
            let costs = Measurement.compare(
                batchSize: algorithm.usesSecret ? 2000 : 200,
                [
                    bare, { self.verify(&verifier, token, rules) }, { self.refuse(&other, bad, rules) },
                    {
                        var fresh = TokenVerifier()
                        self.verify(&fresh, token, rules)
                    },
                ])
            table.line(
                algorithm.rawValue, "\(token.count)", text(costs[0].microseconds), text(costs[1].microseconds),
                text(costs[1].microseconds / costs[0].microseconds),
                "\(text(costs[1].allocations, 1)) (\(text(costs[0].allocations, 1)))",
                text(costs[2].microseconds), text(costs[3].microseconds)
            )
        }
    }

    private func subject(_ algorithm: SigningAlgorithm) throws -> (token: [UInt8], TokenRules, bare: () -> Void) {
        if algorithm.usesSecret {
            let token = try TokenSigner.sign(claims: self.claims(), algorithm: algorithm, secret: self.secret)
            let message = Array(token.utf8.prefix(token.utf8.count - 44))
            let key = try VerificationKey.secret(self.secret, algorithm: algorithm)
            return (Array(token.utf8), self.rules(algorithm, key), bareHMAC(self.secret, message))
        }
        let key = BareKey(algorithm)
        let signer = try SigningKey.privateKey(Array(key.privatePEM.utf8), algorithm: algorithm)
        let token = try TokenSigner.sign(claims: self.claims(), key: signer)
        let parts = token.split(separator: ".")
        let signature = key.libraryForm(of: Base64URLText.decode(parts[2]))
        let verification = try VerificationKey.publicKey(pem: key.publicPEM, algorithm: algorithm)
        let message = Array((parts[0] + "." + parts[1]).utf8)
        return (Array(token.utf8), self.rules(algorithm, verification), key.verification(of: message, signature))
    }

    private func verify(_ verifier: inout TokenVerifier, _ token: [UInt8], _ rules: TokenRules) {
        do { _ = try verifier.verify(token.span.bytes, rules: rules, now: self.now) } catch { fatalError("\(error)") }
    }

    private func refuse(_ verifier: inout TokenVerifier, _ token: [UInt8], _ rules: TokenRules) {
        do {
            _ = try verifier.verify(token.span.bytes, rules: rules, now: self.now)
            fatalError("accepted")
        } catch {}
    }

    // MARK: Rules and revocation

    private func lookups() throws {
        let (token, rules, _) = try self.subject(.hs256)
        var verifier = TokenVerifier()
        let verified = try verifier.verify(token.span.bytes, rules: rules, now: self.now)
        let ids = (0..<100_000).map { #"{"jti":"0123456789abcdef\#($0)","exp":1800000000}"# }.joined(separator: ",")
        let document = Array(#"{"jti":[\#(ids)],"users":[{"user":"8","issued_before":5}]}"#.utf8)
        let list = try RevocationList.parse(document, now: self.now)
        let claimRules = try ClaimRules.compile([
            ("user_id", .equals(.text("{user}"))), ("token_type", .oneOf([.text("access"), .text("sliding")])),
        ])
        let costs = Measurement.compare(
            batchSize: 2000,
            [
                { if list.revokes(verified) { fatalError("revoked") } },
                { if !claimRules.evaluate(verified.claims, captures: { _ in "7" }) { fatalError("forbidden") } },
            ])
        let parsing = Measurement.compare(
            batches: 3, batchSize: 1, [{ _ = try? RevocationList.parse(document, now: self.now) }])
        print("\nRevocation look-up among 100 000: \(text(costs[0].microseconds)) µs,", terminator: " ")
        print(
            "\(text(costs[0].allocations, 1)) allocations; reading \(document.count >> 10) KiB of them:",
            terminator: " ")
        print("\(text(parsing[0].microseconds / 1000)) ms")
        print("Two claim rules: \(text(costs[1].microseconds)) µs, \(text(costs[1].allocations, 1)) allocations")
    }

    // MARK: What strangers can cause

    /// The worst that a token without a valid signature can cost before it is refused.
    private func strangers() throws {
        let (_, rules, _) = try self.subject(.hs256)
        var named = rules
        named.issuer = ["a"]
        let authority = try TokenAuthority([rules, named])
        let members = (0..<2000).map { #""\#(String($0, radix: 36))":1"# }.joined(separator: ",")
        // As many names as fit.
        let wide = Base64URLText.encode("{" + members + "}").prefix(8148)
        let payload = Array((Base64URLText.encode(#"{"alg":"HS256"}"#) + "." + wide + ".AAAA").utf8)
        let header = Array((wide + ".AAAA.AAAA").utf8)
        var verifier = TokenVerifier()
        let costs = Measurement.compare(
            batches: 20,
            batchSize: 50,
            [
                { _ = try? verifier.verify(payload.span.bytes, authority: authority, now: self.now) },
                { _ = try? verifier.verify(header.span.bytes, authority: authority, now: self.now) },
            ])
        print("\nLargest unsigned token: \(text(costs[0].microseconds)) µs when several issuers are configured,")
        print("\(text(costs[1].microseconds)) µs when all of it is header")
    }
}

try TokenBenchmark().run()
