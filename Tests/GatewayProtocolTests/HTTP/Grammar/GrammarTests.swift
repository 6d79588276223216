import GatewayMessage
import Testing

@testable import GatewayProtocol

@Suite struct GrammarTests {
    /// The table against the definitions it was made from.
    @Test func nameByte_agreesWithFoldedName() {
        let punctuation = Array("!#$%&'*+-.^_`|~".utf8)
        for byte in UInt8.min...UInt8.max {
            let isAlphanumeric =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            let entry = NameByte.entry(byte)
            #expect((entry != 0) == (isAlphanumeric || punctuation.contains(byte)), "\(byte)")
            guard entry != 0 else { continue }
            #expect(entry | NameByte.foldedBit == FoldedName.fold(byte), "\(byte)")
            #expect((entry & NameByte.foldedBit != 0) == (isAlphanumeric || byte == 0x2D), "\(byte)")
        }
    }

    @Test(arguments: 0..<36)
    func search_findsTheFirstByte_whereverItStands(_ count: Int) {
        for byte in UInt8.min...UInt8.max {
            for position in 0..<max(count, 1) {
                var bytes = [UInt8](repeating: 0x61, count: count)
                if position < count { bytes[position] = byte }
                let query = bytes.firstIndex { $0 < 0x21 || $0 > 0x7E || $0 == 0x23 } ?? count
                let path = bytes.firstIndex { $0 < 0x21 || $0 > 0x7E || [0x23, 0x3F, 0x5C].contains($0) } ?? count
                bytes.withUnsafeBytes {
                    #expect(
                        ByteSearch.endOfPrintable($0, from: 0) == bytes.firstIndex { $0 < 0x20 || $0 > 0x7E } ?? count)
                    #expect(ByteSearch.endOfQuery($0, from: 0) == query)
                    #expect(ByteSearch.endOfPath($0, from: 0) == path)
                }
            }
        }
    }

    /// Every pair of neighbours within one block.
    @Test func search_isExact_forNeighbours() {
        for first in stride(from: 0, through: 255, by: 3) {
            for second in 0...255 {
                let bytes: [UInt8] =
                    [0x7E, 0x20, 0x61, 0x22, UInt8(first), UInt8(second)] + [UInt8](repeating: 0x7D, count: 12)
                bytes.withUnsafeBytes {
                    let end = bytes.firstIndex { $0 < 0x20 || $0 > 0x7E } ?? bytes.count
                    #expect(ByteSearch.endOfPrintable($0, from: 0) == end)
                }
            }
        }
    }

    /// Names of every length, cut off at every place: words, hash and known field agree with the definitions.
    @Test func name_isFoldedAndHashed_asDefined() {
        let names =
            KnownField.allCases.map { "\($0.name)" } + [
                "X_Y", "x.y-Z", "!#$%&'*+-.^_`|~", "Cross-Origin-Opener-Policy",
            ]
        let letters = Array("AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-abcdefghijklmn".utf8)
        for name in names.map({ Array($0.utf8) }) + letters.indices.map({ Array(letters[..<$0]) }) where !name.isEmpty {
            for end in [
                [0x3A], [0x3A] + [UInt8](repeating: 0x20, count: 40), [], [0x20] + [UInt8](repeating: 0x61, count: 20),
            ] {
                for spelling in [name, Array(text(name).uppercased().utf8)] {
                    (spelling + end).withUnsafeBytes {
                        let scanned = ScannedName.scan($0, from: 0)
                        #expect(scanned.end == name.count)
                        #expect(scanned.hash == FoldedName.hash(of: name))
                        #expect(scanned.isOdd == name.contains { NameByte.entry($0) & NameByte.foldedBit == 0 })
                        let words = [scanned.words.0, scanned.words.1, scanned.words.2]
                        let folded = (0..<24).map { UInt8(words[$0 / 8] >> UInt64($0 % 8 * 8) & 0xFF) }
                        #expect(Array(folded.prefix(name.count)) == Array(name.map(FoldedName.fold).prefix(24)))
                        #expect(folded.dropFirst(name.count).allSatisfy { $0 == 0 })
                        let known = KnownField.allCases.first { "\($0.name)" == text(name).lowercased() } ?? .other
                        #expect(KnownField.named(scanned, count: scanned.end) == known)
                    }
                }
            }
        }
    }

    @Test(
        arguments: [
            ("a", true), ("a.b-c_d~e", true), ("A.EXAMPLE:8000", true), ("a:", true), ("a:0", true), ("a:65535", true),
            ("1.2.3.4", true), ("a%41", true), ("a!$&'()*+;=b", true), ("a,b", false), (",", false),
            ("xn--80ak6aa92e.com", true), ("a.", true),
            ("", false), (":80", false), ("a:65536", false), ("a:99999999999999999999", false), ("a:8o", false),
            ("a:-1", false), ("a:80:80", false), ("u@a", false), ("u:p@a", false), ("a/", false), ("a?", false),
            ("a#", false),
            ("a\\b", false), ("a b", false), ("a\tb", false), ("é", false), ("a%4", false), ("a%", false),
            ("a%4g", false),
            ("a[b]", false), ("a\"", false), ("<a>", false), ("a|b", false), ("a^b", false), ("{a}", false),
            ("[::]", true), ("[::1]", true), ("[::1]:80", true), ("[1::]", true), ("[1:2:3:4:5:6:7:8]", true),
            ("[1::8]:", true), ("[fe80::1:2]", true), ("[ABCD:ef01::]", true), ("[::ffff:1.2.3.4]", true),
            ("[1:2:3:4:5:6:1.2.3.4]", true), ("[1:2:3:4:5:6:7::]", true), ("[::2:3:4:5:6:7:8]", true),
            ("[]", false), ("[", false), ("[:", false), ("[::", false), ("[:]", false), ("[1]", false),
            ("[1:2]", false),
            ("[:1:2:3:4:5:6:7:8]", false), ("[1:2:3:4:5:6:7:8:9]", false), ("[1:2:3:4:5:6:7]", false),
            ("[1::2::3]", false),
            ("[:::]", false), ("[1:::2]", false), ("[12345::]", false), ("[::g]", false), ("[::1%25eth0]", false),
            ("[::1.2.3]", false), ("[::1.2.3.4.5]", false), ("[::1.2.3.256]", false), ("[::01.2.3.4]", false),
            ("[1:2:3:4:5:6:7:1.2.3.4]", false), ("[1:2:3:4:5:1.2.3.4]", false), ("[::1.2.3.4:1]", false),
            ("[v1.a]", false),
            ("[1:2:3:4:5:6:7:]", false), ("[1:2:3:4:5:6:7:8::]", false), ("[1:2:3:4::5:6:7:8]", false),
            ("[::1]a", false),
            ("[::1]80", false), ("[::1]:x", false), ("[::1.2.3.4", false), ("[::1", false), ("[1:", false),
            ("[::a.2.3.4]", false),
        ]
    )
    func authority_isJudged(_ host: String, _ isValid: Bool) {
        Array(host.utf8).withUnsafeBytes {
            #expect(Authority.isValid($0, ByteRange(start: 0, end: $0.count)) == isValid)
        }
    }

    @Test(
        arguments: [
            ("", []), (",", []), (" , ,\t", []), ("a", ["a"]), (" a ", ["a"]), ("a,b", ["a", "b"]),
            (",a,, b\t,c d,", ["a", "b", "c d"]),
        ]
    )
    func list_hasElements(_ value: String, _ elements: [String]) {
        let bytes = Array(value.utf8)
        bytes.withUnsafeBytes {
            var list = ListElements($0, ByteRange(start: 0, end: $0.count))
            var found: [String] = []
            while let element = list.next() { found.append(text(bytes[element.range])) }
            #expect(found == elements)
        }
    }
}
