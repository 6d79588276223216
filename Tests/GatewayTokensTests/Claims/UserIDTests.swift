import Testing

@testable import GatewayTokens

struct UserIDTests {
    private func canonical(_ json: String) throws -> String? {
        let limits = JSONLimits(length: 1000, depth: 4, values: 10, numberLength: 400)
        let document = try JSONDocument(parsing: Array(json.utf8), limits: limits)
        return UserID.canonical(document, document.root)
    }

    @Test(arguments: [
        ("1", "1"), ("0", "0"), ("123456789012345678901234567890", "123456789012345678901234567890"),
        (#""1""#, "1"), (#""abc""#, "abc"), (#""a b""#, "a b"), (#""\u0031""#, "1"), (#""jos\u00e9""#, "josé"),
        (#""+49 30 1""#, "+49 30 1"), (#""007""#, "007"), (#""a:b,c""#, "a:b,c"), (#""user١""#, "user١"),
        (#""5f7b6c1e-3d2a-4b1c-9e8f-000000000001""#, "5f7b6c1e-3d2a-4b1c-9e8f-000000000001"),
    ])
    func value_isTaken_inOneSpelling(_ json: String, _ user: String) throws {
        #expect(try self.canonical(json).map { Array($0.utf8) } == Array(user.utf8))
    }

    @Test(arguments: [
        "true", "false", "null", "1.0", "1e0", "-1", "-0", "[]", "[1]", "{}", #"{"id":1}"#, #""""#, #"" ""#, #"" 1""#,
        #""1 ""#, #""\u00a01""#, #""1\u2003""#, #""1\u3000""#, #""1\n""#, #""\t1""#, #""a\u0000b""#, #""\u0000""#,
        #""a\r\nX-Admin: 1""#, #""a\u007fb""#, #""a\u0085b""#, #""\u001c1""#, #""١""#, #""１２""#, #""1١""#, #""+١""#,
        #""१_०""#,
    ])
    func value_isRefused_whenItCouldBeAnotherUsersSecondName(_ json: String) throws {
        #expect(try self.canonical(json) == nil)
    }

    @Test func length_isAtMost255Bytes() throws {
        let longest = String(repeating: "x", count: 255)
        #expect(try self.canonical("\"\(longest)\"") == longest)
        #expect(try self.canonical("\"\(longest)x\"") == nil)
        #expect(try self.canonical("\"" + String(repeating: "é", count: 128) + "\"") == nil)
        #expect(try self.canonical("1" + String(repeating: "0", count: 255)) == nil)
    }
}
