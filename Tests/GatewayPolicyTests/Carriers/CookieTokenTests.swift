import GatewayMessage
import Testing

@testable import GatewayPolicy

@Suite struct CookieTokenTests {
    private static let cookie = CookieToken(name: "access")

    private static func values(_ lines: [String]) -> [String] {
        let request = TestRequest("/", lines.map { "Cookie: \($0)" })
        let block = request.block
        var found: [String] = []
        for field in request.head.fields where CookieToken.isLine(field) {
            var offset = field.value.lowerBound
            while let pair = self.cookie.next(in: field.value, from: offset, bytes: block.span.bytes) {
                found.append(request.text(pair.value))
                offset = pair.whole.upperBound + 1
            }
        }
        return found
    }

    @Test(
        arguments: [
            (["access=x"], ["x"]), (["a=1; access=x"], ["x"]), (["access=x; a=1"], ["x"]),
            (["a=1;access=x;b=2"], ["x"]),
            (["a=1", "access=x", "b=2"], ["x"]), (["access=x; access=y"], ["x", "y"]),
            (["access=x", "access=x"], ["x", "x"]),
            // As Django reads them.
            (["access =x"], ["x"]), ([" \taccess\t=\t x \t; a"], ["x"]), (["\u{A0}access\u{A0}=\u{A0}x"], ["x"]),
            (["access=\"x\""], ["x"]), (["access= \"x\" ;"], ["x"]), (["access=\"\""], [""]), (["access="], [""]),
            (["access=\""], ["\""]), (["access=\"x"], ["\"x"]), (["access=x=y=="], ["x=y=="]),
            (["a=\"1; access=x\""], ["x\""]),
            // Other names.
            (["Access=x"], []), (["ACCESS=x"], []), (["xaccess=x"], []), (["access2=x"], []), (["access"], []),
            (["%61ccess=x"], []), (["\"access\"=x"], []), (["a=access=x"], []), (["a,access=x"], []),
            (["$access=x"], []),
            ([""], []), ([";;;"], []), (["="], []), (["=access"], []), ([], []),
        ] as [([String], [String])])
    func cookie_isFound_byItsNameAlone(lines: [String], expected: [String]) {
        #expect(Self.values(lines) == expected)
    }

    /// Kept lines and those that are written instead.
    private static func cut(_ lines: [String]) -> (kept: [String], written: String) {
        var request = TestRequest("/", lines)
        let block = request.block
        let written = self.cookie.cut(from: &request.head, bytes: block.span.bytes)
        return (request.keptLines, String(decoding: written.map { $0 < 0x80 ? $0 : 0x3F }, as: UTF8.self))
    }

    @Test(
        arguments: [
            ("access=x", ""), ("access=x;", ""), (" ; access=x ; ", ""), ("access=x; access=x", ""),
            ("access=x; a=1", "a=1"), ("a=1; access=x", "a=1"), ("a=1; access=x; b=2", "a=1; b=2"),
            ("a=1;access=x;b=2", "a=1;b=2"), ("a=1; access=x;b=2", "a=1;b=2"), ("a=1;  access=x;  b=2", "a=1;  b=2"),
            ("access=x;\tb=\"2;3\"; c", "b=\"2;3\"; c"), ("a=1; access =\"x\"; access=y;; b=%3B", "a=1;; b=%3B"),
            ("access=x; a=\u{E9}", "a=?"), ("a=access=1; access=x", "a=access=1"), ("a=1; access=x;", "a=1;"),
        ])
    func cut_leavesOtherCookiesAsTheyAre(line: String, rest: String) {
        let result = Self.cut(["Accept: */*", "cookie: \(line)", "X-Other: access=x"])
        #expect(result.kept == ["Accept: */*", "X-Other: access=x"])
        #expect(result.written == (rest.isEmpty ? "" : "Cookie: \(rest)\r\n"))
    }

    @Test func cut_keepsTheOrderOfSeveralLines() {
        let result = Self.cut(["Cookie: a=1", "Cookie: access=x", "X: y", "COOKIE: b=2; access=x", "Cookie: c=3;d"])
        #expect(result.kept == ["X: y"])
        #expect(result.written == "Cookie: a=1\r\nCookie: b=2\r\nCookie: c=3;d\r\n")
    }

    @Test(arguments: [
        ["Cookie: a=1", "Cookie: Access=x"], ["Cookie: "], [], ["Set-Cookie: access=x", "Cookie2: access=x"],
    ])
    func nothingIsTouched_whenThereIsNoSuchCookie(lines: [String]) {
        let result = Self.cut(lines)
        #expect(result.kept == lines)
        #expect(result.written == "")
    }

    @Test func linesThatGoNowhere_areNotRead() {
        var request = TestRequest("/", ["Cookie: access=x"])
        request.head.fields[0].isDropped = true
        let block = request.block
        #expect(Self.cookie.cut(from: &request.head, bytes: block.span.bytes) == [])
    }

    /// Against the plain model: what is left holds all other cookies, and nothing that could be read as ours.
    @Test func cut_keepsAllOthers_inRandomLines() {
        var generator = SeededGenerator(seed: 5)
        let pieces = [
            "access=x", " access=y", "a=1", " b=2", "access", "", " ", "c=\"3", "access =\"z\"", "Access=4", " =5",
        ]
        for _ in 0..<5000 {
            let pairs = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }
            let ours = ["access=x", " access=y", "access =\"z\""]
            let result = Self.cut(["Cookie: " + pairs.joined(separator: ";")])
            guard pairs.contains(where: { ours.contains($0) }) else {
                #expect(result.written == "")
                continue
            }
            #expect(result.kept == [])
            var rest = pairs.filter { !ours.contains($0) }.joined(separator: ";")
            rest = String(rest.drop { $0 == " " })
            let isEmpty = rest.allSatisfy { $0 == ";" || $0 == " " }
            #expect(result.written == (isEmpty ? "" : "Cookie: \(rest)\r\n"), "\(pairs)")
            #expect(Self.values([rest]) == [])
        }
    }
}
