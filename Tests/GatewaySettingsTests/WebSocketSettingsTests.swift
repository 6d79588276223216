import Testing

@testable import GatewaySettings

@Suite struct WebSocketSettingsTests {
    private func reading(_ options: String, auth: String = "required") -> SettingsReading {
        Reading.of(
            """
            listen: [{address: 'a:1'}]
            SIMPLE_JWT: {SIGNING_KEY: '${KEY}'}
            allowed_origins: ['*']
            upstreams: {a: {servers: ['a:1']}}
            routes: [{path: '', upstream: a, auth: \(auth), websocket: {only: true, \(options)}}]
            """
        )
    }

    private func settings(_ options: String) throws -> WebSocketSettings {
        let reading = reading(options)
        #expect(reading.rendered == [])
        return try #require(reading.settings?.routes.first?.webSocket)
    }

    @Test func defaults_hold_unlessWritten() throws {
        var defaults = WebSocketSettings()
        defaults.only = true
        #expect(try settings("") == defaults)
        #expect(try settings("limits: , drain: ") == defaults)
    }

    @Test func times_areRead() throws {
        let settings = try settings(
            """
            ping: 20s, pong_timeout: 5s, idle: 10m, idle_counts_pings: true, max_age: 12h, max_age_jitter: 25%,
              expiry_jitter: 30s, buffer: 1MiB, slow_consumer: 10s
            """
        )
        #expect(settings.ping == .seconds(20))
        #expect(settings.pongTimeout == .seconds(5))
        #expect(settings.idle == .seconds(600))
        #expect(settings.idleCountsPings)
        #expect(settings.maxAge == .seconds(43_200))
        #expect(settings.maxAgeJitter == 25)
        #expect(settings.expiryJitter == .seconds(30))
        #expect(settings.buffer == 1 << 20)
        #expect(settings.slowConsumer == .seconds(10))
    }

    @Test func off_switchesOff() throws {
        let settings = try settings("ping: off, idle: off, max_age: off, expiry_notice: off, renewal: off")
        #expect(settings.ping == nil && settings.idle == nil && settings.maxAge == nil)
        #expect(settings.expiryNotice == nil && !settings.renewal.isOn)
    }

    // MARK: Expiry

    @Test func notice_saysTheDefaultMessage_whenOnlyItsTimeIsWritten() throws {
        #expect(try settings("expiry_notice: 60s").expiryNotice == ExpiryNoticeSettings(before: .seconds(60)))
        #expect(try settings("expiry_notice: {before: 1m}").expiryNotice == ExpiryNoticeSettings(before: .seconds(60)))
    }

    @Test func notice_saysItsOwnMessage() throws {
        let notice = try settings("expiry_notice: {before: 5s, message: 'bye in {seconds}s'}").expiryNotice
        #expect(notice?.message == [.text("bye in "), .seconds, .text("s")])
    }

    /// What `gateway.yaml` shows is what is sent.
    @Test func documentedMessage_isTheDefault() throws {
        let message = #"{"type":"token.expiring","expires_in":{seconds},"session":"{session}"}"#
        #expect(Project.text(Project.root + "/gateway.yaml").contains(message))
        #expect(try ExpiryNoticeText.parse(message) == ExpiryNoticeSettings(before: .zero).message)
    }

    @Test(arguments: [
        ("plain", [ExpiryNoticePiece.text("plain")]), ("{seconds}", [.seconds]),
        ("{session}{seconds}", [.session, .seconds]),
        ("{{seconds}}", [.text("{"), .seconds, .text("}")]), (#"{"a":{}}"#, [.text(#"{"a":{}}"#)]),
        ("{ seconds }", [.text("{ seconds }")]), ("a{", [.text("a{")]), ("}{", [.text("}{")]),
        ("{seconds", [.text("{seconds")]),
        ("{}", [.text("{}")]), ("ä{seconds}ö", [.text("ä"), .seconds, .text("ö")]),
    ])
    func message_isTakenApart(text: String, pieces: [ExpiryNoticePiece]) throws {
        #expect(try ExpiryNoticeText.parse(text) == pieces)
    }

    @Test(arguments: ["{second}", "{Seconds}", "a{user_id}b", "{seconds}{x}", String(repeating: "a", count: 1025)])
    func message_isRefused_whenItAsksForMore(text: String) {
        #expect(throws: ScalarProblem.self) { try ExpiryNoticeText.parse(text) }
    }

    @Test func renewal_isRead() throws {
        #expect(try settings("renewal: http").renewal.http)
        #expect(try settings("renewal: {http: true}").renewal.inBand == nil)
        let both = try settings(
            "compression: false, renewal: {http: true, in_band: {match: {type: token.renew, v: 1}, token: token}}"
        ).renewal
        #expect(both.http && both.isOn)
        let members = [JSONMemberSettings(name: "type", value: "token.renew"), .init(name: "v", value: "1")]
        #expect(both.inBand == InBandRenewalSettings(match: members, token: "token"))
        let one = try settings("compression: false, renewal: {in_band: {match: {a: b}, token: c}}").renewal
        #expect(!one.http && one.inBand != nil)
        #expect(try settings("renewal: {http: true, in_band: off}").renewal.inBand == nil)
    }

    @Test func inBandRenewal_isProblem_whileMessagesMayBeCompressed() {
        let reading = reading("renewal: {in_band: {match: {type: x}, token: t}}")
        #expect(reading.problems.map(\.location.key) == ["routes[0].websocket.renewal.in_band"])
        #expect(reading.problems.first?.message.contains("compression: false") == true)
    }

    // MARK: Limits

    @Test func limits_areRead() throws {
        let limits = try settings(
            """
            limits: {messages_per_second: {rate: 10, burst: 50}, bytes_per_second: 64KiB, exceed: delay, per_user: 5,
              per_address: 20, per_route: 1000, when_full: drop_oldest}
            """
        ).limits
        #expect(limits.messagesPerSecond == RateSettings(perSecond: 10, burst: 50))
        #expect(limits.bytesPerSecond == RateSettings(perSecond: 65536, burst: 65536))
        #expect(limits.exceed == .delay)
        #expect(limits.perUser == 5 && limits.perAddress == 20 && limits.perRoute == 1000)
        #expect(limits.whenFull == .dropOldest)
        let burst = try settings("limits: {bytes_per_second: {rate: 64KiB, burst: 1MiB}}").limits.bytesPerSecond
        #expect(burst == RateSettings(perSecond: 65536, burst: 1 << 20))
        let bare = try settings("limits: {bytes_per_second: {rate: 64KiB}, per_user: off}").limits
        #expect(bare.bytesPerSecond == RateSettings(perSecond: 65536, burst: 65536) && bare.perUser == nil)
    }

    @Test(arguments: [
        "10/s", "64KiB/s", "64KiB/", "/s", "64k", "0", "off ", "{burst: 1}", "{rate: 1, burst: 64k}", "2048GiB",
    ])
    func byteRate_isRefused_whenItIsNone(text: String) {
        #expect(reading("limits: {bytes_per_second: '\(text)'}").settings == nil)
        #expect(reading("limits: {bytes_per_second: \(text)}").settings == nil || text == "off ")
    }

    @Test func allSockets_areLimited() throws {
        #expect(try #require(Reading.of(adding: "limits: {web_sockets: 500}").settings).limits.webSockets == 500)
        #expect(Reading.of(adding: "limits: {connections: 500, web_sockets: 500}").rendered == [])
    }

    // MARK: Ends

    @Test func drain_isRead() throws {
        let drain = try settings("drain: {code: 1012, reason: 'zurück in Kürze'}").drain
        #expect(drain.code == 1012 && drain.reason == "zurück in Kürze")
        #expect(try settings("drain: {reason: ''}").drain.reason == "")
        #expect(try settings("drain: {reason: \(String(repeating: "x", count: 123))}").drain.code == 1001)
    }

    /// Bytes count, not characters.
    @Test func drainReason_isProblem_whenLongerThanACloseFrame() {
        let reading = reading("drain: {reason: \(String(repeating: "ü", count: 62))}")
        #expect(reading.problems.map(\.location.key) == ["routes[0].websocket.drain.reason"])
    }

    @Test func reload_isRead() throws {
        #expect(try #require(Reading.of(adding: "reload: {close_removed: true}").settings).reload.closeRemoved)
        #expect(try #require(Reading.of(adding: "reload:").settings).reload == ReloadSettings())
    }

    @Test(arguments: [("0%", 0), ("10%", 10), ("50 %", 50)])
    func percentage_isRead(text: String, percent: Int) throws {
        #expect(try PercentText.parse(text, in: 0...50) == percent)
    }

    @Test(arguments: ["", "%", "10", "0.1", "51%", "-1%", "10%%", "10 percent", "99999999999999999999%", "1e1%"])
    func percentage_isRefused(text: String) {
        #expect(throws: ScalarProblem.self) { try PercentText.parse(text, in: 0...50) }
    }
}
