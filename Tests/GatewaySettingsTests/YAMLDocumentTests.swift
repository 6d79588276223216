import Testing

@testable import GatewaySettings

@Suite struct YAMLDocumentTests {
    private func document(_ text: String) -> YAMLDocument { YAMLDocument(Array(text.utf8)) }

    /// Keys, marks and scalars of a tree on one line.
    private func outline(_ node: YAMLNode?) -> String {
        guard let node else { return "nothing" }
        switch node.content {
        case .scalar(let scalar): return scalar.isPlain ? scalar.text : "'\(scalar.text)'"
        case .sequence(let items): return "[" + items.map(outline).joined(separator: " ") + "]"
        case .mapping(let entries):
            let pairs = entries.map { "\($0.key)@\($0.keyMark.line):\($0.keyMark.column)=\(outline($0.value))" }
            return "{" + pairs.joined(separator: " ") + "}"
        }
    }

    @Test func marks_countFromOneInCharacters() {
        let text = "é: x\r\nb:\r\n  - 'ü'\r\n  - {k: \"v\"}\r\n"
        #expect(outline(document(text).root) == "{é@1:1=x b@2:1=['ü' {k@4:6='v'}]}")
    }

    @Test func byteOrderMark_isSkipped() {
        #expect(outline(document("\u{FEFF}a: 1\nb: 2\n").root) == "{a@1:1=1 b@2:1=2}")
    }

    @Test(arguments: [
        ("a: &x 1\nb: *x\n", "{a@1:1=1 b@2:1=1}"),
        ("a: &x [1, 2]\nb: [*x, *x]\n", "{a@1:1=[1 2] b@2:1=[[1 2] [1 2]]}"),
        ("a: &x 1\nb: &x 2\nc: *x\n", "{a@1:1=1 b@2:1=2 c@3:1=2}"),
        ("&k key: 1\nb: *k\n", "{key@1:1=1 b@2:1=key}"),
    ])
    func aliases_standForTheirAnchors(text: String, expected: String) {
        #expect(document(text).problems == [])
        #expect(outline(document(text).root) == expected)
    }

    @Test(arguments: [
        ("a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n", "{a@1:1={k@1:8=1 l@1:14=2} b@2:1={k@2:13=3 l@1:14=2}}"),
        ("a: &x {k: 1}\nb: {k: 3, <<: *x}\n", "{a@1:1={k@1:8=1} b@2:1={k@2:5=3}}"),
        (
            "a: &x {k: 1}\nb: &y {k: 2, l: 3}\nc: {<<: [*x, *y]}\n",
            "{a@1:1={k@1:8=1} b@2:1={k@2:8=2 l@2:14=3} c@3:1={k@1:8=1 l@2:14=3}}"
        ),
        (
            "a: &x {k: 1}\nb: &y {<<: *x, l: 2}\nc: {<<: *y}\n",
            "{a@1:1={k@1:8=1} b@2:1={k@1:8=1 l@2:16=2} c@3:1={k@1:8=1 l@2:16=2}}"
        ),
    ])
    func mergedKeys_giveWayToWrittenOnes(text: String, expected: String) {
        #expect(document(text).problems == [])
        #expect(outline(document(text).root) == expected)
    }

    @Test func mergeKey_isOrdinary_whenQuoted() {
        #expect(outline(document("\"<<\": {a: 1}\n").root) == "{\"<<\"@1:1={a@1:8=1}}")
    }

    @Test func aliasBomb_isRefused() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let aliases = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let document = document(text)
        #expect(document.root == nil)
        #expect(document.problems.map(\.message) == ["more than 100000 values, aliases written out"])
    }

    @Test func mergeBomb_isRefused() {
        var text = "a0: &a0 {k0: 1, l0: 2}\n"
        for level in 1...40 {
            text += "a\(level): &a\(level) {x\(level): *a\(level - 1), y\(level): *a\(level - 1), <<: *a\(level - 1)}\n"
        }
        #expect(document(text).problems.count == 1)
    }

    @Test(arguments: [63, 64])
    func nesting_isReadDownToItsLimit(depth: Int) {
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(document(text).problems == [])
    }

    @Test(arguments: [
        String(repeating: "[", count: 65), String(repeating: "[", count: 200_000),
        String(repeating: "{a: ", count: 50_000),
        String(repeating: "- ", count: 50_000), String(repeating: "? ", count: 10_000),
        "a: &a " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "\nb: "
            + String(repeating: "[", count: 40) + "*a" + String(repeating: "]", count: 40),
    ])
    func nesting_isRefused_whenDeeperThanItsLimit(text: String) {
        #expect(document(text).root == nil)
        #expect(document(text).problems.map(\.message) == ["nested more than 64 levels deep"])
    }

    @Test(arguments: [
        ([UInt8]("a: 1\nb: é".utf8) + [0xFF], 2, 5), ([UInt8]("a: \u{1}".utf8), 1, 4),
        ([0xFF, 0xFE, 0x61, 0x00], 1, 1),
        ([UInt8]("a: ".utf8) + [0xED, 0xA0, 0x80], 1, 4), ([UInt8]("é: 1\n".utf8) + [0xC3], 2, 1),
        ([UInt8]("a: ".utf8) + [0], 1, 4),
    ])
    func badByte_isLocated(bytes: [UInt8], line: Int, column: Int) {
        let document = YAMLDocument(bytes)
        #expect(document.root == nil)
        #expect(document.problems.map(\.mark) == [YAMLMark(line: line, column: column)])
    }

    @Test func file_isRefused_whenLargerThanOneMebibyte() {
        let document = YAMLDocument([UInt8](repeating: 0x20, count: (1 << 20) + 1))
        #expect(document.problems.map(\.message) == ["the file is larger than 1 MiB"])
    }

    @Test func manyKeys_areReadInLinearTime() {
        let text = (0..<20_000).map { "k\($0): \($0)\n" }.joined()
        #expect(document(text).problems == [])
    }
}
