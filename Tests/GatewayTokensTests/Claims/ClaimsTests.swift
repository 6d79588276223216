import Testing

@testable import GatewayTokens

struct ClaimsTests {
    private func claims(_ changes: KeyValuePairs<String, String?>) throws -> Claims {
        try verified(Forge.token(payload: Forge.payload(changes)), .hs256()).claims
    }

    @Test(arguments: [
        ("text", "string", "a\u{E9}"), ("number", "integer", "12345678901234567890123"), ("zero", "integer", "0"),
        ("decimal", "number", "1.50"), ("yes", "bool", "true"), ("no", "bool", "false"), ("org.id", "integer", "5"),
        ("org.unit.name", "string", "x"), ("a.b", "string", "whole name"), ("c.d.e", "string", "prefix with a dot"),
        ("https://example.com/roles.admin", "string", "namespaced"), ("", "string", "empty name"),
        ("user_id", "string", "7"),
    ])
    func scalar_isFoundAtItsPath(_ path: String, _ kind: String, _ text: String) throws {
        let claims = try self.claims([
            "text": #""a\u00e9""#, "number": "12345678901234567890123", "zero": "-0", "decimal": "1.50", "yes": "true",
            "no": "false", "org": #"{"id":5,"unit":{"name":"x"}}"#, "a.b": #""whole name""#,
            "a": #"{"b":"not this"}"#, "c.d": #"{"e":"prefix with a dot"}"#,
            "https://example.com/roles": #"{"admin":"namespaced"}"#, "": #""empty name""#,
        ])
        let value = try #require(claims.value(at: path))
        #expect(value.exportableText == text)
        switch value {
        case .string: #expect(kind == "string")
        case .integer: #expect(kind == "integer")
        case .number: #expect(kind == "number")
        case .bool: #expect(kind == "bool")
        case .null, .array, .object: Issue.record("not a scalar")
        }
    }

    @Test(arguments: [
        "nothing", "org.nothing", "org.id.deeper", "user_id.", ".user_id", "org.", ".", "..", "list.0", "Org",
    ])
    func path_leadsNowhere_whenNoClaimIsThere(_ path: String) throws {
        let claims = try self.claims(["org": #"{"id":5}"#, "list": "[1]"])
        #expect(claims.value(at: path) == nil)
    }

    @Test func path_doesNotTurnBack_onceAMemberWasChosen() throws {
        let claims = try self.claims(["a": #"{"x":1}"#, "a.b": #"{"c":2}"#])
        #expect(claims.value(at: "a.b.c") == nil)
        #expect(claims.value(at: "a.x")?.int64 == 1)
    }

    @Test func name_isTakenLiterally() throws {
        let claims = try self.claims(["org": #"{"id":5}"#, "org.id": "6"])
        #expect(claims.value(named: "org.id")?.int64 == 6)
        #expect(claims.value(named: "id") == nil)
        // Equal as Swift strings, different as claims.
        #expect(try self.claims(["\u{E9}": "1"]).value(named: "e\u{301}") == nil)
    }

    @Test func containers_areWalkedInOrder() throws {
        let claims = try self.claims(["roles": #"["a",["b"],{"c":1},2,null,"d"]"#, "org": #"{"x":[],"y":{"z":true}}"#])
        guard case .array(let roles)? = claims.value(at: "roles"), case .object(let org)? = claims.value(at: "org")
        else {
            Issue.record("roles is an array, org an object")
            return
        }
        #expect(roles.map(\.exportableText) == ["a", nil, nil, "2", nil, "d"])
        #expect(org.all.map(\.name) == ["x", "y"])
        #expect(org.value(at: "y.z")?.exportableText == "true")
        #expect(claims.all.map(\.name) == ["token_type", "exp", "iat", "jti", "user_id", "roles", "org"])
        guard case .array(let nothing)? = org.value(at: "x") else {
            Issue.record("x is an array")
            return
        }
        #expect(Array(nothing).isEmpty)
    }

    @Test(arguments: [
        "\\u0000", "a\\u0000b", "a\\nb", "\\r\\n", "\\u000b", "\\u001f", "\u{7F}", "\\u007f", "\\u0085", "\u{85}",
        "\\u009f",
    ])
    func text_isNeverExportable_whenItHasAControlCharacter(_ text: String) throws {
        let value = try #require(try self.claims(["name": "\"\(text)\""]).value(at: "name"))
        #expect(value.exportableText == nil)
        #expect(value.hasControlCharacters)
    }

    @Test(arguments: ["", " ", "\u{A0}", "é\u{1F600}", "a\\\\b", "\\\""])
    func text_isExportable_whenItHasNone(_ text: String) throws {
        let value = try #require(try self.claims(["name": "\"\(text)\""]).value(at: "name"))
        #expect(value.exportableText != nil)
        #expect(!value.hasControlCharacters)
    }
}
