import Testing

@testable import GatewaySettings

@Suite struct SettingsReaderTests {
    private func settings(adding text: String) throws -> Settings {
        let reading = Reading.of(adding: text)
        #expect(reading.problems.map { $0.rendered() } == [])
        return try #require(reading.settings)
    }

    @Test func everyDefault_holds_whenNothingOptionalIsWritten() throws {
        let settings = try settings(adding: "")
        #expect(settings.listen.map(\.address.value) == [.tcp(host: "127.0.0.1", port: 8080)])
        #expect(settings.threads == 0)
        #expect(settings.simpleJWT == nil)
        #expect(settings.tokens == TokenSettings())
        #expect(settings.identity.isEmpty)
        #expect(settings.allowedOrigins == nil)
        #expect(!settings.allowMissingOrigin)
        #expect(settings.limits == LimitSettings())
        #expect(settings.timeouts == TimeoutSettings())
        #expect(settings.logs == LogSettings())
        #expect(settings.admin == nil)
        #expect(settings.cors == nil)
        #expect(settings.trustedProxies == [])
        #expect(!settings.forwarded)
        #expect(settings.releasedHeaders.isEmpty)
        #expect(settings.health == nil)
        #expect(settings.listen.map(\.proxyProtocol) == [[]])
        #expect(settings.upstreams.map(\.pool) == [PoolSettings()])
    }

    @Test func blocksWithoutValue_countAsNotWritten() throws {
        let settings = try settings(adding: "tokens:\nidentity: ~\nlimits:\ntimeouts: null\nlogs:\nadmin:\nSIMPLE_JWT:")
        #expect(settings.limits == LimitSettings())
        #expect(settings.admin == nil)
        #expect(settings.simpleJWT == nil)
    }

    @Test func listen_isRead() throws {
        let reading = Reading.of(
            """
            listen:
              - address: "[::1]:0"
              - address: unix:run/gate.sock
                tls: {certificate: tls/c.pem, key: /etc/k.pem}
            upstreams: {app: {servers: ["unix:/run/app.sock", "backend:8000"]}}
            routes: [{path: '', upstream: app, auth: none}]
            """
        )
        let settings = try #require(reading.settings)
        #expect(
            settings.listen.map(\.address.value) == [.tcp(host: "::1", port: 0), .unix(path: "conf/run/gate.sock")])
        let tls = try #require(settings.listen.last?.tls)
        #expect(tls.certificate.value == "conf/tls/c.pem")
        #expect(tls.key.value == "/etc/k.pem")
        #expect(
            tls.key.location
                == SettingsLocation(file: "conf/gateway.yaml", line: 4, column: 40, key: "listen[1].tls.key"))
        let servers = settings.upstreams.flatMap(\.servers).map(\.value)
        #expect(servers == [.unix(path: "/run/app.sock"), .tcp(host: "backend", port: 8000)])
    }

    /// A listener never falls back to plain HTTP because of an empty key.
    @Test func tls_isProblem_whenWithoutValue() {
        let reading = Reading.of("listen:\n  - address: 127.0.0.1:80\n    tls:\n")
        #expect(reading.problems.contains { $0.location.key == "listen[0].tls" })
    }

    @Test func unixPath_isProblem_whenTooLongForSockets() {
        let path = String(repeating: "a", count: 100)
        let reading = Reading.of("listen: [{address: \"unix:\(path)/sock\"}]")
        #expect(reading.problems.contains { $0.message.contains("too long for a Unix socket") })
    }

    @Test func scalars_areRead_byTheTypeTheirKeyWants() throws {
        let settings = try settings(
            adding: """
                threads: "8"
                allow_missing_origin: yes
                allowed_origins: [no, 0123, 1:30, "null", 2001-01-01]
                """
        )
        #expect(settings.threads == 8)
        #expect(settings.allowMissingOrigin)
        #expect(settings.allowedOrigins?.map(\.value) == ["no", "0123", "1:30", "null", "2001-01-01"])
    }

    @Test func tokens_areRead() throws {
        let settings = try settings(
            adding: "tokens: {sources: [query, header], query_parameter: access_token, forward: strip}")
        #expect(settings.tokens.sources == [.query, .header])
        #expect(settings.tokens.queryParameter == "access_token")
        #expect(settings.tokens.forward == .strip)
    }

    @Test func identity_keepsTheFilesOrder() throws {
        let settings = try settings(adding: "identity: {X-User-Id: user_id, X-Org: org.id, X-A: a}")
        #expect(settings.identity.map(\.header.value) == ["X-User-Id", "X-Org", "X-A"])
        #expect(settings.identity.map(\.claim?.value) == ["user_id", "org.id", "a"])
    }

    @Test func upstream_isRead() throws {
        let reading = Reading.of(
            """
            listen: [{address: "127.0.0.1:${PORT}"}]
            upstreams:
              app:
                servers: [app:8000]
                pool: {idle: 1s, size: 7}
                connect_timeout: 100ms
                response_timeout: 2m
                idle_timeout: off
            routes: [{path: '', upstream: app, auth: none}]
            """
        )
        let upstream = try #require(reading.settings?.upstreams.first)
        #expect(upstream.name.value == "app")
        #expect(upstream.pool.idle == .seconds(1))
        #expect(upstream.pool.size == 7)
        #expect(upstream.connectTimeout == .milliseconds(100))
        #expect(upstream.responseTimeout == .seconds(120))
        #expect(upstream.idleTimeout == nil)
        #expect(reading.settings?.listen.first?.address.value == .tcp(host: "127.0.0.1", port: 8080))
    }

    @Test func route_isRead() throws {
        let reading = Reading.of(
            #"""
            listen: [{address: "127.0.0.1:8080"}]
            SIMPLE_JWT: {SIGNING_KEY: "${KEY}"}
            upstreams: {app: {servers: [app:8000]}}
            routes:
              - re_path: '^ws/(?P<room>\d+)/$'
                upstream: app
                websocket: {only: true, max_message: 64MiB, refuse: auto, compression: off}
                auth: optional
                tokens: {sources: [query], forward: keep}
                allowed_origins: ["*"]
                tolerate: ["//", "%2F"]
              - path: '<path:rest>'
                upstream: app
                websocket: true
                allowed_origins: [.example.com]
              - path: ''
                upstream: app
                websocket: false
            """#
        )
        let routes = try #require(reading.settings?.routes)
        let route = try #require(routes.first)
        #expect(route.pattern.value == .rePath(#"^ws/(?P<room>\d+)/$"#))
        #expect(
            route.pattern.location
                == SettingsLocation(file: "conf/gateway.yaml", line: 5, column: 14, key: "routes[0].re_path"))
        #expect(route.upstream.value == "app")
        #expect(route.auth == .optional)
        #expect(route.sources == [.query])
        #expect(route.forward == .keep)
        #expect(route.allowedOrigins?.map(\.value) == ["*"])
        #expect(route.tolerate == [.emptySegment, .encodedSlash])
        let webSocket = try #require(route.webSocket)
        #expect(webSocket.only)
        #expect(webSocket.refuse == .auto)
        #expect(!webSocket.compression)
        #expect(routes.map(\.webSocket?.maxMessage) == [64 << 20, 16 << 20, nil])
        #expect(routes.map(\.auth) == [.optional, .required, .required])
    }

    /// Browsers send a message as one frame: raising only the message limit must not leave the frame limit in the way.
    @Test func maxFrame_followsMaxMessage_unlessWritten() {
        func maxFrame(_ options: String) -> Int? {
            let text =
                "listen: [{address: 'a:1'}]\nupstreams: {a: {servers: ['a:1']}}\nroutes: [{path: '', upstream: a, auth: none, "
            return Reading.of(text + "allowed_origins: ['*'], websocket: {\(options)}}]").settings?.routes.first?
                .webSocket?.maxFrame
        }
        #expect(maxFrame("only: true") == 16 << 20)
        #expect(maxFrame("max_message: 64MiB") == 64 << 20)
        #expect(maxFrame("max_frame: 1MiB, max_message: 64MiB") == 1 << 20)
    }

    @Test func limitsAndTimeouts_areRead() throws {
        let settings = try settings(
            adding: """
                limits: {request_line: 4KiB, header: 16KiB, header_block: 64KiB, header_count: 50, body: off, connections: 10}
                timeouts: {head: 1s, body_idle: 2s, write_stall: 3s, keep_alive: 4s, drain: 0s}
                """
        )
        #expect(settings.limits.requestLine == 4096)
        #expect(settings.limits.header == 16384)
        #expect(settings.limits.headerBlock == 65536)
        #expect(settings.limits.headerCount == 50)
        #expect(settings.limits.body == nil)
        #expect(settings.limits.connections == 10)
        #expect(settings.timeouts.head == .seconds(1))
        #expect(settings.timeouts.bodyIdle == .seconds(2))
        #expect(settings.timeouts.writeStall == .seconds(3))
        #expect(settings.timeouts.keepAlive == .seconds(4))
        #expect(settings.timeouts.drain == .zero)
        #expect(try self.settings(adding: "limits: {connections: auto}").limits.connections == nil)
    }

    @Test(arguments: [
        ("on", AccessLogTarget.on), ("true", .on), ("off", .off), ("no", .off), ("./a.log", .file("conf/./a.log")),
        ("/var/log/a.log", .file("/var/log/a.log")),
    ])
    func accessLog_isRead(text: String, target: AccessLogTarget) throws {
        let settings = try settings(adding: "logs: {level: debug, format: json, access: \(text)}")
        #expect(settings.logs.access == target)
        #expect(settings.logs.level == .debug)
        #expect(settings.logs.format == .json)
    }

    @Test func admin_isRead() throws {
        #expect(
            try settings(adding: "admin: {address: 'localhost:9901'}").admin?.address.value
                == .tcp(host: "localhost", port: 9901))
    }

    @Test func mergeKeys_shareOptionsBetweenRoutes() throws {
        let reading = Reading.of(
            """
            listen: [{address: 'a:1'}]
            allowed_origins: ['*']
            upstreams: {a: {servers: ['a:1']}}
            routes:
              - &defaults {path: 'a/', upstream: a, auth: none, websocket: {max_message: 1MiB}}
              - {<<: *defaults, path: 'b/'}
            """
        )
        let routes = try #require(reading.settings?.routes)
        #expect(routes.map(\.pattern.value) == [.path("a/"), .path("b/")])
        #expect(routes.map(\.webSocket?.maxMessage) == [1 << 20, 1 << 20])
    }

    @Test func problems_areSortedByPlace() {
        let reading = Reading.of("threads: x\nlogs: {level: y}\nlisten: z\nadmin: 1\n")
        let places = reading.problems.map { [$0.location.line, $0.location.column] }
        #expect(places.count > 5)
        #expect(places == places.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test func file_isRead_withPathsFromItsFolder() throws {
        let reading = SettingsReader.read(file: Project.root + "/examples/rs256.yaml", environment: [:])
        #expect(reading.problems.map { $0.rendered() } == [])
        #expect(reading.settings?.simpleJWT?.verifyingKey?.value.contains("BEGIN PUBLIC KEY") == true)
    }

    @Test(arguments: [("/nowhere/gateway.yaml", "No such file or directory"), ("/tmp", "Is a directory")])
    func file_isProblem_whenUnreadable(path: String, reason: String) {
        let reading = SettingsReader.read(file: path, environment: [:])
        #expect(reading.settings == nil)
        let problem = "the settings file cannot be read: \(reason) (name another with --config FILE)"
        #expect(reading.rendered == ["\(path):1:1: \(problem)"])
    }
}
