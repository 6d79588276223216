import GatewayMessage
import GatewayProtocol
import Testing

@Suite struct ExtensionFilterTests {
    /// The extension lines that would go upstream, and whether deflate is still offered.
    private static func filter(_ values: [String], compression: Bool) throws -> (lines: [String], offers: Bool) {
        var heads = WebSocketHeads.request(adding: values.map { ("Sec-WebSocket-Extensions", $0) })
        var offer = try WebSocketHandshakeTests.offer(heads)
        let line = heads.filterExtensions(&offer, compression: compression)
        var lines = heads.request.fields.filter { $0.known == .secWebSocketExtensions && !$0.isDropped }
            .map { "kept " + heads.block.span.bytes.text($0.value) }
        if !line.isEmpty { lines.append(String(decoding: line, as: UTF8.self)) }
        return (lines, offer.offersDeflate)
    }

    @Test(
        arguments: [
            (["permessage-deflate; client_max_window_bits"], ["kept permessage-deflate; client_max_window_bits"], true),
            (
                ["permessage-deflate", "permessage-deflate; a=1"],
                ["kept permessage-deflate", "kept permessage-deflate; a=1"], true
            ),
            (["foo"], [], false), ([""], [], false), ([], [], false),
            (
                ["foo; x=\"y\" , permessage-deflate ; a = \"8\" ;b, bar", "permessage-deflate"],
                ["Sec-WebSocket-Extensions: permessage-deflate ; a = \"8\" ;b, permessage-deflate\r\n"], true
            ),
            (["foo", "permessage-deflate"], ["Sec-WebSocket-Extensions: permessage-deflate\r\n"], true),
        ] as [([String], [String], Bool)])
    func offers_goUpstream_onlyWhenDeflate(_ values: [String], _ expected: [String], _ offers: Bool) throws {
        let result = try Self.filter(values, compression: true)
        #expect(result.lines == expected)
        #expect(result.offers == offers)
    }

    @Test(arguments: [["permessage-deflate"], ["foo, permessage-deflate"], ["foo"], []] as [[String]])
    func offers_areAllRemoved_withoutCompression(_ values: [String]) throws {
        let result = try Self.filter(values, compression: false)
        #expect(result.lines == [])
        #expect(!result.offers)
    }
}
