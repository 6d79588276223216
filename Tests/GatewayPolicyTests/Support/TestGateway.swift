import GatewayMessage
import GatewayPolicy
import GatewaySettings
import GatewayTokens
import Testing

/// A policy built from real settings text, with tokens to go with it.
struct TestGateway {
    static let secret = "0123456789abcdef0123456789abcdef"
    static let client = IPAddress(v4: 0xCB00_7109)
    static let now = WallClock(seconds: 1_700_000_000, nanoseconds: 500_000_000)

    let policy: Policy
    let gatekeeper: Gatekeeper

    /// `routes` and `rest` are YAML; `simpleJWT` holds keys beside the signing key.
    init(
        routes: String,
        simpleJWT: String = "",
        identity: String = "{X-User-Id: user_id}",
        rest: String = "",
        configure: (inout Settings) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let text = """
            SIMPLE_JWT: {SIGNING_KEY: \(Self.secret)\(simpleJWT.isEmpty ? "" : ", " + simpleJWT)}
            identity: \(identity)
            allowed_origins: [".example.com"]
            listen: [{address: "127.0.0.1:8080"}]
            upstreams: {chat: {servers: ["127.0.0.1:8000"]}, other: {servers: ["127.0.0.1:8001"]}}
            \(rest)
            routes:
            \(routes)
            """
        let building = try Self.build(text, configure: configure)
        self.policy = try #require(
            building.policy, "\(building.problems.map { $0.rendered() })", sourceLocation: sourceLocation)
        self.gatekeeper = Gatekeeper(policy: self.policy)
    }

    /// `configure` says what the text does not.
    static func build(_ text: String, configure: (inout Settings) -> Void = { _ in }) throws -> PolicyBuilding {
        let reading = SettingsReader.read(text: text, file: "gateway.yaml", environment: [:]) { _ in nil }
        var settings = try #require(reading.settings, "\(reading.problems.map { $0.rendered() })")
        configure(&settings)
        return Policy.build(from: settings)
    }

    func judge(
        _ request: inout TestRequest,
        isWebSocket: Bool = false,
        client: IPAddress? = Self.client,
        now: WallClock = Self.now,
        mayVerify: Bool = true,
        offered: OfferedToken = .none
    ) -> Verdict {
        let block = request.block
        return self.gatekeeper.judge(
            &request.head, bytes: block.span.bytes, isWebSocket: isWebSocket, client: client, now: now,
            mayVerify: mayVerify, offered: offered)
    }

    func vet(_ request: TestRequest, _ peer: Peer) -> VettedSender? {
        let block = request.block
        return self.gatekeeper.vet(request.head, bytes: block.span.bytes, peer: peer)
    }

    func readingLines(_ refusal: Refusal, _ request: TestRequest) -> [UInt8] {
        let block = request.block
        return self.policy.readingLines(on: refusal.route, head: request.head, bytes: block.span.bytes)
    }

    /// One word for the verdict: the status, or `anonymous`, or the user.
    func outcome(
        _ request: inout TestRequest,
        isWebSocket: Bool = false,
        client: IPAddress? = Self.client,
        mayVerify: Bool = true,
        offered: OfferedToken = .none
    ) -> String {
        switch self.judge(&request, isWebSocket: isWebSocket, client: client, mayVerify: mayVerify, offered: offered) {
        case .refuse(let refusal): "\(refusal.reason.status) \(refusal.reason.metricLabel)"
        case .forward(let admission): admission.identity.map { "user \($0.userID)" } ?? "anonymous"
        case .healthCheck: "health"
        case .preflight: "preflight"
        case .renewal(_, let identity): "renewal \(identity.userID)"
        }
    }

    static func token(
        user: String = "7",
        lifetime: Int64 = 300,
        others: [(String, SignedClaim)] = [],
        secret: String = Self.secret
    ) throws -> String {
        let claims = TokenSigner.accessTokenClaims(
            user: user, lifetime: lifetime, now: Self.now, jti: "00112233445566778899aabbccddeeff", others: others)
        return try TokenSigner.sign(claims: claims, algorithm: .hs256, secret: Array(secret.utf8))
    }
}

extension Verdict {
    var admission: Admission? { if case .forward(let admission) = self { admission } else { nil } }
    var refusal: Refusal? { if case .refuse(let refusal) = self { refusal } else { nil } }
}

/// Settings for tests that look at problems.
enum PolicyText {
    static let small = """
        SIMPLE_JWT: {SIGNING_KEY: \(TestGateway.secret)}
        identity: {X-Tenant: org.tenant}
        listen: [{address: "127.0.0.1:8080"}]
        upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
        routes: [{path: 'chat/<path:rest>', upstream: chat}]
        """
}
