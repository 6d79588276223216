import GatewayMessage
import GatewaySettings
import Glibc
import Testing

@testable import GatewayPolicy

@Suite struct ForwardedChainTests {
    private static let proxies = ["10.0.0.0/8", "2001:db8:f::/48", "unix"].map { PeerRange.of($0) }

    private static func chain(_ lines: [String]) -> [String] {
        let request = TestRequest("/", lines)
        let addresses = ForwardedChain(request.head, in: request.block.span.bytes, trusting: self.proxies).addresses
        return addresses.map { String(decoding: $0.text, as: UTF8.self) }
    }

    @Test(arguments: [
        // The first stranger from the right is the client; what it wrote itself is not looked at.
        (["192.0.2.1"], ["192.0.2.1"]),
        (["198.51.100.1, 192.0.2.1"], ["192.0.2.1"]),
        (["evil, 10.9.9.9, 192.0.2.1, 10.0.0.2, 10.0.0.1"], ["10.0.0.1", "10.0.0.2", "192.0.2.1"]),
        (["192.0.2.1,10.0.0.2\t, 10.0.0.1 "], ["10.0.0.1", "10.0.0.2", "192.0.2.1"]),
        // All lines, in order.
        (["198.51.100.1", "192.0.2.1, 10.0.0.2", "10.0.0.1"], ["10.0.0.1", "10.0.0.2", "192.0.2.1"]),
        (["2001:db8::7, [2001:db8:f::1]:80"], ["2001:db8:f::1", "2001:db8::7"]),
        // What is no address ends the walk.
        (["192.0.2.1, unknown, 10.0.0.1"], ["10.0.0.1"]), (["192.0.2.1, unknown"], []), (["unknown"], []),
        (["192.0.2.1,"], []), ([",192.0.2.1"], ["192.0.2.1"]), (["192.0.2.1,,10.0.0.1"], ["10.0.0.1"]), ([""], []),
        (["192.0.2.1", "", "10.0.0.1"], ["10.0.0.1"]), ([","], []), ([], []),
        // Proxies only: the furthest that is known.
        (["10.0.0.3, 10.0.0.2, 10.0.0.1"], ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        // A port does not make a stranger of a proxy.
        (["192.0.2.1:5, 10.0.0.1:7"], ["10.0.0.1", "192.0.2.1"]),
        (["::ffff:192.0.2.1, ::ffff:10.0.0.1"], ["10.0.0.1", "192.0.2.1"]),
    ])
    func chain_endsAtTheFirstStranger(values: [String], expected: [String]) {
        #expect(Self.chain(values.map { "X-Forwarded-For: " + $0 }) == expected)
    }

    @Test func otherNames_areNotRead() {
        let lines = ["X_Forwarded_For", "X.Forwarded.For", "X-Forwarded-For-", "Forwarded-For", "X-Real-IP"]
        #expect(Self.chain(lines.map { $0 + ": 192.0.2.1" }) == [])
        #expect(Self.chain(["x-FORWARDED-for: 192.0.2.1"]) == ["192.0.2.1"])
    }

    /// Somebody who can make a proxy pass on a `Connection` line must not become the proxy.
    @Test func nominatedLine_isReadAllTheSame() {
        var request = TestRequest("/", ["X-Forwarded-For: 192.0.2.1"])
        request.head.fields[0].isDropped = true
        let addresses = ForwardedChain(request.head, in: request.block.span.bytes, trusting: Self.proxies).addresses
        #expect(addresses == [IPAddress(v4: 0xC000_0201)])
    }

    @Test func chain_isBounded() {
        let proxies = (0..<100).map { "10.0.0.\($0)" }
        let chain = Self.chain(["X-Forwarded-For: 192.0.2.1, " + proxies.joined(separator: ", ")])
        #expect(chain == proxies.suffix(64).reversed())
    }

    /// Random lists against a plain reading with the C library's parser.
    @Test func chain_isWhatAPlainReadingFinds() {
        var generator = SeededGenerator(seed: 7)
        let pieces = [
            "192.0.2.1", "10.0.0.1", "10.255.0.9", "198.51.100.7:80", "10.1.1.1:443", "2001:db8::1",
            "[2001:db8:f::2]:9",
            "[2001:db8:f::3]", "::ffff:10.2.2.2", "unknown", "", " ", "\t10.3.3.3 ", "1.2.3", "01.2.3.4", "[10.0.0.1]",
            "[::1", "::", ":", "10.0.0.1:x", "_x", "10.0.0.1;", "fe80::1%1", "[::1]:", "\u{E9}",
        ]
        var lengths: [Int: Int] = [:]
        for _ in 0..<6_000 {
            let lines = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                    // Mostly proxies, so that walks are long.
                    Int.random(in: 0..<4, using: &generator) > 0
                        ? "10.0.0.1" : pieces[Int.random(in: 0..<pieces.count, using: &generator)]
                }.joined(separator: ",")
            }
            let expected = ReferenceWalk.chain(lines)
            let chain = Self.chain(lines.map { "X-Forwarded-For: " + $0 })
            #expect(chain == expected, "\(lines)")
            lengths[chain.count, default: 0] += 1
        }
        #expect(lengths.count > 20)
    }
}

/// The same walk without any of the same code.
private enum ReferenceWalk {
    static func chain(_ lines: [String]) -> [String] {
        // A line without anything is an entry without anything.
        let entries = lines.isEmpty ? [] : lines.joined(separator: ",").components(",")
        var chain: [String] = []
        for entry in entries.reversed() {
            guard chain.count < 64, let address = self.address(of: entry) else { return chain }
            chain.append(address)
            let isProxy = address.hasPrefix("10.") || address.hasPrefix("2001:db8:f:")
            if !isProxy { return chain }
        }
        return chain
    }

    private static func address(of entry: String) -> String? {
        var text = entry
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        if let plain = self.canonical(text) { return plain }
        let parts = text.components(":")
        if parts.count == 2, self.isPort(parts[1]), !parts[0].contains("[") { return self.canonical(parts[0]) }
        guard text.hasPrefix("["), let close = text.firstIndex(of: "]") else { return nil }
        let inside = String(text[text.index(after: text.startIndex)..<close])
        let rest = String(text[text.index(after: close)...])
        guard inside.contains(":"), rest.isEmpty || rest.hasPrefix(":") && self.isPort(String(rest.dropFirst())) else {
            return nil
        }
        return self.canonical(inside)
    }

    private static func isPort(_ text: String) -> Bool {
        !text.isEmpty && text.count <= 5 && text.allSatisfy { ("0"..."9").contains($0) } && Int(text) ?? 65536 < 65536
    }

    /// As inet_ntop writes it; the mapped form as the IPv4 address that it is.
    private static func canonical(_ text: String) -> String? {
        var storage = [UInt8](repeating: 0, count: 16)
        for (family, size) in [(AF_INET, INET_ADDRSTRLEN), (AF_INET6, INET6_ADDRSTRLEN)] {
            guard inet_pton(family, text, &storage) == 1 else { continue }
            var name = [CChar](repeating: 0, count: Int(size) + 1)
            guard inet_ntop(family, storage, &name, socklen_t(name.count)) != nil else { return nil }
            let written = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let mapped = "::ffff:"
            return written.hasPrefix(mapped) && written.contains(".")
                ? String(written.dropFirst(mapped.count)) : written
        }
        return nil
    }
}

extension String {
    fileprivate func components(_ separator: Character) -> [String] {
        self.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
