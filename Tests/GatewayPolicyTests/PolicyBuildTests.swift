import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct PolicyBuildTests {
    private static func settings(_ routes: String, simpleJWT: String = "SIGNING_KEY: \(TestGateway.secret)") -> String {
        """
        SIMPLE_JWT: {\(simpleJWT)}
        listen: [{address: "127.0.0.1:8080"}]
        upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
        allowed_origins: [".example.com", "example.com:8443", "*.example.com"]
        routes:
        \(routes)
        """
    }

    @Test func everyProblem_isReportedAtItsPlace() throws {
        let building = try TestGateway.build(
            Self.settings(
                """
                  - {re_path: '(?=a)b$', upstream: chat}
                  - {path: '/api/', upstream: chat}
                  - {path: '<number:x>', upstream: chat}
                  - {path: 'ws/', upstream: chat, websocket: true}
                """))
        #expect(building.policy == nil)
        let texts = building.problems.map { "\($0.location.line) \($0.location.key): \($0.message)" }
        #expect(texts.count == 5)
        #expect(texts.first?.hasPrefix("4 allowed_origins[1]: “example.com:8443” can never match") == true, "\(texts)")
        #expect(texts.dropFirst().first?.hasPrefix("4 allowed_origins[2]: ") == true, "\(texts)")
        #expect(texts.dropFirst(2).first?.contains("lookahead") == true, "\(texts)")
        #expect(texts.dropFirst(2).first?.hasPrefix("6 routes[0].re_path: ") == true, "\(texts)")
        #expect(texts.dropFirst(3).first?.hasPrefix("7 routes[1].path: “/api/” can never match") == true, "\(texts)")
        #expect(texts.last?.contains("converters") == true, "\(texts)")
    }

    @Test func weakSecret_isANotice() throws {
        let building = try TestGateway.build(
            """
            SIMPLE_JWT: {SIGNING_KEY: short}
            listen: [{address: "127.0.0.1:8080"}]
            upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
            routes: [{path: '', upstream: chat}]
            """)
        #expect(building.policy != nil)
        #expect(building.notices.map(\.location.key) == ["SIMPLE_JWT.SIGNING_KEY"])
    }

    @Test func unusableKey_isAProblem() throws {
        for key in ["ALGORITHM: RS256, VERIFYING_KEY: nonsense", #"SIGNING_KEY: '{"kty":"oct","k":"AA"}'"#] {
            let building = try TestGateway.build(Self.settings("  - {path: '', upstream: chat}", simpleJWT: key))
            #expect(building.policy == nil)
            #expect(building.problems.contains { $0.location.key.hasPrefix("SIMPLE_JWT.") }, "\(building.problems)")
        }
    }

    @Test func policyWithoutTokens_needsNoKeys() throws {
        let building = try TestGateway.build(
            """
            listen: [{address: "127.0.0.1:8080"}]
            upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
            routes: [{path: '<path:rest>', upstream: chat, auth: none}]
            """)
        #expect(building.policy?.routes.map(\.pattern) == ["<path:rest>"])
        #expect(building.policy?.upstreamNames == ["chat"])
        #expect(building.policy?.ownedHeaderNames.contains("remote-user") == true)
    }

    @Test func routeTerms_keepNothingOfThePolicy() throws {
        weak var policy: Policy?
        var route: RouteTerms?
        do {
            let gateway = try TestGateway(routes: "  - {path: '', upstream: other, auth: none}")
            policy = gateway.policy
            route = gateway.policy.routes.first
        }
        #expect(policy == nil)
        #expect(route?.upstream == 1)
    }
}
