import Testing

@testable import GatewayTokens

struct ClaimRulesTests {
    private static let claims = #"""
        {"user_id":"7","n":5,"zero":-0,"big":123456789012345678901234567890,"half":1.5,"yes":true,"no":false,
         "nothing":null,"empty":"","role":"admin","text_yes":"true","text_n":"5","scope":"chat.read  chat.write ",
         "rooms":["lobby",12,"Café",true,null,["nested"],{"a":1},1.5,-0],"none":[],
         "org":{"id":5,"name":"Acme","teams":["a","b"],"deep":{"x":{"y":"z"}}},
         "https://example.com/roles":["mod"],"a.b":"dotted","odd":"{x}","channel":"room:12:end"}
        """#

    private func evaluate(
        _ rules: [(path: String, rule: ClaimRule)],
        _ captures: [String: String] = [:]
    ) throws -> Bool {
        let text = Array(Self.claims.utf8)
        let document = try JSONDocument(
            parsing: text, limits: JSONLimits(length: 4096, depth: 9, values: 99, numberLength: 99))
        return try ClaimRules.compile(rules).evaluate(Claims(document, root: document.root)) { captures[$0] }
    }

    private static let room = ["room_id": "12", "name": "lobby", "nothing": "", "seven": "007", "cafe": "Cafe\u{301}"]

    @Test(
        arguments: [
            ("role", "admin", true), ("role", "Admin", false), ("role", "admin ", false), ("role", "adm", false),
            ("n", "5", true), ("n", "05", false), ("n", "5.0", false), ("n", "6", false), ("text_n", "5", true),
            ("zero", "0", true), ("zero", "-0", false), ("big", "123456789012345678901234567890", true),
            ("half", "1.5", false), ("empty", "", true), ("role", "", false), ("nothing", "null", false),
            ("missing", "x", false), ("yes", "1", false), ("org", "Acme", false), ("none", "", false),
            // A constant is no element.
            ("rooms", "lobby", false), ("scope", "chat.read", false),
            ("org.id", "5", true), ("org.name", "Acme", true), ("org.deep.x.y", "z", true), ("org.deep.x", "z", false),
            ("org.missing", "5", false), ("role.x", "admin", false), ("a.b", "dotted", true),
            ("odd", "{{x}}", true), ("odd", "{{x", false), ("channel", "room:12:end", true),
        ] as [(String, String, Bool)]
    )
    func equals_comparesTheTextOfStringsAndIntegers(_ path: String, _ value: String, _ expected: Bool) throws {
        #expect(try self.evaluate([(path, .equals(.text(value)))]) == expected)
        #expect(try self.evaluate([(path, .any([.equals(.text("?")), .equals(.text(value))]))]) == expected)
    }

    @Test(
        arguments: [
            ("yes", true, true), ("yes", false, false), ("no", false, true), ("no", true, false),
            ("text_yes", true, false),
            ("nothing", false, false), ("missing", false, false), ("n", true, false), ("rooms", true, false),
        ] as [(String, Bool, Bool)]
    )
    func boolean_fitsOnlyJSONsOwn(_ path: String, _ value: Bool, _ expected: Bool) throws {
        #expect(try self.evaluate([(path, .equals(.bool(value)))]) == expected)
    }

    @Test(
        arguments: [
            ("role", "admin", true), ("role", "adm", false), ("n", "5", true), ("rooms", "lobby", true),
            ("rooms", "12", true), ("rooms", "lob", false), ("rooms", "nested", false), ("rooms", "0", true),
            ("none", "", false), ("scope", "chat.read", false), ("missing", "x", false), ("nothing", "null", false),
            ("org.teams", "b", true), ("org", "Acme", false),
        ] as [(String, String, Bool)]
    )
    func value_isTheClaim_orInItsArray(_ path: String, _ value: String, _ expected: Bool) throws {
        #expect(try self.evaluate([(path, .value(.text(value)))]) == expected)
        #expect(try self.evaluate([(path, .oneOf([.text("?"), .text(value)]))]) == expected)
    }

    @Test func any_needsOne() throws {
        #expect(try self.evaluate([("role", .any([.equals(.text("x")), .contains(.text("admin"))]))]))
        #expect(try self.evaluate([("rooms", .any([.value(.bool(false)), .present(true)]))]))
        #expect(try !self.evaluate([("role", .any([.equals(.text("x")), .value(.text("y"))]))]))
        #expect(try !self.evaluate([("missing", .any([.present(true), .value(.text("y"))]))]))
        #expect(try ClaimRules.compile([("a", .any([.value(.text("{x}"))]))]).captureNames == ["x"])
    }

    @Test func plainScalar_isABooleanOrText() throws {
        #expect(ClaimScalar(plain: "true") == .bool(true) && ClaimScalar(plain: "false") == .bool(false))
        #expect(ClaimScalar(plain: "True") == .text("True") && ClaimScalar(plain: "5") == .text("5"))
        #expect(try self.evaluate([("text_yes", .equals(.text("true")))]))
        #expect(try !self.evaluate([("yes", .equals(.text("true")))]))
    }

    @Test(
        arguments: [
            ("rooms", "lobby", true), ("rooms", "12", true), ("rooms", "Café", true), ("rooms", "Cafe\u{301}", false),
            ("rooms", "lob", false), ("rooms", "true", false), ("rooms", "nested", false), ("rooms", "1.5", false),
            ("rooms", "null", false), ("rooms", "0", true), ("none", "x", false),
            ("scope", "chat.read", true), ("scope", "chat.write", true), ("scope", "chat", false),
            ("scope", "chat.read  chat.write ", false), ("scope", " ", false), ("role", "admin", true),
            ("empty", "x", false), ("n", "5", false), ("yes", "true", false), ("org", "Acme", false),
            ("org.teams", "b", true), ("missing", "x", false), ("https://example.com/roles", "mod", true),
        ] as [(String, String, Bool)]
    )
    func contains_looksIntoArraysAndWords(_ path: String, _ value: String, _ expected: Bool) throws {
        #expect(try self.evaluate([(path, .contains(.text(value)))]) == expected)
    }

    @Test func contains_findsABooleanInAnArray() throws {
        #expect(try self.evaluate([("rooms", .contains(.bool(true)))]))
        #expect(try !self.evaluate([("rooms", .contains(.bool(false)))]))
        #expect(try !self.evaluate([("text_yes", .contains(.bool(true)))]))
    }

    @Test(
        arguments: [
            ("user_id", true), ("empty", true), ("none", true), ("no", true), ("org.deep", true), ("nothing", false),
            ("missing", false), ("org.missing", false),
        ] as [(String, Bool)]
    )
    func present_wantsAnythingButNull(_ path: String, _ expected: Bool) throws {
        #expect(try self.evaluate([(path, .present(true))]) == expected)
    }

    // MARK: Captures

    @Test(
        arguments: [
            ("rooms", "{room_id}", true), ("rooms", "{name}", true), ("rooms", "{cafe}", false),
            ("n", "{room_id}", false), ("role", "{name}", false), ("channel", "room:{room_id}:end", true),
            ("channel", "room:{room_id}", false), ("channel", "{room_id}:end", false), ("odd", "{{{name}}}", false),
            // What was not captured, or captured as nothing, fits nothing.
            ("rooms", "{missing}", false), ("empty", "{nothing}", false), ("role", "admin{nothing}", false),
            ("role", "{nothing}admin", false), ("org.id", "{seven}", false), ("yes", "{room_id}", false),
            ("missing", "{room_id}", false), ("nothing", "{room_id}", false), ("scope", "{name}", false),
        ] as [(String, String, Bool)]
    )
    func capture_isComparedAsText_orLookedForInAnArray(_ path: String, _ value: String, _ expected: Bool) throws {
        #expect(try self.evaluate([(path, .value(.text(value)))], Self.room) == expected)
        #expect(try self.evaluate([(path, .any([.present(true), .value(.text(value))]))], Self.room) || !expected)
        let isArray = path == "rooms"
        #expect(try self.evaluate([(path, .equals(.text(value)))], Self.room) == (expected && !isArray))
    }

    @Test func capture_worksInListsAndWords() throws {
        #expect(try self.evaluate([("rooms", .oneOf([.text("x"), .text("{room_id}")]))], Self.room))
        #expect(try self.evaluate([("rooms", .contains(.text("{room_id}")))], Self.room))
        #expect(try self.evaluate([("scope", .contains(.text("{app}.read")))], ["app": "chat"]))
        // Neither a word's part nor several words.
        #expect(try !self.evaluate([("scope", .contains(.text("chat.{app}")))], ["app": "re"]))
        #expect(try !self.evaluate([("scope", .contains(.text("{app}")))], ["app": "chat.read  chat.write"]))
        #expect(try !self.evaluate([("scope", .contains(.text("{app}")))], ["app": ""]))
    }

    @Test func names_areCollected() throws {
        let rules = try ClaimRules.compile([
            ("a", .equals(.text("{x}"))), ("b", .oneOf([.text("{y}-1"), .text("{{z}}"), .bool(true)])),
            ("c", .contains(.text("{x}"))), ("d", .present(true)),
        ])
        #expect(rules.captureNames == ["x", "y"] && !rules.isEmpty)
        #expect(try ClaimRules.compile([]).isEmpty)
    }

    @Test func allRules_mustHold() throws {
        #expect(try self.evaluate([]))
        #expect(try self.evaluate([("role", .equals(.text("admin"))), ("n", .equals(.text("5")))]))
        #expect(try !self.evaluate([("role", .equals(.text("admin"))), ("n", .equals(.text("6")))]))
        #expect(try !self.evaluate([("n", .equals(.text("6"))), ("role", .equals(.text("admin")))]))
        #expect(try self.evaluate([("n", .equals(.text("5"))), ("n", .present(true))]))
    }

    // MARK: Problems

    @Test(
        arguments: [
            ("", .present(true), .emptyPath), ("a", .present(false), .absence), ("a", .oneOf([]), .noAlternatives),
            ("a", .any([]), .noAlternatives), ("a", .any([.any([.present(true)])]), .nestedAlternatives),
            ("a", .any([.value(.text("{"))]), .strayBrace), ("a", .contains(.text("")), .emptyWord),
            ("a", .equals(.text("{")), .strayBrace),
            ("a", .equals(.text("}")), .strayBrace), ("a", .equals(.text("x}y")), .strayBrace),
            ("a", .equals(.text("{x")), .strayBrace), ("a", .equals(.text("{x}}")), .strayBrace),
            ("a", .equals(.text("{a{b}")), .strayBrace), ("a", .equals(.text("{}")), .emptyCapture),
            ("a", .oneOf([.text("x"), .text("{}")]), .emptyCapture),
            ("a", .equals(.text("{x}-{y}")), .severalCaptures), ("a", .contains(.text("{x}{x}")), .severalCaptures),
        ] as [(String, ClaimRule, ClaimRuleProblem.Kind)]
    )
    func rule_isRefused_whenItMeansNothing(_ path: String, _ rule: ClaimRule, _ kind: ClaimRuleProblem.Kind) {
        #expect(throws: ClaimRuleProblem(index: 1, path: path, kind: kind)) {
            try ClaimRules.compile([("first", .present(true)), (path, rule)])
        }
        #expect(!ClaimRuleProblem(index: 0, path: path, kind: kind).message.isEmpty)
    }

    @Test func template_isReadOrRefused_whateverItIs() {
        var generator = SeededGenerator(seed: 77)
        let alphabet = Array("{}ab:\u{E9}".utf8)
        for _ in 0..<5000 {
            let count = Int.random(in: 0..<9, using: &generator)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let rules = try? ClaimRules.compile([("a", .equals(.text(text)))]) else { continue }
            let document = try? JSONDocument(
                parsing: Array(#"{"a":"x"}"#.utf8),
                limits: JSONLimits(length: 99, depth: 9, values: 9, numberLength: 9)
            )
            if let document { _ = rules.evaluate(Claims(document, root: document.root)) { _ in "x" } }
        }
    }

    @Test func verifiedToken_isJudgedByItsClaims() throws {
        let rules = try ClaimRules.compile([
            ("rooms", .value(.text("{room_id}"))), ("org.id", .equals(.text("5"))),
            ("scope", .contains(.text("chat.write"))),
        ])
        let fixture = try #require(ForeignFixtures.all.tokens.first { $0.maker == "authlib" })
        let claims = try verified(fixture.token, .test(fixture.algorithm, keys: try fixture.keys())).claims
        #expect(rules.evaluate(claims) { $0 == "room_id" ? "12" : nil })
        #expect(!rules.evaluate(claims) { $0 == "room_id" ? "13" : nil })
    }
}
