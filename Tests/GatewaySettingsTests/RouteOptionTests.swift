import GatewayMessage
import Testing

@testable import GatewaySettings

@Suite struct RouteOptionTests {
    private func route(_ options: String) throws -> RouteSettings {
        let reading = Reading.of(
            """
            listen: [{address: 'a:1'}]
            allowed_origins: ['*']
            upstreams: {a: {servers: ['a:1']}}
            routes: [{path: '', upstream: a, auth: none, \(options)}]
            """
        )
        #expect(reading.rendered == [])
        return try #require(reading.settings?.routes.first)
    }

    @Test func everyOption_isOff_unlessWritten() throws {
        let route = try route("")
        #expect(route.hosts == nil && route.methods == nil && route.allow == nil && route.deny == [])
        #expect(route.stripPrefix == nil && route.addPrefix == nil)
        #expect(route.requestHeaders.isEmpty && route.responseHeaders.isEmpty)
    }

    @Test func everyOption_isRead() throws {
        let route = try route(
            """
            hosts: [chat.example.com, .example.com], methods: [GET, POST], strip_prefix: /chat, add_prefix: /v1/api,
              allow: [10.0.0.0/8, unix], deny: [10.1.0.0/16],
              headers: {request: {set: {X-A: b}, add: {X-B: [c, d]}, remove: [X-C]}, response: {set: {Server: x}}}
            """
        )
        #expect(route.hosts?.map(\.value) == ["chat.example.com", ".example.com"])
        #expect(route.hosts?.first?.location.key == "routes[0].hosts[0]")
        #expect(route.methods?.map(\.value) == ["GET", "POST"])
        #expect(route.stripPrefix?.value == "/chat")
        #expect(route.addPrefix?.value == "/v1/api")
        #expect(route.allow == [.addresses(try #require(IPAddressRange("10.0.0.0/8"))), .unix])
        #expect(route.deny == [.addresses(try #require(IPAddressRange("10.1.0.0/16")))])
        let request = route.requestHeaders
        #expect(request.set.map { "\($0.name.value): \($0.value.value)" } == ["X-A: b"])
        #expect(request.add.map { "\($0.name.value): \($0.value.value)" } == ["X-B: c", "X-B: d"])
        #expect(request.remove.map(\.value) == ["x-c"])
        #expect(route.responseHeaders.set.map(\.name.value) == ["Server"])
        #expect(route.responseHeaders.set.first?.name.location.key == "routes[0].headers.response.set.Server")
    }

    @Test func methods_areRead_whenTheRouteTakesPlainRequestsToo() throws {
        #expect(try route("websocket: true, methods: [GET]").methods?.map(\.value) == ["GET"])
    }

    // MARK: Hosts

    @Test(arguments: [
        "chat.example.com", ".example.com", "localhost", "*", "127.0.0.1", "[::1]", "my_app", "xn--mnchen-3ya.example",
        "a-b.c1",
    ])
    func host_isRead(text: String) throws { #expect(try HostPatternText.parse(text) == text) }

    @Test(arguments: [
        ("Chat.Example.COM:8080", "chat.example.com"), ("http://chat.example.com:80/x?y", "chat.example.com"),
        ("*.example.com", ".example.com"), ("chat.example.com.", "chat.example.com"), ("//a/", "a"), ("u:p@a", "a"),
        (".Example.com", ".example.com"), ("::1", "[::1]"), ("[::AB]:1", "[::ab]"), ("[0::1]", "[::1]"),
        (".example.com:443", ".example.com"),
    ])
    func host_isCorrected(text: String, meant: String) throws {
        do {
            _ = try HostPatternText.parse(text)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.suggestion == "write \(meant)")
        }
        #expect(try HostPatternText.parse(meant) == meant)
    }

    @Test(arguments: [
        "", ".", "..a", "a..b", "-a", "a-", "a b", "1.2.3", "256.1.1.1", ".10.0.0.1", "[::1", "::1]", "[]", "**", "a*",
        "*a", "a/b*", "é", "[::ffff:1.2.3.4]", "a:b:c", "\(String(repeating: "a", count: 64)).b",
    ])
    func host_isRefused_whenNoRequestHasIt(text: String) {
        #expect(throws: ScalarProblem.self) { try HostPatternText.parse(text) }
    }

    // MARK: Paths

    @Test(arguments: ["/chat", "/api/v1", "/a.b-c_d~e", "/..a", "/.well-known"])
    func prefix_isRead(text: String) throws { #expect(try PathText.prefix(text) == text) }

    @Test(arguments: [
        "", "/", "//", "chat", "chat/", "/chat/", "/a//b", "/a/./b", "/a/..", "/.", "/a%20b", "/a b", "/a;b", "/a?b",
        "/a#b", "/a:b", "/ä", "/a\\b", "/a*", "/a@b",
    ])
    func prefix_isRefused_whenServersCouldDisagree(text: String) {
        #expect(throws: ScalarProblem.self) { try PathText.prefix(text) }
    }

    @Test(arguments: [("a", "/a"), ("a/", "/a"), ("/a//b/", "/a/b"), ("//a", "/a"), ("a/b", "/a/b")])
    func prefix_isCorrected(text: String, meant: String) {
        #expect { try PathText.prefix(text) } throws: { ($0 as? ScalarProblem)?.suggestion == "write \(meant)" }
    }

    @Test(arguments: [
        ("/healthz", "/healthz"), ("/", "/"), ("/health/", "/health/"), ("/a:b@c", "/a:b@c"), ("off", nil),
        ("\"/-/ready\"", "/-/ready"),
    ])
    func health_isRead(text: String, path: String?) throws {
        let reading = Reading.of(adding: "health: \(text)")
        #expect(reading.problems.map { $0.rendered() } == [])
        #expect(try #require(reading.settings).health?.value == path)
    }

    @Test(arguments: [
        ("healthz", "did you mean /healthz?"), ("true", "write a path such as /healthz"),
        ("0", "did you mean /0?"), ("''", "expected off or a path such as /healthz"), ("[a]", "not a list"),
        ("/healthz?full", "whatever query comes with it is passed over"), ("/a#b", "is passed over"),
        ("https://a/healthz", "write a path such as /healthz"), ("/a/../b", "write the path it means"),
        ("//healthz", "write a path"), ("/a//b", "write a path"), ("/a b", "write a path"), ("/h%65", "write a path"),
        ("/ä", "write a path"), ("/.", "write the path it means"),
    ])
    func health_isRefused_whenNoClientSendsIt(text: String, hint: String) {
        let reading = Reading.of(adding: "health: \(text)")
        #expect(reading.problems.map(\.location.key) == ["health"])
        #expect(reading.problems.first?.hint?.contains(hint) == true, "\(reading.rendered)")
    }

    // MARK: Headers

    @Test(arguments: ["Server", "Set-Cookie", "Content-Type", "Cache-Control", "X-Frame-Options", "Vary", "Location"])
    func responseHeader_mayBeSet(name: String) throws {
        #expect(try route("headers: {response: {set: {\(name): x}}}").responseHeaders.set.count == 1)
    }

    @Test(arguments: ["Authorization", "Cookie", "Accept-Encoding", "User-Agent", "X-Api-Key", "Content-Type"])
    func requestHeader_mayBeSetAndRemoved(name: String) throws {
        #expect(try route("headers: {request: {set: {\(name): x}}}").requestHeaders.set.count == 1)
        #expect(try route("headers: {request: {remove: [\(name)]}}").requestHeaders.remove.count == 1)
    }

    @Test func corsHeaders_mayBeEdited_whileCORSIsTheBackends() throws {
        let route = try route("headers: {response: {set: {Access-Control-Max-Age: 60}, remove: [Vary]}}")
        #expect(!route.responseHeaders.isEmpty)
    }

    @Test func headerValue_isRead_fromAVariable() throws {
        let route = try route("headers: {request: {set: {X-Api-Key: \"${KEY}\"}}}")
        #expect(route.requestHeaders.set.map(\.value.value) == [Reading.secret])
    }

    @Test func headerValue_isProblem_whenTooLong() {
        let value = String(repeating: "a", count: 4097)
        let route = "path: '', upstream: app, auth: none, headers: {request: {set: {X-A: \(value)}}}"
        let reading = Reading.of(Reading.minimal.replacing("path: '', upstream: app, auth: none", with: route))
        #expect(reading.problems.map(\.location.key) == ["routes[0].headers.request.set.X-A"])
    }
}
