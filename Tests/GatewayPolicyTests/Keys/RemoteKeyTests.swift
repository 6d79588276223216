import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

/// Keys that somebody else fetches. The texts are a published pair (RFC 8037 appendix A) and one made for these tests.
@Suite struct RemoteKeyTests {
    private static let d = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
    private static let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

    private static func token(keyID: String?) throws -> String {
        let jwk = #"{"kty":"OKP","crv":"Ed25519","d":"\#(d)","x":"\#(x)"}"#
        let key = try SigningKey.privateKey(Array(jwk.utf8), algorithm: .edDSA, keyID: keyID)
        return try TokenSigner.sign(
            claims: TokenSigner.accessTokenClaims(user: "7", lifetime: 300, now: TestGateway.now), key: key)
    }

    private static func keys(_ keyID: String) throws -> [VerificationKey] {
        let document = #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"\#(x)","kid":"\#(keyID)"}]}"#
        return try LoadedKeys.published(Array(document.utf8), algorithms: [.edDSA]).keys
    }

    private static let text = """
        SIMPLE_JWT: {ALGORITHM: EdDSA, JWK_URL: "https://issuer.test/keys"}
        listen: [{address: "127.0.0.1:8080"}]
        upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
        routes: [{path: 'a/', upstream: chat}]
        """

    private static func outcome(_ gatekeeper: Gatekeeper, _ token: String) -> String {
        var request = TestRequest("/a/", ["Authorization: Bearer \(token)"])
        let block = request.block
        let verdict = gatekeeper.judge(
            &request.head, bytes: block.span.bytes, isWebSocket: false, client: nil, now: TestGateway.now)
        return verdict.refusal.map { "\($0.reason.status) \($0.reason.metricLabel)" } ?? "admitted"
    }

    @Test func tokens_areJudged_byTheKeysThatAreThere() throws {
        let policy = try #require(try TestGateway.build(Self.text).policy)
        let gatekeeper = Gatekeeper(policy: policy)
        let remote = try #require(policy.remoteKeys.first)
        #expect(remote.source.url.host == "issuer.test" && remote.source.algorithms == [.edDSA])
        let token = try Self.token(keyID: "one")
        #expect(Self.outcome(gatekeeper, token) == "503 keys_unavailable")
        #expect(!gatekeeper.takeFailure() && gatekeeper.takeUnknownKeys().isEmpty)

        remote.replace(with: try Self.keys("one"))
        #expect(Self.outcome(gatekeeper, token) == "admitted" && Self.outcome(gatekeeper, token) == "admitted")
        #expect(gatekeeper.takeCounts().cacheHits == 1)
        #expect(Self.outcome(gatekeeper, try Self.token(keyID: nil)) == "401 key")
        #expect(gatekeeper.takeUnknownKeys().isEmpty)
        #expect(Self.outcome(gatekeeper, try Self.token(keyID: "two")) == "401 key" && gatekeeper.takeFailure())
        #expect(gatekeeper.takeUnknownKeys().map(\.source) == [remote.source])
        #expect(gatekeeper.takeUnknownKeys().isEmpty && !gatekeeper.takeFailure())

        // The same key once more changes nothing; under another name it is another.
        let generation = remote.generation
        remote.replace(with: try Self.keys("one"))
        #expect(remote.generation == generation)
        remote.replace(with: try Self.keys("two"))
        #expect(remote.generation == generation + 1)
        remote.replace(with: nil)
        #expect(Self.outcome(gatekeeper, try Self.token(keyID: "two")) == "503 keys_unavailable")
    }

    /// A token that was verified lives no longer than its key.
    @Test func knownToken_isForgotten_withItsKey() throws {
        let policy = try #require(try TestGateway.build(Self.text).policy)
        let gatekeeper = Gatekeeper(policy: policy)
        let remote = try #require(policy.remoteKeys.first)
        remote.replace(with: try Self.keys("one"))
        let token = try Self.token(keyID: "one")
        let bytes = Array(token.utf8)
        let found = gatekeeper.identity(ofToken: bytes.span.bytes, now: TestGateway.now)
        let identity = try #require(found)
        #expect(policy.knowsKey(of: identity))
        remote.replace(with: [])
        #expect(!policy.knowsKey(of: identity))
        #expect(Self.outcome(gatekeeper, token) == "401 key")
        remote.replace(with: try Self.keys("one"))
        remote.replace(with: nil)
        #expect(Self.outcome(gatekeeper, token) == "503 keys_unavailable")
    }

    /// The holder outlives the policy that has named its URL first.
    @Test func holder_isTheCallers() throws {
        let reading = SettingsReader.read(text: Self.text, file: "gateway.yaml", environment: [:]) { _ in nil }
        let settings = try #require(reading.settings)
        var holders: [RemoteKeys.Source: RemoteKeys] = [:]
        let find = { (source: RemoteKeys.Source) in
            let holder = holders[source] ?? RemoteKeys(source)
            holders[source] = holder
            return holder
        }
        let first = try #require(Policy.build(from: settings, remoteKeys: find).policy)
        let second = try #require(Policy.build(from: settings, remoteKeys: find).policy)
        #expect(first.remoteKeys.first === second.remoteKeys.first && holders.count == 1)
    }
}
