import Testing

@testable import GatewayPolicy

@Suite struct IdentityEncodingTests {
    @Test(arguments: [
        ("7", "7"), ("ana", "ana"), ("Ana M\u{FC}ller", "Ana%20M%C3%BCller"), ("50%", "50%25"),
        ("a\r\nX-Admin: 1", "a%0D%0AX-Admin:%201"),
        ("\u{85}", "%C2%85"), ("\u{7F}", "%7F"), ("!~", "!~"), ("a,b;c\"", "a,b;c\""), ("\u{1F600}", "%F0%9F%98%80"),
        ("\t", "%09"),
        ("\u{C5}", "%C3%85"),
    ])
    func value_isPercentEncoded(text: String, expected: String) throws {
        let value = try #require(IdentityPlan.encode(text.utf8))
        #expect(String(decoding: value, as: UTF8.self) == expected)
        #expect(value.allSatisfy { (0x21...0x7E).contains($0) })
    }

    @Test(arguments: ["", "a\u{0}b", String(repeating: "a", count: 4097), String(repeating: "\u{E9}", count: 700)])
    func value_isLeftOut_whenEmptyOrWithNULOrTooLong(text: String) { #expect(IdentityPlan.encode(text.utf8) == nil) }
}
