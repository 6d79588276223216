import GatewayMessage
import Testing

@testable import GatewayPolicy

@Suite struct PathReaderTests {
    private static func read(_ path: String) throws(PathProblem) -> (text: String, forms: PathForms) {
        let bytes = path.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        var reader = PathReader()
        try reader.read(whole: bytes)
        return (String(decoding: reader.isVerbatim ? bytes : reader.decoded, as: UTF8.self), reader.forms)
    }

    @Test(arguments: [
        ("/", "/"), ("/a/b", "/a/b"), ("/a%20b", "/a b"), ("/%63hat", "/chat"), ("/%D9%A1", "/\u{661}"),
        ("/.well-known/x", "/.well-known/x"), ("/a/...", "/a/..."), ("/a..b", "/a..b"), ("/%2541", "/%41"),
        ("/100%25", "/100%"), ("/%25zz", "/%zz"), ("/a+b", "/a+b"), ("/%F0%9F%98%80", "/\u{1F600}"),
        ("/a:b@c", "/a:b@c"),
        ("/a%3Fb", "/a?b"), ("/a%23b", "/a#b"),
    ])
    func path_isDecodedOnce(path: String, expected: String) throws {
        let read = try Self.read(path)
        #expect(read.text == expected)
        #expect(read.forms == [])
    }

    @Test(arguments: [
        ("", PathProblem.notAbsolute), ("*", .notAbsolute), ("a", .notAbsolute), ("/%", .badEscape),
        ("/%4", .badEscape),
        ("/%zz", .badEscape), ("/%g0", .badEscape), ("/%+1", .badEscape), ("/%00", .controlCharacter),
        ("/%0a", .controlCharacter), ("/%7F", .controlCharacter), ("/a\u{1}", .controlCharacter),
        ("/a b", .controlCharacter),
        ("/%C2%85", .controlCharacter), ("/a\\b", .backslash), ("/a%5Cb", .backslash), ("/a%5cb", .backslash),
        ("/.", .dotSegment), ("/..", .dotSegment), ("/a/../b", .dotSegment), ("/a/./b", .dotSegment),
        ("/a/..", .dotSegment),
        ("/%2e%2E/a", .dotSegment), ("/a/%2e", .dotSegment), ("/.%2e/", .dotSegment), ("/a/..;x/b", .dotSegment),
        ("/a/.;/b", .dotSegment), ("/a%2F..%2Fb", .dotSegment), ("/%252F", .doubleEncoding),
        ("/%252e%252e", .doubleEncoding),
        ("/%255c", .doubleEncoding), ("/%2500", .doubleEncoding), ("/%25252F", .doubleEncoding),
        ("/%253B", .doubleEncoding),
        ("/%C0%AF", .notUTF8), ("/%FF", .notUTF8), ("/%E9", .notUTF8), ("/%ED%A0%80", .notUTF8),
        ("/%F4%90%80%80", .notUTF8),
        ("/%C3", .notUTF8), ("/%E2%82", .notUTF8), ("/\u{E9}", .rawNonASCII), ("/a#b", .fragment),
        ("//", .leadingEmptySegment),
        ("//a", .leadingEmptySegment), ("///ws/chat/1/", .leadingEmptySegment), ("//%2Fa", .leadingEmptySegment),
    ])
    func path_isRefused_whenServersCouldDisagree(path: String, problem: PathProblem) {
        #expect(throws: problem) { try Self.read(path) }
    }

    @Test(
        arguments: [
            ("/a//b", PathForms.emptySegment, "/a//b"), ("/a//", .emptySegment, "/a//"), ("/a;b", .semicolon, "/a;b"),
            ("/a%3Bb", .semicolon, "/a;b"), ("/a%2Fb", .encodedSlash, "/a/b"), ("/a%2fb", .encodedSlash, "/a/b"),
            ("/%2Fa", [.encodedSlash, .emptySegment], "//a"),
            ("/a/%2F;", [.encodedSlash, .emptySegment, .semicolon], "/a//;"),
            ("/a/;x=1", .semicolon, "/a/;x=1"),
        ] as [(String, PathForms, String)])
    func form_isReported_whenARouteMayTolerateIt(path: String, forms: PathForms, decoded: String) throws {
        let read = try Self.read(path)
        #expect(read.forms == forms)
        #expect(read.text == decoded)
    }

    @Test func path_isVerbatim_whenNothingIsEncoded() throws {
        var reader = PathReader()
        try reader.read(whole: Array("/ws/chat/1/".utf8))
        #expect(reader.isVerbatim)
        try reader.read(whole: Array("/ws%2Fchat".utf8))
        #expect(!reader.isVerbatim)
        #expect(reader.forms == .encodedSlash)
        try reader.read(whole: Array("/a".utf8))
        #expect(reader.isVerbatim)
        #expect(reader.forms == [])
    }

    @Test func number_isRefused_whenPythonWouldNotReadIt() {
        let limit = String(repeating: "1", count: 4300)
        #expect(throws: Never.self) { try Self.read("/" + limit + "/2") }
        #expect(throws: PathProblem.overlongNumber) { try Self.read("/" + limit + "1/") }
        #expect(throws: PathProblem.overlongNumber) { try Self.read("/%31" + limit + "/") }
    }

    @Test func reader_neverTraps_whenFedGarbage() {
        var generator = SeededGenerator(seed: 3)
        let alphabet = Array(
            "/%25fFcC2eE.;\\#\u{0}\u{80}\u{FF}a".unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
        var reader = PathReader()
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<12, using: &generator)
            let path = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            do {
                try reader.read(whole: path)
                let decoded = reader.isVerbatim ? path : reader.decoded
                #expect(String(validating: decoded, as: UTF8.self) != nil)
                #expect(!decoded.contains(0))
            } catch {
                #expect(!"\(error.detail)".isEmpty)
            }
        }
    }
}
