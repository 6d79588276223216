import Testing

@testable import GatewaySettings

@Suite struct ClaimRuleSettingsTests {
    /// Rules without their places.
    private indirect enum Rule: Equatable {
        case value(ClaimScalarSettings)
        case equals(ClaimScalarSettings)
        case oneOf([ClaimScalarSettings])
        case contains(ClaimScalarSettings)
        case present
        case any([Rule])

        init(_ rule: ClaimRuleSettings) {
            switch rule {
            case .value(let scalar): self = .value(scalar.value)
            case .equals(let scalar): self = .equals(scalar.value)
            case .oneOf(let scalars): self = .oneOf(scalars.map(\.value))
            case .contains(let scalar): self = .contains(scalar.value)
            case .present: self = .present
            case .any(let rules): self = .any(rules.map { Rule($0) })
            }
        }
    }

    private func reading(
        _ require: String, pattern: String = "path: 'chat/<int:room_id>/<slug>/'", auth: String = "required"
    ) -> SettingsReading {
        Reading.of(
            """
            listen: [{address: 'a:1'}]
            SIMPLE_JWT: {SIGNING_KEY: own}
            upstreams: {a: {servers: ['a:1']}}
            routes: [{\(pattern), upstream: a, auth: \(auth), require: \(require)}]
            """)
    }

    private func rule(_ text: String) throws -> Rule {
        let reading = reading("{role: \(text)}")
        #expect(reading.rendered == [])
        let requirements = try #require(reading.settings?.routes.first?.require)
        #expect(requirements.map(\.claim.value) == ["role"])
        return Rule(try #require(requirements.first?.rule))
    }

    @Test(arguments: [
        ("admin", ClaimScalarSettings.text("admin")), ("5", .text("5")), ("'5'", .text("5")), ("-5", .text("-5")),
        ("true", .bool(true)), ("True", .bool(true)), ("false", .bool(false)), ("FALSE", .bool(false)),
        ("'true'", .text("true")), ("yes", .text("yes")), ("1.2.3", .text("1.2.3")), ("'1.5'", .text("1.5")),
        ("2026-12-31", .text("2026-12-31")), ("e", .text("e")), ("'{room_id}'", .text("{room_id}")),
        ("'room-{slug}'", .text("room-{slug}")), ("'{{a}}{slug}'", .text("{{a}}{slug}")), ("'{{'", .text("{{")),
        ("\"${PORT}\"", .text("8080")), ("ä b", .text("ä b")),
    ])
    func value_isRead(text: String, scalar: ClaimScalarSettings) throws {
        #expect(try rule(text) == .value(scalar))
        #expect(try rule("{equals: \(text)}") == .equals(scalar))
        #expect(try rule("{contains: \(text)}") == .contains(scalar))
        #expect(try rule("[\(text), other]") == .oneOf([scalar, .text("other")]))
        #expect(try rule("{any: [\(text), {contains: \(text)}]}") == .any([.value(scalar), .contains(scalar)]))
    }

    @Test func otherRules_areRead() throws {
        #expect(try rule("{present: true}") == .present)
        #expect(try rule("[a]") == .oneOf([.text("a")]))
        #expect(
            try rule("{any: [a, [b, c], {equals: d}, {present: true}]}")
                == .any([
                    .value(.text("a")), .oneOf([.text("b"), .text("c")]), .equals(.text("d")), .present,
                ]))
    }

    @Test func everyRule_isRead_inTheFilesOrder() throws {
        let reading = reading("{rooms: '{room_id}', org.id: 7, https://example.com/roles: [a]}")
        #expect(reading.rendered == [])
        let requirements = try #require(reading.settings?.routes.first?.require)
        #expect(requirements.map(\.claim.value) == ["rooms", "org.id", "https://example.com/roles"])
        #expect(requirements.first?.claim.location.key == "routes[0].require.rooms")
        guard case .value(let scalar) = requirements.first?.rule else {
            Issue.record("a value was written")
            return
        }
        #expect((scalar.location.line, scalar.location.key) == (4, "routes[0].require.rooms"))
        #expect(self.reading("").settings?.routes.first?.require == [])
    }

    @Test(arguments: [
        ("{room}", "write '{room}'"), ("[{room_id}]", "write '{room_id}'"),
        ("{contains: {room_id}}", "write '{room_id}'"), ("{any: [{slug}]}", "write '{slug}'"),
        ("'{room-id}'", "write {name} for what the pattern captured"), ("'{}'", "write {name}"),
        ("'{room_id'", "write {name}"), ("'room_id}'", "write {name}"), ("'{{room_id}'", "write {name}"),
        ("'{a{b}'", "write {name}"), ("'{room_id}-{slug}'", "one for each value"),
        ("'{room}'", "it has room_id, slug"), ("'{room_ID}'", "did you mean {room_id}?"),
        ("1.5", "write it in quotes"), ("-1e3", "write it in quotes"), ("", "write {present: true} for any"),
        ("null", "write {present: true} for any"), ("[null]", "write {present: true} for any"),
        ("''", "expected a text"),
        ("[]", "at least one"), ("{any: []}", "at least one"), ("{any: a}", "write it in brackets"),
        ("{}", "write a value, a list of values or {contains: value}"), ("{present: false}", "write present: true"),
        ("{present: }", nil), ("{present: maybe}", "write true or false"), ("{has: a}", "known here: equals, contains"),
        ("{contains: a, equals: b}", "write one of them"), ("{any: [{any: [a]}]}", "known here"),
        ("{contains: [a, b]}", "write one value, not a list"), ("[[a]]", "write one value, not a list"),
        ("\"a\\tb\"", "write it on one line"),
    ])
    func rule_isRefused(text: String, hint: String?) {
        let reading = reading("{role: \(text)}")
        #expect(reading.problems.count == 1, "\(reading.rendered)")
        #expect(reading.problems.first?.location.key.hasPrefix("routes[0].require.role") == true)
        if let hint { #expect(reading.problems.first?.hint?.contains(hint) == true, "\(reading.rendered)") }
    }

    @Test(arguments: ["a..b", ".a", "a.", "'{room_id}'", "''"])
    func claim_isRefused(name: String) {
        #expect(reading("{\(name): b}").problems.map(\.message.isEmpty) == [false])
    }

    @Test(arguments: [
        ("re_path: '^chat/(?P<room>\\d+)/$'", "room", true), ("re_path: '^chat/(?P<room>\\d+)/$'", "id", false),
        ("re_path: '^chat/(\\d+)/$'", "room", false), ("path: 'chat/<room>/'", "room", true),
        ("path: 'chat/<uuid:room>/'", "room", true), ("path: 'chat/<uuid:room>/'", "uuid", false),
        ("path: 'chat/room/'", "room", false), ("re_path: '(?P<a>x)(?P<room>y)'", "room", true),
        ("path: '<a>/<int:room>/<b>'", "room", true),
    ])
    func capture_mustBeInThePattern(pattern: String, name: String, isThere: Bool) {
        #expect(reading("{a: '{\(name)}'}", pattern: pattern).problems.isEmpty == isThere)
    }

    /// Captures of a pattern that cannot be read are not missed.
    @Test func capture_isNotBlamed_whenThePatternIsMissing() {
        #expect(reading("{a: '{room}'}", pattern: "auth: required").problems.map(\.message).count == 2)
        let text = "{path: \"${NOT_SET}\", upstream: a, require: {a: '{room}'}}"
        let reading = Reading.of(
            """
            listen: [{address: 'a:1'}]
            SIMPLE_JWT: {SIGNING_KEY: own}
            upstreams: {a: {servers: ['a:1']}}
            routes: [\(text)]
            """)
        #expect(reading.problems.map(\.location.key) == ["routes[0].path"])
    }

    @Test func captureNames_areNotShown_whenAVariableBringsThem() {
        let reading = SettingsReader.read(
            text: """
                listen: [{address: 'a:1'}]
                SIMPLE_JWT: {SIGNING_KEY: own}
                upstreams: {a: {servers: ['a:1']}}
                routes: [{path: "${P}", upstream: a, require: {a: '{rooms}'}}]
                """, file: "g", environment: ["P": "<room>"]
        ) { _ in nil }
        #expect(reading.problems.map(\.hint) == [nil])
    }

    @Test func require_needsTokens() {
        #expect(reading("{a: b}", auth: "none").problems.map(\.location.key) == ["routes[0].require"])
        let optional = reading("{a: b}", auth: "optional")
        #expect(optional.problems.isEmpty && optional.notices.map(\.location.key) == ["routes[0].require"])
    }
}
