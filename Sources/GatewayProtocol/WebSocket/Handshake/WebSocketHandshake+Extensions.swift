package import GatewayMessage

extension WebSocketHandshake {
    /// Lets only permessage-deflate offers go upstream, or none without `compression`: another extension may give the
    /// frame bits that we check another meaning.
    ///
    /// Where every offer may go, which is what browsers send, the lines stay as they are. Else they are marked as
    /// dropped and the line that replaces them is returned, CRLF-terminated; empty when nothing is left to offer.
    package static func filterExtensions(
        _ head: inout RequestHead,
        block: RawSpan,
        offer: inout WebSocketOffer,
        compression: Bool
    ) -> [UInt8] {
        var kept: [ByteRange] = []
        var hasOthers = false
        for field in head.fields where field.known == .secWebSocketExtensions && !field.isDropped {
            var cursor = HandshakeListCursor(field.value)
            // `check` has refused what cannot be read.
            while let offered = try? cursor.nextExtension(block) {
                if compression, block.equalsIgnoringCase(offered.name, Self.deflate) {
                    kept.append(offered.whole)
                } else {
                    hasOthers = true
                }
            }
        }
        offer.offersDeflate = !kept.isEmpty
        if !kept.isEmpty, !hasOthers { return [] }
        for index in head.fields.indices where head.fields[index].known == .secWebSocketExtensions {
            head.fields[index].isDropped = true
        }
        return kept.isEmpty ? [] : Self.line(kept, block)
    }

    private static func line(_ offers: [ByteRange], _ block: RawSpan) -> [UInt8] {
        var line = Array("Sec-WebSocket-Extensions: ".utf8)
        for (index, offer) in offers.enumerated() {
            if index > 0 { line.append(contentsOf: ", ".utf8) }
            line.append(contentsOf: block.bytes(offer))
        }
        line.append(contentsOf: "\r\n".utf8)
        return line
    }
}
