import GatewayMessage
import Testing

@testable import GatewayPolicy

@Suite struct ForwardedAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), (" 192.0.2.1\t", "192.0.2.1"), ("192.0.2.1:4711", "192.0.2.1"),
        ("192.0.2.1:0", "192.0.2.1"), ("192.0.2.1:65535", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"), ("2001:DB8:0:0::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("[::ffff:192.0.2.1]:1", "192.0.2.1"),
        ("[2001:db8:1111:2222:3333:4444:255.255.255.255]:65535", "2001:db8:1111:2222:3333:4444:ffff:ffff"),
    ])
    func entry_isAnAddress(entry: String, expected: String) {
        #expect(Self.read(entry) == expected)
    }

    @Test(arguments: [
        "", " ", "unknown", "_hidden", "localhost", "192.0.2", "192.0.2.256", "192.0.2.01", "192.0.2.1:", "192.0.2.1:x",
        "192.0.2.1:65536", "192.0.2.1:123456", "192.0.2.1:-1", "192.0.2.1 192.0.2.2", "192.0.2.1/8", "\"192.0.2.1\"",
        "for=192.0.2.1", "[192.0.2.1]", "[192.0.2.1]:80", "[", "[]", "[]:80", "[::1", "::1]", "[::1]x", "[::1]:",
        "[::1]:x", "[::1]:65536", "[::1]80", "[::1%eth0]", "fe80::1%eth0", "2001:db8::1::2", "12345::1", ":", "::g",
        "0x7f.1", "2130706433", "192.0.2.1\u{0}", "[fe80::1]:80:90", "١.٢.٣.٤",
        "[2001:db8:1111:2222:3333:4444:255.255.255.255]:0065535",
    ])
    func entry_isNoAddress(entry: String) {
        #expect(Self.read(entry) == nil)
    }

    private static func read(_ entry: String) -> String? {
        let bytes = Array(entry.utf8)
        let address = ForwardedAddress.read(ByteRange(start: 0, end: bytes.count), in: bytes.span.bytes)
        return address.map { String(decoding: $0.text, as: UTF8.self) }
    }
}
