import Foundation
import GatewaySettings
import Testing

@testable import GatewayServer

struct LogTimeTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.007Z"),
        (1_795_354_620, "2026-11-22T13:37:00.007Z"),
        (951_782_399, "2000-02-28T23:59:59.007Z"),
        (951_782_400, "2000-02-29T00:00:00.007Z"),
        (951_868_800, "2000-03-01T00:00:00.007Z"),
        (1_709_164_800, "2024-02-29T00:00:00.007Z"),
        (1_735_689_599, "2024-12-31T23:59:59.007Z"),
        (4_107_542_400, "2100-03-01T00:00:00.007Z"),
        (253_402_300_799, "9999-12-31T23:59:59.007Z"),
        (Int64.max, "9999-12-31T23:59:59.007Z"),
        (Int64.min, "1970-01-01T00:00:00.007Z"),
    ])
    func timestamp_isISO8601(seconds: Int64, expected: String) {
        var renderer = TimestampRenderer()
        var bytes: [UInt8] = []
        renderer.append(LogTime(seconds: seconds, nanoseconds: 7_999_999), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func timestamp_changes_whenTheSecondChanges() {
        var renderer = TimestampRenderer()
        var bytes: [UInt8] = []
        for (seconds, nanoseconds) in [(59, 999_000_000), (60, 0), (60, 1_000_000), (59, 0)] {
            renderer.append(LogTime(seconds: Int64(seconds), nanoseconds: Int32(nanoseconds)), to: &bytes)
            bytes.append(0x20)
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "1970-01-01T00:00:59.999Z 1970-01-01T00:01:00.000Z 1970-01-01T00:01:00.001Z 1970-01-01T00:00:59.000Z "
        )
    }

    @Test func timestamp_agreesWithAnotherCalendar_onRandomDays() {
        var generator = SeededGenerator(seed: 1)
        let formatter = ISO8601DateFormatter()
        formatter.timeZone = TimeZone(identifier: "UTC")
        var renderer = TimestampRenderer()
        for _ in 0..<500 {
            let seconds = Int64.random(in: 0...253_402_300_799, using: &generator)
            var bytes: [UInt8] = []
            renderer.append(LogTime(seconds: seconds, nanoseconds: 0), to: &bytes)
            let expected = formatter.string(from: Date(timeIntervalSince1970: TimeInterval(seconds)))
            #expect(String(decoding: bytes, as: UTF8.self) == expected.replacing("Z", with: ".000Z"))
        }
    }
}

struct LogTextTests {
    @Test(arguments: [
        ("plain", "plain", "plain"),
        ("with space", "with space", "with space"),
        (#"quo"te"#, #"quo\"te"#, #"quo\"te"#),
        (#"back\slash"#, #"back\\slash"#, #"back\\slash"#),
        ("a\nb\rc\td", #"a\nb\rc\td"#, #"a\nb\rc\td"#),
        ("\u{0}\u{1B}[31m\u{7F}", #"\u0000\u001b[31m\u007f"#, #"\u0000\u001b[31m\u007f"#),
        ("caf\u{E9} \u{1F600} \u{10FFFF}", "caf\u{E9} \u{1F600} \u{10FFFF}", "caf\u{E9} \u{1F600} \u{10FFFF}"),
        ("\u{85}\u{9B}31m", #"\u0085\u009b31m"#, #"\u0085\u009b31m"#),
        ("\u{2028}\u{2029}", #"\u2028\u2029"#, #"\u2028\u2029"#),
        ("\u{202E}txt.exe\u{2066}", #"\u202etxt.exe\u2066"#, #"\u202etxt.exe\u2066"#),
        ("\u{FEFF}x", #"\ufeffx"#, #"\ufeffx"#),
    ])
    func text_isEscaped(text: String, inText: String, inJSON: String) {
        #expect(self.escaped(Array(text.utf8), .text) == inText)
        #expect(self.escaped(Array(text.utf8), .json) == inJSON)
    }

    @Test(
        arguments: [
            [0xFF], [0x80], [0xC0, 0xAF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func bytes_areEscapedOneByOne_whenTheyAreNotUTF8(bytes: [UInt8]) {
        let hexadecimal = bytes.map { String($0, radix: 16) }
        #expect(self.escaped([0x61] + bytes + [0x62], .text) == "a" + hexadecimal.map { #"\x"# + $0 }.joined() + "b")
        #expect(self.escaped([0x61] + bytes + [0x62], .json) == "a" + hexadecimal.map { #"\\x"# + $0 }.joined() + "b")
    }

    @Test func text_isCut_whenItIsLong() {
        let long = [UInt8](repeating: 0x61, count: LogText.longest + 1)
        #expect(self.escaped(long, .text) == String(repeating: "a", count: LogText.longest) + "…")
        #expect(self.escaped(Array(long.dropLast()), .text) == String(repeating: "a", count: LogText.longest))
    }

    @Test(arguments: ["", "-", "a b", "a=b", "a\"", "caf\u{E9}", "\u{7F}", "a\nb"])
    func value_isQuotedInText_whenItIsNotOneWord(value: String) {
        let isBare = LogText.isBare(value.utf8.span.bytes)
        #expect(!isBare)
    }

    @Test func numbers_areDecimal() {
        var bytes: [UInt8] = []
        for number in [0, 7, -7, 1_000_000, Int64.max, Int64.min] {
            LogText.append(number, to: &bytes)
            bytes.append(0x20)
        }
        for microseconds in [Int64(0), 1, 999, 1000, 1_234_567, -5] {
            LogText.append(milliseconds: microseconds, to: &bytes)
            bytes.append(0x20)
        }
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "0 7 -7 1000000 9223372036854775807 -9223372036854775808 0.000 0.001 0.999 1.000 1234.567 0.000 ")
    }

    @Test(arguments: [
        ("/a/b", "/a/b"),
        ("/no/eyJhbGciOi.eyJ1c2VyX2lk.c2lnbmF0dXJl", "/no/[token]"),
        ("/xeyJhbGciOi.eyJ1c2VyX2lk.c2ln/y?", "/x[token]/y?"),
        ("/eyJhbGciOiJI%2EeyJ1c2Vy%2Ec2ln/z", "/[token]/z"),
        ("/eyJhbGciOiJI/eyJhbGciOiJI", "/[token]/[token]"),
        ("/eyJhbG/short", "/eyJhbG/short"),
        ("/eyeyJhbGciOiJIUz", "/ey[token]"),
        ("/\"/eyJhbGciOiJI", "/\\\"/[token]"),
        ("eyJ", "eyJ"), ("", ""),
    ])
    func tokens_areNotShown_inPaths(path: String, expected: String) {
        var out: [UInt8] = []
        LogText.append(path: Array(path.utf8).span.bytes, format: .text, to: &out)
        #expect(String(decoding: out, as: UTF8.self) == expected)
    }

    private func escaped(_ bytes: [UInt8], _ format: LogFormat) -> String {
        var out: [UInt8] = []
        LogText.appendEscaped(bytes.span.bytes, format: format, to: &out)
        return String(decoding: out, as: UTF8.self)
    }
}
