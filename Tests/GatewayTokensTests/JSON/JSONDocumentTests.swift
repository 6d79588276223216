import Testing

@testable import GatewayTokens

struct JSONDocumentTests {
    private let limits = JSONLimits(length: 8192, depth: 32, values: 2048, numberLength: 128)

    private func parse(_ text: String) throws(JSONProblem) -> JSONDocument { try self.parse(Array(text.utf8)) }

    private func parse(_ bytes: [UInt8]) throws(JSONProblem) -> JSONDocument {
        try JSONDocument(parsing: bytes, limits: self.limits)
    }

    private func problem(_ bytes: [UInt8]) -> JSONProblem? {
        do throws(JSONProblem) {
            _ = try self.parse(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "{}", "[]", "null", "true", "false", "0", "-0", "-1.5e-7", "1E+2", #""""#, #"{"":[]}"#, " \t\r\n{ } \n",
        #"{"a":{"b":{"a":1}},"b":[{"a":1},{"a":1}]}"#, #"["𝄞é","\u00e9\ud834\udd1e","\"\\\/\b\f\n\r\t"]"#, "[1,2 , 3]",
    ])
    func text_isAccepted_whenRFC8259AllowsIt(_ text: String) { #expect(self.problem(Array(text.utf8)) == nil) }

    @Test(
        arguments: [
            ("", .truncated), (" ", .truncated), ("{", .truncated), ("[1", .truncated), (#"{"a""#, .truncated),
            (#"{"a":"#, .truncated), (#"{"a":1,"#, .truncated), (#""abc"#, .truncated), (#""\"#, .truncated),
            (#""\u12"#, .truncated), ("tru", .truncated), ("[1,", .truncated),
            ("{}{}", .trailingBytes), ("1 2", .trailingBytes), ("{}x", .trailingBytes), ("[]]", .trailingBytes),
            ("[1,]", .unexpectedByte), (#"{"a":1,}"#, .unexpectedByte), ("{,}", .unexpectedByte),
            ("[,1]", .unexpectedByte), ("{1:2}", .unexpectedByte), (#"{"a" 1}"#, .unexpectedByte),
            (#"{"a":1 "b":2}"#, .unexpectedByte), ("[1 2]", .unexpectedByte), ("[1}", .unexpectedByte),
            (#"{"a":1]"#, .unexpectedByte), ("{'a':1}", .unexpectedByte), ("{a:1}", .unexpectedByte),
            ("NaN", .unexpectedByte), ("Infinity", .unexpectedByte), ("True", .unexpectedByte),
            ("nul1", .unexpectedByte), ("/**/{}", .unexpectedByte), ("+1", .unexpectedByte), (".5", .unexpectedByte),
            ("\u{FEFF}{}", .unexpectedByte), ("\u{0B}{}", .unexpectedByte), ("}", .unexpectedByte),
            ("01", .trailingBytes), ("-01", .trailingBytes), ("0x10", .trailingBytes), ("1.", .badNumber),
            ("1.e5", .badNumber), ("-", .badNumber), ("-a", .badNumber), ("1e", .badNumber), ("1e+", .badNumber),
            ("-Infinity", .badNumber),
            (#""\x41""#, .badEscape), (#""\u00g0""#, .badEscape), (#""\U0041""#, .badEscape),
            (#""\ud800""#, .loneSurrogate), (#""\udc00""#, .loneSurrogate), (#""\ud800\ud800""#, .loneSurrogate),
            (#""\ud800\n""#, .loneSurrogate), (#""\ud800x""#, .loneSurrogate), (#""\ud83dA""#, .loneSurrogate),
            ("\"a\nb\"", .badText), ("\"a\0b\"", .badText), ("\"\u{1F}\"", .badText),
        ] as [(String, JSONProblem)]
    )
    func text_isRefused_whenRFC8259ForbidsIt(_ text: String, _ problem: JSONProblem) {
        #expect(self.problem(Array(text.utf8)) == problem)
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF0, 0x9F, 0x98],
            [0xF0, 0x9F, 0x98, 0x41], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC3, 0xC3],
        ] as [[UInt8]])
    func string_isRefused_whenNotUTF8(_ bytes: [UInt8]) {
        #expect(self.problem([0x22] + bytes + [0x22]) != nil)
        #expect(self.problem([0x7B, 0x22] + bytes + [0x22, 0x3A, 0x31, 0x7D]) != nil)
    }

    @Test(arguments: ["\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}"])
    func string_isKept_atTheEdgesOfUTF8(_ text: String) throws {
        let document = try self.parse("\"\(text)\"")
        #expect(document.text(of: document.root) == text)
    }

    @Test(arguments: [[0x7B, 0, 0x7D, 0], [0, 0x7B, 0, 0x7D], [0xFF, 0xFE, 0x7B, 0, 0x7D, 0]] as [[UInt8]])
    func text_isRefused_whenUTF16(_ bytes: [UInt8]) { #expect(self.problem(bytes) != nil) }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"a":1,"b":2,"\u0061":3}"#, #"{"x":{"a":1,"b":[],"a":2}}"#, #"[{"a":{"b":1},"a":1}]"#,
        #"{"":1,"":2}"#, #"{"é":1,"\u00e9":2}"#, #"{"a":[{"b":1}],"c":{"d":1,"e":{"f":1},"d":2}}"#,
    ])
    func object_isRefused_whenANameIsThereTwice(_ text: String) {
        #expect(self.problem(Array(text.utf8)) == .duplicateName)
    }

    @Test func names_areDifferent_whenOnlyTheirUnicodeFormDiffers() {
        // Composed and decomposed é: equal for Swift, not for JSON.
        #expect(self.problem(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8)) == nil)
    }

    @Test func escapes_areResolved_inNamesAndValues() throws {
        let document = try self.parse(#"{"\u0061\"b":"\u0041\n\u00e9\u20ac\ud83d\ude00\u0000z","c":"d"}"#)
        let node = try #require(document.member("a\"b", of: document.root))
        #expect(document.text(of: node) == "A\n\u{E9}\u{20AC}\u{1F600}\0z")
        #expect(document.member("c", of: document.root).map(document.text) == "d")
    }

    @Test func members_areFoundOnlyAtTheirOwnLevel() throws {
        let document = try self.parse(#"{"a":{"b":1},"c":[{"d":2}],"e":3}"#)
        #expect(document.member("b", of: document.root) == nil)
        #expect(document.member("d", of: document.root) == nil)
        #expect(document.member("e", of: document.root).map(document.text) == "3")
        #expect(document.member("a", of: try #require(document.member("e", of: document.root))) == nil)
    }

    @Test func depth_isLimited() {
        func nested(_ depth: Int, _ open: String, _ close: String) -> [UInt8] {
            Array((String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)).utf8)
        }
        #expect(self.problem(nested(32, "[", "]")) == nil)
        #expect(self.problem(nested(33, "[", "]")) == .tooDeep)
        #expect(self.problem(nested(32, #"{"a":"#, "}")) == nil)
        #expect(self.problem(nested(33, #"{"a":"#, "}")) == .tooDeep)
        #expect(self.problem([UInt8](repeating: UInt8(ascii: "["), count: 8192)) == .tooDeep)
    }

    @Test func valuesNumbersAndLength_areLimited() {
        func array(_ count: Int) -> [UInt8] {
            Array(("[" + [String](repeating: "1", count: count).joined(separator: ",") + "]").utf8)
        }
        #expect(self.problem(array(2047)) == nil)
        #expect(self.problem(array(2048)) == .tooManyValues)
        #expect(self.problem([UInt8](repeating: UInt8(ascii: "1"), count: 128)) == nil)
        #expect(self.problem([UInt8](repeating: UInt8(ascii: "1"), count: 129)) == .badNumber)
        #expect(self.problem([UInt8](repeating: 0x20, count: 8193)) == .tooLong)
    }

    @Test(arguments: [(3, 3, true), (3, 4, false), (1, 1, true), (1, 2, false), (3, 0, true)])
    func members_areLimited_inEachObjectAlone(_ most: Int, _ count: Int, _ isAccepted: Bool) {
        let limits = JSONLimits(length: 999, depth: 9, values: 99, numberLength: 9, members: most)
        let object = "{" + (0..<count).map { #""\#($0)":1"# }.joined(separator: ",") + "}"
        for text in [object, "[\(object),\(object)]", #"{"x":\#(object)}"#] {
            #expect(((try? JSONDocument(parsing: Array(text.utf8), limits: limits)) != nil) == isAccepted)
        }
    }

    /// What an open container keeps while it is open must not leak into the structure.
    @Test func containers_nestInEveryShape() throws {
        var generator = SeededGenerator(seed: 404)
        for _ in 0..<500 {
            let (text, count) = Self.nested(depth: 8, &generator)
            let limits = JSONLimits(length: 1 << 16, depth: 9, values: 1 << 14, numberLength: 9)
            let document = try JSONDocument(parsing: Array(text.utf8), limits: limits)
            #expect(Self.leaves(of: document.root, document) == count)
            #expect(document.end(of: document.root) >= count)
        }
    }

    private static func nested(depth: Int, _ generator: inout SeededGenerator) -> (String, leaves: Int) {
        guard depth > 0, Int.random(in: 0..<4, using: &generator) > 0 else { return ("1", 1) }
        let isObject = Bool.random(using: &generator)
        var (parts, leaves): ([String], Int) = ([], 0)
        for index in 0..<Int.random(in: 0..<4, using: &generator) {
            let (text, count) = self.nested(depth: depth - 1, &generator)
            parts.append(isObject ? #""\#(index)":\#(text)"# : text)
            leaves += count
        }
        let inside = parts.joined(separator: ",")
        return (isObject ? "{\(inside)}" : "[\(inside)]", leaves)
    }

    private static func leaves(of node: Int, _ document: JSONDocument) -> Int {
        if document.kind(node) == .integer { return 1 }
        var (count, item) = (0, document.first(in: node))
        while item < document.end(of: node) {
            count += self.leaves(of: item, document)
            item = document.after(item)
        }
        return count
    }

    @Test func everyPrefixAndEveryChangedByte_endsInAValueOrAProblem() {
        let text = Array(#"{"a":[1,-2.5e+3,"x\u00e9\ud83d\ude00é"],"b":{"c":null,"d":true,"e":false},"f":"\\"}"#.utf8)
        #expect(self.problem(text) == nil)
        for end in 0..<text.count { #expect(self.problem(Array(text[..<end])) != nil) }
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                _ = self.problem(changed)
            }
        }
    }
}
