import GatewayMessage
import GatewayPolicy
import GatewaySettings
import Testing

@Suite struct VettingTests {
    private static let proxy = Peer(address: IPAddress("10.0.0.1"), isSecure: false, port: 8080)
    private static let stranger = Peer(address: IPAddress("192.0.2.9"), isSecure: true, port: 8443)
    private static let local = Peer(address: nil, isSecure: false, port: 0)

    private static func gateway(_ trusted: [String] = ["10.0.0.0/8", "unix"], forwarded: Bool = false) throws
        -> TestGateway
    {
        try TestGateway(routes: "  - {path: '<path:rest>', upstream: chat, auth: none}") {
            $0.trustedProxies = trusted.map { .of($0) }
            $0.forwarded = forwarded
        }
    }

    private static func vet(_ gateway: TestGateway, _ lines: [String], _ peer: Peer = Self.proxy) -> VettedSender? {
        gateway.vet(TestRequest("/a", lines), peer)
    }

    private static func lines(_ sender: VettedSender?) -> [String] {
        String(decoding: sender?.lines ?? [], as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    @Test func peer_isBelieved_onlyWhenListed() throws {
        let gateway = try Self.gateway()
        let lines = ["X-Forwarded-For: 1.1.1.1", "X-Request-Id: a"]
        #expect(Self.vet(gateway, lines)?.address == IPAddress("1.1.1.1"))
        #expect(Self.vet(gateway, lines, Self.local)?.address == IPAddress("1.1.1.1"))
        #expect(Self.vet(gateway, lines, Self.stranger) == nil)
        #expect(gateway.policy.isTrustedProxy(Self.proxy) && !gateway.policy.isTrustedProxy(Self.stranger))
        let withoutUnix = try Self.gateway(["10.0.0.0/8"])
        #expect(Self.vet(withoutUnix, lines, Self.local) == nil)
        let nobody = try Self.gateway([])
        #expect(Self.vet(nobody, lines) == nil && Self.vet(nobody, lines, Self.local) == nil)
    }

    @Test func lines_areTheVettedChain_andTheProxysWord() throws {
        let lines = [
            "Host: inner", "X-Forwarded-For: 6.6.6.6, 1.1.1.1, 10.0.0.2", "X-Forwarded-Proto: WSS",
            "X-Forwarded-Host: Shop.example:8443", "X-Forwarded-Port: 443", "Forwarded: for=6.6.6.6",
            "X-Forwarded-Prefix: /x", "X-Real-IP: 6.6.6.6",
        ]
        #expect(
            Self.lines(Self.vet(try Self.gateway(), lines)) == [
                "X-Forwarded-For: 1.1.1.1, 10.0.0.2, 10.0.0.1", "X-Forwarded-Proto: https",
                "X-Forwarded-Host: Shop.example:8443", "X-Forwarded-Port: 443",
            ])
        let withForwarded = Self.lines(Self.vet(try Self.gateway(forwarded: true), lines))
        #expect(
            withForwarded.last
                == #"Forwarded: for=1.1.1.1;proto=https;host="Shop.example:8443", for=10.0.0.2, for=10.0.0.1"#)
    }

    /// The proxy listens elsewhere than we do.
    @Test(arguments: [
        (["X-Forwarded-Proto: https"], "443"), (["X-Forwarded-Proto: http"], "80"),
        (["X-Forwarded-Proto: wss", "Host: a.test:8443"], "8443"),
        (["X-Forwarded-Proto: https", "Host: a.test"], "443"),
        (["X-Forwarded-Proto: https", "Host: [::1]"], "443"), (["X-Forwarded-Proto: https", "Host: [::1]:9"], "9"),
        (["X-Forwarded-Proto: https", "Host: a.test:"], "443"), (["X-Forwarded-Host: a.test:81"], "81"),
        (["X-Forwarded-Host: a.test"], "8080"), (["Host: a.test:81"], "8080"), ([], "8080"),
        (["X-Forwarded-Proto: https", "X-Forwarded-Port: 444", "Host: a.test:81"], "444"),
        (["X-Forwarded-Proto: https", "X-Forwarded-Host: b.test:5", "Host: a.test:81"], "5"),
    ])
    func port_followsFromWhatTheProxySaid(lines: [String], expected: String) throws {
        let sent = Self.lines(Self.vet(try Self.gateway(), lines))
        #expect(sent.contains("X-Forwarded-Port: \(expected)"))
    }

    /// A proxy that cannot say who its client is must not lend it its own address.
    @Test(arguments: [
        ([], "anonymous"), (["X-Forwarded-For: 10.9.9.9"], "anonymous"), (["X-Forwarded-For: unknown"], "403 address"),
        (["X-Forwarded-For: "], "403 address"), (["X-Forwarded-For: 10.9.9.9, x"], "403 address"),
        (["X-Forwarded-For: x, 10.0.0.2"], "403 address"), (["X-Forwarded-For: x, 10.0.0.2, 10.0.0.3"], "403 address"),
    ])
    func unreadableClient_passesNoAddressRule(lines: [String], expected: String) throws {
        for isDeny in [false, true] {
            let gateway = try TestGateway(
                routes: """
                      - {path: 'a', upstream: chat, auth: none}
                      - {path: 'b', upstream: chat, auth: none}
                    """
            ) {
                $0.trustedProxies = [.of("10.0.0.0/24")]
                if isDeny {
                    $0.routes[0].deny = [.of("192.0.2.0/24")]
                } else {
                    $0.routes[0].allow = [.of("10.0.0.0/8")]
                }
            }
            var request = TestRequest("/a", lines)
            let address = gateway.vet(request, Self.proxy)?.address
            #expect(gateway.outcome(&request, client: address) == expected)
            // Forgotten with the next request, and of no matter without address rules.
            var next = TestRequest("/a")
            #expect(gateway.outcome(&next, client: IPAddress("10.0.0.9")) == "anonymous")
            var open = TestRequest("/b", lines)
            _ = gateway.vet(open, Self.proxy)
            #expect(gateway.outcome(&open, client: address) == "anonymous")
        }
    }

    @Test func lines_areOurs_whenTheProxySaysNothing() throws {
        let gateway = try Self.gateway(forwarded: true)
        let sender = Self.vet(gateway, ["Host: example.com"])
        #expect(sender?.address == Self.proxy.address)
        #expect(
            Self.lines(sender) == [
                "X-Forwarded-For: 10.0.0.1", "X-Forwarded-Proto: http", "X-Forwarded-Host: example.com",
                "X-Forwarded-Port: 8080", #"Forwarded: for=10.0.0.1;proto=http;host="example.com""#,
            ])
        let bare = Self.vet(gateway, [], Self.local)
        #expect(bare?.address == nil && bare?.requestID == [])
        #expect(
            Self.lines(bare) == [
                "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: http", "Forwarded: for=127.0.0.1;proto=http",
            ])
        let v6 = Self.vet(gateway, ["X-Forwarded-For: [2001:db8::1]:99"])
        #expect(Self.lines(v6).last == #"Forwarded: for="[2001:db8::1]";proto=http, for=10.0.0.1"#)
    }

    @Test(arguments: [
        ("X-Forwarded-Proto", ["https"], "https"), ("X-Forwarded-Proto", ["HTTPS"], "https"),
        ("X-Forwarded-Proto", ["ws"], "http"), ("X-Forwarded-Proto", ["wss"], "https"),
        ("X-Forwarded-Proto", ["https, http"], "http"), ("X-Forwarded-Proto", ["https", "https"], "http"),
        ("X-Forwarded-Proto", ["http", "https"], "http"), ("X-Forwarded-Proto", ["ftp"], "http"),
        ("X-Forwarded-Proto", [""], "http"), ("X-Forwarded-Proto", ["https;"], "http"),
        ("X-Forwarded-Host", ["a.example"], "a.example"), ("X-Forwarded-Host", ["a.example:1"], "a.example:1"),
        ("X-Forwarded-Host", ["[::1]:80"], "[::1]:80"), ("X-Forwarded-Host", ["[::1]"], "[::1]"),
        ("X-Forwarded-Host", ["a.example, b.example"], "inner"), ("X-Forwarded-Host", ["a", "b"], "inner"),
        ("X-Forwarded-Host", ["a", "a"], "inner"), ("X-Forwarded-Host", ["a@b"], "inner"),
        ("X-Forwarded-Host", ["a/b"], "inner"), ("X-Forwarded-Host", ["a:0"], "inner"),
        ("X-Forwarded-Host", ["a:65536"], "inner"), ("X-Forwarded-Host", ["a:"], "inner"),
        ("X-Forwarded-Host", [":80"], "inner"), ("X-Forwarded-Host", ["[::1"], "inner"),
        ("X-Forwarded-Host", ["[1.2.3.4]"], "inner"), ("X-Forwarded-Host", ["a\"b"], "inner"),
        ("X-Forwarded-Host", [""], "inner"), ("X-Forwarded-Host", ["a b"], "inner"),
        ("X-Forwarded-Host", ["a%41"], "inner"),
        ("X-Forwarded-Host", [String(repeating: "a", count: 262)], "inner"), ("X-Forwarded-Host", ["["], "inner"),
        ("X-Forwarded-Port", ["1"], "1"), ("X-Forwarded-Port", ["65535"], "65535"), ("X-Forwarded-Port", ["0"], "8080"),
        ("X-Forwarded-Port", ["65536"], "8080"), ("X-Forwarded-Port", ["0443"], "8080"),
        ("X-Forwarded-Port", ["443, 443"], "8080"), ("X-Forwarded-Port", ["443", "443"], "8080"),
        ("X-Forwarded-Port", ["-1"], "8080"), ("X-Forwarded-Port", [""], "8080"),
        ("X-Forwarded-Port", ["443x"], "8080"),
    ])
    func field_isKept_whenThereIsExactlyOneValidValue(name: String, values: [String], expected: String) throws {
        let sender = Self.vet(try Self.gateway(), ["Host: inner"] + values.map { "\(name): \($0)" })
        #expect(Self.lines(sender).filter { $0.hasPrefix("\(name): ") } == ["\(name): \(expected)"])
    }

    @Test(arguments: [
        (["a"], "a"), (["4bf92f3577b34da6a3ce929d0e0e4736"], "4bf92f3577b34da6a3ce929d0e0e4736"),
        (["!~<>&'"], "!~<>&'"),
        ([String(repeating: "x", count: 128)], String(repeating: "x", count: 128)),
        ([String(repeating: "x", count: 129)], ""), ([""], ""), (["a b"], ""), (["a\tb"], ""), (["a\"b"], ""),
        (["a,b"], ""), (["a;b"], ""), (["a\\b"], ""), (["\u{E9}"], ""), (["\u{7F}"], ""), (["a", "a"], ""),
        (["a", "b"], ""),
    ])
    func requestID_isKept_whenItIsFitForEveryLog(values: [String], expected: String) throws {
        let sender = Self.vet(try Self.gateway(), values.map { "X-Request-Id: \($0)" })
        #expect(String(decoding: sender?.requestID ?? [1], as: UTF8.self) == expected)
    }

    @Test func ownLines_areConstantForAPeer() throws {
        let gateway = try Self.gateway(forwarded: true)
        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        #expect(
            text(gateway.policy.forwardedLines(for: Self.stranger))
                == "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 8443\r\n")
        #expect(
            text(gateway.policy.forwardedLines(for: Self.local))
                == "X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n")
        #expect(
            text(gateway.policy.forwardedOpening(for: Self.stranger)) == #"Forwarded: for=192.0.2.9;proto=https;host=""#
        )
        let v6 = Peer(address: IPAddress("2001:db8::1"), isSecure: false, port: 0)
        #expect(text(gateway.policy.forwardedOpening(for: v6)) == #"Forwarded: for="[2001:db8::1]";proto=http;host=""#)
        #expect(gateway.policy.sendsForwarded)
        let quiet = try Self.gateway()
        #expect(!quiet.policy.sendsForwarded && quiet.policy.forwardedOpening(for: Self.stranger).isEmpty)
    }

    /// Vetted or not: what the client wrote is never what the backend reads.
    @Test(arguments: [
        "X-Forwarded-For", "x_forwarded_for", "X.Forwarded.For", "x~forwarded~for", "X-FORWARDED-PROTO",
        "X-Forwarded-Host",
        "X-Forwarded-Port", "X-Forwarded-Prefix", "Forwarded", "X-Request-Id", "X_Request_Id", "x.request.id",
        "X-Real-IP",
    ])
    func line_neverSurvives_inAnySpelling(name: String) throws {
        let gateway = try Self.gateway(forwarded: true)
        for peer in [Self.proxy, Self.stranger, Self.local] {
            var request = TestRequest("/a", ["\(name): 6.6.6.6", "Accept: a"])
            _ = gateway.vet(request, peer)
            _ = gateway.judge(&request, client: peer.address)
            #expect(request.keptLines == ["Accept: a"])
        }
    }

    @Test func ignoredForwarding_isNoted_once() throws {
        let gateway = try Self.gateway()
        func judge(_ peer: Peer, _ lines: [String]) {
            var request = TestRequest("/a", lines)
            _ = gateway.vet(request, peer)
            _ = gateway.judge(&request, client: peer.address)
        }
        judge(Self.stranger, ["X-Forwarded-Proto: https", "X-Real-IP: 1.1.1.1"])
        judge(Self.proxy, ["X-Forwarded-For: 1.1.1.1"])
        #expect(gateway.gatekeeper.takeIgnoredForwarding() == nil)
        judge(Self.stranger, ["x-forwarded-for: 1.1.1.1"])
        judge(Peer(address: IPAddress("192.0.2.10"), isSecure: false, port: 0), ["X-Forwarded-For: 1.1.1.1"])
        #expect(gateway.gatekeeper.takeIgnoredForwarding() == Self.stranger.address)
        #expect(gateway.gatekeeper.takeIgnoredForwarding() == nil)
        // Also when nobody asked to vet, because nobody is trusted.
        judge(Self.proxy, [])
        var request = TestRequest("/a", ["X-Forwarded-For: 1.1.1.1"])
        _ = gateway.judge(&request, client: Self.stranger.address)
        #expect(gateway.gatekeeper.takeIgnoredForwarding() == Self.stranger.address)
    }

    /// Random requests from dangerous pieces: whatever a proxy passes on, the lines are ours, complete and well-formed.
    @Test func lines_areAlwaysWellFormed() throws {
        let gateway = try Self.gateway(forwarded: true)
        var generator = SeededGenerator(seed: 11)
        let names = [
            "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "X-Request-Id", "Host",
            "Forwarded",
        ]
        let values = [
            "", ",", "[", "[::1", "[::1]", "]", "10.0.0.1", "1.1.1.1", "10.0.0.1, 10.0.0.2", "https", "ws", "80",
            "99999",
            "a\"b", "a;b", "a b", "\u{E9}", "\u{0}", "x", ":", ":80", "a:80", "[]:80", "[:]", "1.1.1.1:", "\t",
        ]
        for _ in 0..<6_000 {
            let lines = (0..<Int.random(in: 0..<8, using: &generator)).map { _ in
                names[Int.random(in: 0..<names.count, using: &generator)] + ": "
                    + values[Int.random(in: 0..<values.count, using: &generator)]
            }
            var request = TestRequest("/a", lines)
            // The parser lets only authorities through.
            request.head.host = request.head.host.flatMap { request.text($0) == "x" ? $0 : nil }
            let peer = Bool.random(using: &generator) ? Self.proxy : Self.local
            let sender = try #require(gateway.vet(request, peer))
            let text = String(decoding: sender.lines, as: UTF8.self)
            #expect(text.utf8.allSatisfy { $0 == 0x0D || $0 == 0x0A || (0x20...0x7E).contains($0) })
            #expect(text.hasSuffix("\r\n") && !text.contains("\r\n\r\n"))
            let kinds = Self.lines(sender).map { String($0.prefix { $0 != ":" }) }
            #expect(Set(kinds).count == kinds.count && kinds.first == "X-Forwarded-For" && kinds.last == "Forwarded")
            #expect(sender.requestID.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 })
        }
    }
}
