import GatewayMessage
import GatewayProtocol
import NIOCore
import Testing

@Suite struct ProxyHeaderParserTests {
    @Test(
        arguments: [
            ("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "192.0.2.1", 56324),
            ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255", 65535),
            ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0", 0),
            ("PROXY TCP6 2001:db8::1 2001:DB8::7 1 443\r\n", "2001:db8::1", 1),
            ("PROXY TCP6 :: ::1 1 443\r\n", "::", 1),
            ("PROXY TCP6 ::ffff:c000:201 ::1 1 443\r\n", "192.0.2.1", 1),
            (
                "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535
            ),
            ("PROXY UNKNOWN\r\n", nil, 0), ("PROXY UNKNOWN \r\n", nil, 0),
            ("PROXY UNKNOWN 192.0.2.1 nonsense \u{0}\u{FF}\r\n", nil, 0),
            (
                "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
                nil, 0
            ),
        ] as [(String, String?, Int)]
    )
    func line_isReadAndConsumed(_ line: String, _ source: String?, _ port: Int) {
        let next = Array("GET / HTTP/1.1\r\n".utf8)
        let bytes = Array(line.utf8) + next
        for cuts in Feeding.all(bytes.count) {
            #expect(ProxyOutcome(bytes, cuts: cuts) == .complete(source: source, port: port, rest: next))
        }
        #expect(ProxyOutcome(Array(line.utf8)) == .complete(source: source, port: port, rest: []))
        #expect(ProxyOutcome(Array(line.utf8.dropLast())) == .needsMore)
    }

    @Test(
        arguments: [
            ("GET / HTTP/1.1\r\n", .notAProxyHeader), ("POST / HTTP/1.1\r\n", .notAProxyHeader),
            (" PROXY", .notAProxyHeader), ("proxy TCP4", .notAProxyHeader), ("PROXY\tTCP4", .notAProxyHeader),
            ("PROXY\r\n", .notAProxyHeader), ("PROXYTCP4 ", .notAProxyHeader), ("\u{16}\u{3}\u{1}", .notAProxyHeader),
            ("\r\nPROXY TCP4", .notAProxyHeader),
            ("PROXY \r\n", .badLine), ("PROXY  TCP4 1.2.3.4 1.2.3.4 1 1\r\n", .badLine),
            ("PROXY TCP4\r\n", .badLine), ("PROXY TCP4 \r\n", .badLine), ("PROXY TCP4 1.2.3.4\r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", .badLine), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", .badLine), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n", .badLine),
            ("PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", .badLine), ("PROXY TCP4 1.2.3.4  1.2.3.4 1 1\r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.4  1 1\r\n", .badLine),
            ("PROXY tcp4 1.2.3.4 1.2.3.4 1 1\r\n", .unknownFamily),
            ("PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n", .unknownFamily),
            ("PROXY TCP 1.2.3.4 1.2.3.4 1 1\r\n", .unknownFamily),
            ("PROXY TCP4\t1.2.3.4 1.2.3.4 1 1\r\n", .unknownFamily),
            ("PROXY unknown\r\n", .unknownFamily), ("PROXY UNKNOWNX\r\n", .unknownFamily),
            ("PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n", .badAddress), ("PROXY TCP4 1.2.3.256 1.2.3.4 1 1\r\n", .badAddress),
            ("PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n", .badAddress), ("PROXY TCP4 1.2.3.4.5 1.2.3.4 1 1\r\n", .badAddress),
            ("PROXY TCP4 1.2.3.4 1.2.3 1 1\r\n", .badAddress), ("PROXY TCP4 ::1 ::1 1 1\r\n", .badAddress),
            ("PROXY TCP4 1.2.3.4 ::1 1 1\r\n", .badAddress), ("PROXY TCP4 ::ffff:1.2.3.4 1.2.3.4 1 1\r\n", .badAddress),
            ("PROXY TCP6 1.2.3.4 ::1 1 1\r\n", .badAddress), ("PROXY TCP6 ::1 1.2.3.4 1 1\r\n", .badAddress),
            ("PROXY TCP6 ::ffff:1.2.3.4 ::1 1 1\r\n", .badAddress), ("PROXY TCP6 [::1] ::1 1 1\r\n", .badAddress),
            ("PROXY TCP6 ::1%eth0 ::1 1 1\r\n", .badAddress), ("PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 1\r\n", .badAddress),
            ("PROXY TCP6 1::2::3 ::1 1 1\r\n", .badAddress), ("PROXY TCP6 12345:: ::1 1 1\r\n", .badAddress),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n", .badPort), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 99999\r\n", .badPort),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", .badPort), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 00\r\n", .badPort),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 +1 1\r\n", .badPort), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 0x1\r\n", .badPort),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 123456 1\r\n", .badPort), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\t\r\n", .badPort),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", .bareLineEnd), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\rX", .bareLineEnd),
            ("PROXY TCP4\n", .bareLineEnd), ("PROXY UNKNOWN\n\r\n", .bareLineEnd),
            ("PROXY UNKNOWN \r\r\n", .bareLineEnd),
            ("PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n", .lineTooLong),
            ("PROXY " + String(repeating: "x", count: 200), .lineTooLong),
        ] as [(String, ProxyHeaderProblem)]
    )
    func line_isRefused_howeverItIsCut(_ line: String, _ problem: ProxyHeaderProblem) {
        let bytes = Array(line.utf8)
        for cuts in Feeding.all(bytes.count) {
            #expect(ProxyOutcome(bytes, cuts: cuts) == .problem(problem), "cuts \(cuts.prefix(3))")
        }
    }

    @Test func line_mayHave107Bytes() {
        let line = "PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n"
        #expect(line.utf8.count == 107)
        #expect(ProxyOutcome(Array(line.utf8)) == .complete(source: nil, port: 0, rest: []))
    }

    static let blocks: [([UInt8], String?, Int)] = [
        (ProxyBlock.bytes(), "192.0.2.1", 56324),
        (ProxyBlock.bytes(0x21, 0x21, ProxyBlock.v6), "2001:db8::1", 56324),
        (ProxyBlock.bytes(0x21, 0x31, ProxyBlock.zeros(216)), nil, 0),
        (ProxyBlock.bytes(0x21, 0x00, []), nil, 0), (ProxyBlock.bytes(0x21, 0x00, [1, 2, 3]), nil, 0),
        (ProxyBlock.bytes(0x21, 0x01, []), nil, 0),
        (ProxyBlock.bytes(0x20, 0x00, []), nil, 0), (ProxyBlock.bytes(0x20, 0x11, ProxyBlock.v4), nil, 0),
        (ProxyBlock.bytes(0x20, 0x11, []), nil, 0), (ProxyBlock.bytes(0x20, 0xFF, [3, 0xFF, 0xFF]), nil, 0),
        (ProxyBlock.bytes(0x20, 0x00, ProxyBlock.zeros(4080)), nil, 0),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + ProxyBlock.tlv(0x04, [])), "192.0.2.1", 56324),
        (
            ProxyBlock.bytes(
                0x21, 0x11, ProxyBlock.v4 + ProxyBlock.tlv(0x02, Array("a.b".utf8)) + ProxyBlock.tlv(0xE0, [1])),
            "192.0.2.1", 56324
        ),
        (
            ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + ProxyBlock.tlv(0x04, ProxyBlock.zeros(4065))), "192.0.2.1",
            56324
        ),
        (ProxyBlock.summed(0x11, ProxyBlock.v4), "192.0.2.1", 56324),
        (ProxyBlock.summed(0x21, ProxyBlock.v6, before: ProxyBlock.tlv(0x05, [1, 2])), "2001:db8::1", 56324),
        (
            ProxyBlock.summed(
                0x11, ProxyBlock.v4, before: ProxyBlock.tlv(0x01, Array("h2".utf8)),
                after: ProxyBlock.tlv(0x20, ProxyBlock.zeros(5))), "192.0.2.1", 56324
        ),
        (ProxyBlock.summed(0x31, ProxyBlock.zeros(216)), nil, 0),
    ]

    @Test(arguments: blocks)
    func block_isReadAndConsumed(_ block: [UInt8], _ source: String?, _ port: Int) {
        let next = Array("PROXY TCP4 GET".utf8)
        let bytes = block + next
        for cuts in block.count < 300 ? Feeding.all(bytes.count) : [[], Array(1..<bytes.count)] {
            #expect(ProxyOutcome(bytes, cuts: cuts) == .complete(source: source, port: port, rest: next))
        }
        #expect(ProxyOutcome(block) == .complete(source: source, port: port, rest: []))
        #expect(ProxyOutcome(block.dropLast()) == .needsMore)
    }

    static let refusedBlocks: [([UInt8], ProxyHeaderProblem)] = [
        ([0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0D], .notAProxyHeader),
        ([0x0D, 0x0A, 0x0D, 0x0A, 0x0D, 0x0A], .notAProxyHeader), ([0x0D, 0x0A, 0x47], .notAProxyHeader),
        (ProxyBlock.bytes(0x11), .unknownVersion), (ProxyBlock.bytes(0x31), .unknownVersion),
        (ProxyBlock.bytes(0x01), .unknownVersion),
        (ProxyBlock.bytes(0x22), .unknownCommand), (ProxyBlock.bytes(0x2F), .unknownCommand),
        (ProxyBlock.bytes(0x21, 0x12), .datagram), (ProxyBlock.bytes(0x21, 0x22, ProxyBlock.v6), .datagram),
        (ProxyBlock.bytes(0x21, 0x32, ProxyBlock.zeros(216)), .datagram), (ProxyBlock.bytes(0x21, 0x02), .datagram),
        (ProxyBlock.bytes(0x21, 0x10), .unknownFamily), (ProxyBlock.bytes(0x21, 0x13), .unknownFamily),
        (ProxyBlock.bytes(0x21, 0x41), .unknownFamily), (ProxyBlock.bytes(0x21, 0xF1), .unknownFamily),
        (ProxyBlock.bytes(0x21, 0x20, ProxyBlock.v6), .unknownFamily),
        (ProxyBlock.bytes(length: 4081), .headerTooLong),
        (ProxyBlock.bytes(0x20, 0x00, [], length: 65535), .headerTooLong),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4.dropLast()), .truncatedAddresses),
        (ProxyBlock.bytes(0x21, 0x11, []), .truncatedAddresses),
        (ProxyBlock.bytes(0x21, 0x21, ProxyBlock.v4), .truncatedAddresses),
        (ProxyBlock.bytes(0x21, 0x21, ProxyBlock.v6.dropLast()), .truncatedAddresses),
        (ProxyBlock.bytes(0x21, 0x31, ProxyBlock.zeros(215)), .truncatedAddresses),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + [0x04]), .badExtension),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + [0x04, 0]), .badExtension),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + [0x04, 0, 1]), .badExtension),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + [0x04, 0xFF, 0xFF, 1, 2]), .badExtension),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + ProxyBlock.tlv(0x04, [1]) + [0]), .badExtension),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + ProxyBlock.tlv(0x03, [0, 0, 0])), .badExtension),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + ProxyBlock.tlv(0x03, ProxyBlock.zeros(5))), .badExtension),
        (ProxyBlock.summed(0x11, ProxyBlock.v4, after: ProxyBlock.tlv(0x03, ProxyBlock.zeros(4))), .badExtension),
        (ProxyBlock.bytes(0x21, 0x11, ProxyBlock.v4 + ProxyBlock.tlv(0x03, ProxyBlock.zeros(4))), .checksumMismatch),
    ]

    @Test(arguments: refusedBlocks)
    func block_isRefused_howeverItIsCut(_ block: [UInt8], _ problem: ProxyHeaderProblem) {
        for cuts in Feeding.all(block.count) {
            #expect(ProxyOutcome(block, cuts: cuts) == .problem(problem), "cuts \(cuts.prefix(3))")
        }
    }

    /// A known value: the digits `123456789` have this CRC-32C.
    @Test func checksum_isCRC32C() { #expect(ProxyBlock.crc32c(Array("123456789".utf8)) == 0xE306_9283) }

    @Test func checksum_isMissed_whenAnyBitChanges() {
        let block = ProxyBlock.summed(0x11, ProxyBlock.v4, before: ProxyBlock.tlv(0x05, [1, 2, 3]))
        let (addresses, identifier, sum) = (16..<28, 31..<34, 37..<41)
        for index in Array(addresses) + Array(identifier) + Array(sum) {
            for bit in 0..<8 {
                var damaged = block
                damaged[index] ^= 1 << UInt8(bit)
                #expect(ProxyOutcome(damaged) == .problem(.checksumMismatch), "\(index)")
            }
        }
    }

    @Test func nothingIsTaken_afterTheHeader() throws {
        var buffer = ByteBuffer(string: "PROXY TCP4 1.2.3.4 1.2.3.4 5 6\r\nPROXY UNKNOWN\r\n")
        var parser = ProxyHeaderParser()
        let first = try parser.parse(&buffer)
        #expect(first == .complete(source: IPAddress(v4: 0x0102_0304), sourcePort: 5))
        #expect(try parser.parse(&buffer) == first)
        #expect(buffer == ByteBuffer(string: "PROXY UNKNOWN\r\n"))
    }

    /// No peer can make us hold more than the longest header.
    @Test(arguments: ["PROXY UNKNOWN ", "\r\n\r\n\0\r\nQUIT\n!\u{11}\u{0F}\u{71}"])
    func endlessInput_endsSoon(_ start: String) {
        var buffer = ByteBuffer(string: start)
        var parser = ProxyHeaderParser()
        var most = 0
        do throws(ProxyHeaderProblem) {
            while try parser.parse(&buffer) == .needsMore, most < 10_000 {
                buffer.writeInteger(UInt8(1))
                most = max(most, buffer.readableBytes)
            }
        } catch {}
        #expect(most <= (start.hasPrefix("P") ? 107 : 4096))
    }

    @Test func labels_areDistinct() {
        #expect(Set(ProxyHeaderProblem.allCases.map { "\($0.label)" }).count == ProxyHeaderProblem.allCases.count)
    }
}
