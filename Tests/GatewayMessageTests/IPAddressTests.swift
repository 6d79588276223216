import GatewayMessage
import Testing

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("192.168.1.100", "192.168.1.100"), ("::1", "::1"), ("::", "::"), ("1::", "1::"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
        ("0:0:1::", "0:0:1::"), ("::ffff:10.1.2.3", "10.1.2.3"), ("::ffff:0a01:0203", "10.1.2.3"),
        ("64:ff9b::1.2.3.4", "64:ff9b::102:304"), ("fe80::00aB", "fe80::ab"),
    ])
    func text_isCanonical(written: String, canonical: String) throws {
        let address = try #require(IPAddress(written))
        #expect(String(decoding: address.text, as: UTF8.self) == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "0x7f.1.1.1", ":",
        ":::",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4:5:6:7::8", "12345::", "g::", "[::1]", "::1%eth0",
        "1:",
        ":1", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "unknown",
    ])
    func text_isRefused_whenItIsNoAddress(text: String) { #expect(IPAddress(text) == nil) }

    @Test func mapped_equalsIPv4() {
        #expect(IPAddress("::ffff:127.0.0.1") == IPAddress(v4: 0x7F00_0001))
        #expect(IPAddress("127.0.0.1")?.isV4 == true)
        #expect(IPAddress("::1")?.isV4 == false)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
        ("::/0", "203.0.113.9", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("::1", "::1", true), ("::1/128", "::2", false),
        ("192.0.2.128/25", "192.0.2.127", false), ("fe80::/64", "fe80::ffff:ffff:ffff:ffff", true),
        ("::ffff:0:0/96", "8.8.8.8", true),
    ])
    func range_containsItsAddresses(range: String, address: String, isInside: Bool) throws {
        let range = try #require(IPAddressRange(range))
        #expect(range.contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(arguments: [
        "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8", "10/8", "::/129", "a/8",
        "",
        "10.0.0.0/8/8",
    ])
    func range_isRefused_whenItIsNoBlock(text: String) { #expect(IPAddressRange(text) == nil) }

    @Test func range_ofEveryLength_containsExactlyWhatSharesItsPrefix() {
        var generator = SystemRandomNumberGenerator()
        for length in 0...128 {
            let address = IPAddress(high: generator.next(), low: generator.next())
            let range = IPAddressRange(address, prefixLength: length)
            #expect(range.contains(address))
            guard length > 0 else { continue }
            let bit = length - 1
            let other = IPAddress(
                high: bit < 64 ? address.high ^ (1 << UInt64(63 - bit)) : address.high,
                low: bit < 64 ? address.low : address.low ^ (1 << UInt64(127 - bit))
            )
            #expect(!range.contains(other))
        }
    }
}
