import GatewayMessage
import GatewayPolicy
import GatewayTokens
import Testing

/// Random requests from dangerous pieces: no trap, and what is forwarded keeps the promises.
@Suite struct GatekeeperFuzzTests {
    private static let routes = #"""
          - {re_path: 'ws/chat/(?P<room_id>\w+)/$', upstream: chat, websocket: true, auth: required}
          - {path: 'open/<path:rest>', upstream: chat, websocket: true, auth: none, tolerate: ["//", ";", "%2F"]}
          - {path: 'strip/<path:rest>', upstream: chat, auth: optional, tokens: {forward: strip, sources: [query, header]}}
          - {path: 'cookie/<path:rest>', upstream: chat, websocket: true, tokens: {sources: [cookie, subprotocol, query]}}
          - {path: '<path:rest>', upstream: chat, websocket: true, auth: optional}
        """#

    @Test func request_neverTraps_andForgeriesNeverSurvive() throws {
        let gateway = try TestGateway(
            routes: Self.routes, identity: "{X-User-Id: user_id, X-Tenant: org.tenant}",
            rest: "assertion: {SIGNING_KEY: a key of the assertions alone}")
        let token = try TestGateway.token()
        let other = try TestGateway.token(user: "8")
        let paths = [
            "/", "ws/chat/", "1", "/", "open/", "strip/", "cookie/", "cookie/", "%2F", "%2e", "..", "//", ";", "%D9%A1",
            "%F0%90%95%B0", "%",
            "%25", "a",
            "%00", "\u{E9}",
        ]
        let queries = ["token=", "%74oken=", token, other, "&", "=", "+", "%2E", "%", "a=1", "token"]
        let names = [
            "Authorization", "authorization", "X-User-Id", "x_user_id", "X.User.Id", "Remote-User", "X-Tenant",
            "Origin", "Accept", "X-Tollgate-Assertion", "x_tollgate.assertion", "Cookie", "Cookie",
        ]
        let values = [
            "", "Bearer", "Bearer \(token)", "Bearer  \(other)", "Basic evil", "evil", "https://a.example.com",
            "\u{FF}", "access=\(token)", "a=1; access=\"\(token)\";", "access=\(other);;b=2", "access =", ";",
        ]
        var generator = SeededGenerator(seed: 42)
        func pick(_ list: [String]) -> String { list[Int.random(in: 0..<list.count, using: &generator)] }
        var forwarded = 0
        var known = 0
        for _ in 0..<20_000 {
            var target = "/" + (0..<Int.random(in: 0..<5, using: &generator)).map { _ in pick(paths) }.joined()
            if Bool.random(using: &generator) {
                target += "?" + (0..<Int.random(in: 0..<6, using: &generator)).map { _ in pick(queries) }.joined()
            }
            let lines = (0..<Int.random(in: 0..<5, using: &generator)).map { _ in pick(names) + ": " + pick(values) }
            var request = TestRequest(target, lines)
            let offered = Self.offered(in: request, &generator)
            let verdict = gateway.judge(&request, isWebSocket: Bool.random(using: &generator), offered: offered)
            guard let admission = verdict.admission else { continue }
            forwarded += 1
            for line in request.keptLines {
                let name = line.prefix { $0 != ":" }.lowercased()
                #expect(
                    !["x-user-id", "x_user_id", "x.user.id", "remote-user", "x-tenant"].contains(name)
                        && !name.contains("assertion"),
                    "\(target) \(lines)")
            }
            let extra = String(decoding: admission.extraLines, as: UTF8.self)
            #expect(extra.hasPrefix("X-Tollgate-Assertion: ") == (admission.identity != nil))
            guard let identity = admission.identity else { continue }
            known += 1
            #expect(["7", "8"].contains(identity.userID))
            if admission.route.index == 3 {
                let cookies = request.keptLines.filter { $0.lowercased().hasPrefix("cookie") }
                #expect(!(cookies.joined() + extra).contains("access="), "\(target) \(lines)")
                #expect(extra.isEmpty || extra.hasSuffix("\r\n"))
            }
            for line in request.keptLines where line.lowercased().hasPrefix("authorization") {
                #expect(admission.route.index == 2 && line.contains("Basic"), "\(target) \(lines)")
            }
            let tokenLines = String(decoding: admission.injected, as: UTF8.self).split(separator: "\r\n").count {
                $0.hasPrefix("Auth")
            }
            #expect(tokenLines == (admission.route.index == 2 ? 0 : 1))
            #expect(request.forwardedTarget.hasPrefix(request.text(request.head.path)))
        }
        #expect(forwarded > 1000)
        #expect(known > 50)
    }

    /// Any part of the block, most often none.
    private static func offered(in request: TestRequest, _ generator: inout SeededGenerator) -> OfferedToken {
        let start = Int.random(in: 0...request.block.count, using: &generator)
        let end = Int.random(in: start...request.block.count, using: &generator)
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: return .token(ByteRange(start: start, end: end), isBase64URL: Bool.random(using: &generator))
        case 1: return .several
        case 2: return .incomplete
        case 3: return .alone
        default: return .none
        }
    }
}
