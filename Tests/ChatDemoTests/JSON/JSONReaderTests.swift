import Testing

@testable import ChatDemo

@Suite struct JSONReaderTests {
    private static let documents: [(String, JSONValue)] = [
        (#"{}"#, .object([])),
        (#" [ ] "#, .array([])),
        (#"{"a":{"b":[1,-2.5e+3,true,null]}}"#, ["a": ["b": [.number("1"), .number("-2.5e+3"), true, .null]]]),
        (#"[[],{},"x"]"#, [.array([]), .object([]), "x"]),
        (#""tab\t quote\" slash\/ \u00e9 \ud83d\ude00""#, "tab\t quote\" slash/ é 😀"),
        (#"0"#, .number("0")),
    ]

    @Test(arguments: documents)
    func document_isRead_whenValid(text: String, value: JSONValue) {
        #expect(JSONReader.read(text) == value)
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "[1]]", "1 2", "01", "1.", "-", "1e",
        "tru", "nul",
        "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud83d\"", "\"\\ud83dx\"", "\"\\udc00\"", "\"a\nb\"", "'a'", "[1 2]",
        "{\"a\":1 \"b\":2}", "]", "}",
    ])
    func document_isNil_whenInvalid(text: String) {
        #expect(JSONReader.read(text) == nil)
    }

    @Test func document_isNil_whenNotUTF8() {
        #expect(JSONReader.read([0x22, 0xFF, 0x22]) == nil)
    }

    @Test func nesting_isRefused_whenDeeperThanTheLimit() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(JSONReader.read(nested(JSONReader.depthLimit)) != nil)
        #expect(JSONReader.read(nested(JSONReader.depthLimit + 1)) == nil)
        #expect(JSONReader.read(String(repeating: "{\"a\":", count: 100_000)) == nil)
    }

    @Test func member_isTheLast_whenItsNameRepeats() {
        #expect(JSONReader.read(#"{"a":1,"a":2}"#)?["a"] == .number("2"))
    }

    @Test func text_readsBack_whenItHoldsEveryKindOfCharacter() {
        let value: JSONValue = ["text": "\u{0}\u{1F}\"\\/\n é😀\u{2028}", "list": [true, .null, .int(-3), .object([])]]
        #expect(JSONReader.read(value.text) == value)
    }

    @Test func garbage_neverTraps_whateverItIs() {
        var generator = SeededGenerator(state: 7)
        let alphabet = Array(#"{}[]",:\u0d8e-+.truefalsn "#.utf8) + [0x00, 0x80, 0xFF]
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<24, using: &generator)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            if let value = JSONReader.read(bytes) { #expect(JSONReader.read(value.text) == value) }
        }
    }
}
