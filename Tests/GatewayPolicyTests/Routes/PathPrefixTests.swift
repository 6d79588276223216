import GatewayMessage
import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct PathPrefixTests {
    private static func gateway(
        _ pattern: String = "path: 'chat/<path:rest>'",
        strip: String? = "/chat",
        add: String? = nil,
        tolerate: String? = nil
    ) throws -> PolicyBuilding {
        try TestGateway.build(
            """
            listen: [{address: "127.0.0.1:8080"}]
            upstreams: {chat: {servers: ["127.0.0.1:8000"]}}
            allowed_origins: ["*"]
            routes: [{\(pattern), upstream: chat, auth: none, websocket: true\(tolerate.map { ", tolerate: \($0)" } ?? "")}]
            """
        ) {
            $0.routes[0].stripPrefix = strip.map { .here($0) }
            $0.routes[0].addPrefix = add.map { .here($0) }
        }
    }

    /// What goes upstream, or the status.
    private static func forwarded(_ gatekeeper: Gatekeeper, _ target: String, isWebSocket: Bool = false) -> String {
        var request = TestRequest(target)
        let block = request.block
        let verdict = gatekeeper.judge(
            &request.head, bytes: block.span.bytes, isWebSocket: isWebSocket, client: nil, now: TestGateway.now)
        switch verdict {
        case .forward(let admission):
            return String(decoding: admission.route.addedPrefix, as: UTF8.self) + request.forwardedTarget
        case .refuse(let refusal): return "\(refusal.reason.status)"
        case .healthCheck, .preflight, .renewal: return "?"
        }
    }

    @Test(arguments: [
        ("/chat/", "/"), ("/chat/room/1", "/room/1"), ("/chat", "/"), ("/chat?x=1", "/?x=1"), ("/chat/?x=1", "/?x=1"),
        ("/chat/chat/x", "/chat/x"), ("/chat/%41", "/%41"), ("/chat/a/", "/a/"),
        // Only the bytes as they are written, and one slash behind them.
        ("/ch%61t/x", "400"), ("/chat%2Fx", "400"), ("/chat//x", "400"), ("/chat/%2Fx", "400"), ("/chat/%2fx", "400"),
        ("/%2Fchat/x", "404"), ("//chat/x", "400"), ("/chatx", "404"), ("/Chat/x", "404"), ("/x/chat/", "404"),
        ("/chat;a/x", "404"), ("/chat/../x", "400"), ("/chat/%2e%2e/x", "400"), ("/chat/a//b", "/a//b"),
        ("/chat/;x", "/;x"),
        ("/chat/a%2Fb", "/a%2Fb"),
    ])
    func prefix_isCut_byteForByte(target: String, expected: String) throws {
        let pattern = "re_path: '^chat(/.*)?$'"
        let building = try Self.gateway(pattern, tolerate: #"["//", ";", "%2F"]"#)
        let policy = try #require(building.policy, "\(building.problems)")
        let gatekeeper = Gatekeeper(policy: policy)
        #expect(Self.forwarded(gatekeeper, target) == expected)
        // Channels takes all leading slashes off; the cut does not.
        let handshake = target == "/%2Fchat/x" ? "400" : expected
        #expect(Self.forwarded(gatekeeper, target, isWebSocket: true) == handshake)
    }

    @Test func prefixes_areCutAndAdded() throws {
        let pattern = "re_path: '^chat(/.*)?$'"
        for (strip, add, target, expected) in [
            ("/chat", "/v1", "/chat/x?y", "/v1/x?y"), ("/chat", "/v1", "/chat", "/v1/"),
            (nil, "/v1", "/chat/x", "/v1/chat/x"),
            ("/chat", "/a/b%20c", "/chat/x", "/a/b%20c/x"),
        ] {
            let policy = try #require(try Self.gateway(pattern, strip: strip, add: add).policy)
            let gatekeeper = Gatekeeper(policy: policy)
            #expect(Self.forwarded(gatekeeper, target) == expected)
            let lines = String(decoding: policy.routes[0].requestLines, as: UTF8.self)
            #expect(lines == (strip.map { "X-Forwarded-Prefix: \($0)\r\n" } ?? ""))
        }
    }

    @Test func encodedPrefix_isComparedAsItIsWritten() throws {
        let building = try Self.gateway("path: 'gr\u{F6}\u{DF}e/<path:rest>'", strip: "/gr%C3%B6%C3%9Fe")
        let policy = try #require(building.policy, "\(building.problems)")
        let gatekeeper = Gatekeeper(policy: policy)
        #expect(Self.forwarded(gatekeeper, "/gr%C3%B6%C3%9Fe/x") == "/x")
        #expect(Self.forwarded(gatekeeper, "/gr%c3%b6%c3%9fe/x") == "400")
    }

    @Test(arguments: [
        "", "/", "chat", "/chat/", "//chat", "/a//b", "/a/../b", "/a/.", "/a?b", "/a#b", "/a b", "/a\\b", "/a%2Fb",
        "/a;b",
        "/gr\u{F6}\u{DF}e", "/a%zz", "/%00", "/a\r\nX: y", "/a%252Fb",
    ])
    func prefix_isRefused_whenServersReadItDifferently(prefix: String) throws {
        for building in [try Self.gateway(strip: prefix), try Self.gateway(strip: nil, add: prefix)] {
            #expect(building.policy == nil && building.problems.count == 1)
        }
    }

    @Test func stripping_isRefused_whenThePatternPromisesNothing() throws {
        let building = try Self.gateway("path: '<path:rest>'")
        let problem = try #require(building.problems.first)
        #expect(problem.message == "“<path:rest>” also matches paths that are not under “/chat”")
        #expect(problem.hint == "a pattern that begins with chat/, such as path: 'chat/<path:rest>'")
    }

    /// What goes upstream is a path of the same kind: read anew, it is refused for nothing and has no form that the whole
    /// path did not have.
    @Test func path_staysUnambiguous() throws {
        let pieces = [
            "/", "/", "chat", "chat/", "%2F", "%2f", ".", "..", "%2e", ";", "a", "%25", "%5C", "%C3%A9", "//", "\\",
            "%00", "?", "x",
            "%63hat",
        ]
        var generator = SeededGenerator(seed: 3)
        for (strip, add) in [("/chat", nil), ("/chat", "/v1"), (nil, "/v1/w")] as [(String?, String?)] {
            let pattern = strip == nil ? "re_path: '.*'" : "re_path: '^chat(/.*)?$'"
            let building = try Self.gateway(pattern, strip: strip, add: add, tolerate: #"["//", ";", "%2F"]"#)
            let policy = try #require(building.policy, "\(building.problems)")
            let gatekeeper = Gatekeeper(policy: policy)
            var count = 0
            for _ in 0..<10_000 {
                var target = Bool.random(using: &generator) ? "/chat" : "/"
                for _ in 0..<Int.random(in: 0..<6, using: &generator) {
                    target += pieces[Int.random(in: 0..<pieces.count, using: &generator)]
                }
                let result = Self.forwarded(gatekeeper, target, isWebSocket: Bool.random(using: &generator))
                guard result.hasPrefix("/") else { continue }
                count += 1
                var before = PathReader()
                try before.read(whole: Self.path(target))
                var after = PathReader()
                try after.read(whole: Self.path(result))
                #expect(after.forms.isSubset(of: before.forms), "\(target) -> \(result)")
                let slashes = Self.decoded(after, Self.path(result)).prefix { $0 == 0x2F }.count
                let own = Self.decoded(before, Self.path(target)).prefix { $0 == 0x2F }.count
                #expect(slashes == 1 || strip == nil && slashes <= own, "\(target) -> \(result)")
            }
            #expect(count > 1000)
        }
    }

    private static func path(_ target: String) -> [UInt8] { Array(target.utf8.prefix { $0 != UInt8(ascii: "?") }) }

    private static func decoded(_ reader: PathReader, _ path: [UInt8]) -> [UInt8] {
        reader.isVerbatim ? path : reader.decoded
    }
}
