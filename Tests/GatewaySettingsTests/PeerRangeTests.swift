import GatewayMessage
import Testing

@testable import GatewaySettings

@Suite struct PeerRangeTests {
    @Test(arguments: [
        "10.0.0.0/8", "10.1.2.3", "10.1.2.3/32", "0.0.0.0/0", "::/0", "::1", "2001:db8::/32", "2001:DB8::/32",
        "::ffff:10.0.0.0/104", "fe80::/10",
    ])
    func range_isRead_whenItIsAnAddressOrABlock(text: String) throws {
        let range = try #require(IPAddressRange(text))
        #expect(try PeerRangeText.parse(text) == .addresses(range))
    }

    @Test func unix_isRead() throws { #expect(try PeerRangeText.parse("unix") == .unix) }

    /// What is suggested is right, and means what was written.
    @Test(arguments: [
        ("10.1.2.3/8", "10.0.0.0/8"), ("10.0.0.128/25x", nil), ("172.16.5.0/12", "172.16.0.0/12"),
        ("192.168.1.1/0", "0.0.0.0/0"), ("2001:db8:1::/32", "2001:db8::/32"), ("::ffff:10.0.0.1/104", "10.0.0.0/104"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"), ("10.0.0.0/0.0.0.0", "0.0.0.0/0"),
        ("10.0.0.1/255.255.255.255", "10.0.0.1/32"), ("10.0.0.0/255.0.0.255", nil), ("10", "10.0.0.0/8"),
        ("10/8", "10.0.0.0/8"), ("10.1/8", nil), ("10.0.0.*", "10.0.0.0/24"), ("10.0.0.1/", nil), ("/8", nil),
        ("10.0.0.1.", nil), ("1.2.3.4.5", nil), ("...", nil), ("*.*.*.*", nil), ("1000.1", nil), ("[::1", nil),
        ("[x]:1", nil), ("::1%lo", nil), (":::", nil), ("-", nil), ("example.com/24", nil),
    ])
    func suggestion_isRight_whenThereIsOne(text: String, meant: String?) {
        do {
            let range = try PeerRangeText.parse(text)
            Issue.record("\(text) is \(range)")
        } catch {
            #expect(!error.message.isEmpty && error.hint != nil)
            guard let meant else { return }
            #expect(error.suggestion?.contains("write \(meant)") == true, "\(error)")
        }
    }

    /// A text out of a variable is never shown.
    @Test(arguments: ["10.7.7.7/8", "[::1]:8080", "10.77/8", "secret.internal", "10.0.0.1:4711", "010.0.0.77"])
    func text_staysUnseen_whenAVariableHoldsIt(text: String) {
        let yaml = Reading.minimal + "trusted_proxies: [\"${PROXY}\"]\n"
        let reading = SettingsReader.read(text: yaml, file: "gateway.yaml", environment: ["PROXY": text]) { _ in nil }
        #expect(reading.problems.count == 1)
        for line in reading.rendered {
            #expect(line.contains("${PROXY}"))
            #expect(!line.contains(text) && !line.contains("77") && !line.contains("4711") && !line.contains("10.7"))
        }
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.1.0.0/16", true), ("10.0.0.0/8", "10.0.0.0/8", true), ("10.1.0.0/16", "10.0.0.0/8", false),
        ("::/0", "10.0.0.0/8", true), ("0.0.0.0/0", "::1", false), ("unix", "unix", true), ("::/0", "unix", false),
        ("unix", "10.0.0.1", false), ("10.0.0.0/8", "11.0.0.1", false),
    ])
    func range_covers_whatLiesInside(outer: String, inner: String, covers: Bool) throws {
        #expect(try PeerRangeText.parse(outer).covers(PeerRangeText.parse(inner)) == covers)
    }

    @Test(arguments: [("0.0.0.0/0", true), ("::/0", true), ("0.0.0.0/1", false), ("unix", false), ("::/1", false)])
    func range_isEverybody_whenNobodyOfAFamilyIsOutside(text: String, isEverybody: Bool) throws {
        #expect(try PeerRangeText.parse(text).isEverybody == isEverybody)
    }

    @Test func proxies_areRead() throws {
        let reading = Reading.of(
            """
            listen:
              - {address: "127.0.0.1:8080", proxy_protocol: [10.0.0.0/8, unix]}
              - {address: "unix:/run/a.sock", proxy_protocol: [unix]}
              - {address: "127.0.0.1:8081", proxy_protocol: []}
            upstreams: {app: {servers: ["127.0.0.1:8000"]}}
            routes: [{path: '', upstream: app, auth: none}]
            trusted_proxies: [10.0.0.0/8, "::1", unix]
            forwarded: true
            """
        )
        #expect(reading.rendered == [])
        let settings = try #require(reading.settings)
        let ten = PeerRange.addresses(try #require(IPAddressRange("10.0.0.0/8")))
        let loopback = PeerRange.addresses(try #require(IPAddressRange("::1")))
        #expect(settings.listen.map(\.proxyProtocol) == [[ten, .unix], [.unix], []])
        #expect(settings.trustedProxies == [ten, loopback, .unix])
        #expect(settings.forwarded)
    }

    /// An empty value is never taken for an empty list.
    @Test(arguments: ["trusted_proxies:", "release_headers:", "forwarded:", "health:"])
    func key_isProblem_whenWithoutValue(line: String) {
        #expect(Reading.of(adding: line).problems.count == 1)
    }

    @Test(arguments: ["trusted_proxies: off", "trusted_proxies: yes", "trusted_proxies: 10.0.0.0/8"])
    func proxies_areProblem_whenTheyAreNoList(line: String) {
        #expect(Reading.of(adding: line).problems.map(\.location.key) == ["trusted_proxies"])
    }
}
