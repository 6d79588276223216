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

    @Test(arguments: 0..<20)
    func search_findsTheFirstByte_whereverItStands(_ count: Int) {
        for byte in UInt8.min...UInt8.max {
            for position in 0..<max(count, 1) {
                var bytes = [UInt8](repeating: 0x61, count: count)
                if position < count { bytes[position] = byte }
                let control = bytes.firstIndex { $0 < 0x20 || $0 == 0x7F || $0 == 0x85 } ?? count
                let query = bytes.firstIndex { $0 < 0x21 || $0 > 0x7E || $0 == 0x23 } ?? count
                bytes.withUnsafeBytes {
                    #expect(ByteSearch.controlOrNextLine($0, from: 0) == control)
                    #expect(ByteSearch.endOfQuery($0, from: 0) == query)
                }
            }
        }
    }

    /// Every pair of neighbours within one word: the borrow of one must not hide or invent the other.
    @Test func search_isExact_forNeighbours() {
        for first in stride(from: 0, through: 255, by: 3) {
            for second in 0...255 {
                let bytes: [UInt8] = [0x80, 0xFF, UInt8(first), UInt8(second), 0x20, 0x61, 0x7E, 0x86, 0x0D]
                bytes.withUnsafeBytes {
                    let control = bytes.firstIndex { $0 < 0x20 || $0 == 0x7F || $0 == 0x85 }
                    #expect(ByteSearch.controlOrNextLine($0, from: 0) == control)
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
