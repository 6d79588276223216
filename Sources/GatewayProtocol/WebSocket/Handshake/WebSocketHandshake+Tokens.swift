package import GatewayMessage

extension WebSocketHandshake {
    /// Looks for a token among the sub-protocols of a request that `check` found valid.
    package static func findToken(in head: RequestHead, block: RawSpan) -> SubprotocolFinding {
        var entries = SubprotocolEntries()
        var found: SubprotocolToken?
        var marker: ByteRange?
        var hasOthers = false
        var isIncomplete = false
        for field in head.fields where field.known == .secWebSocketProtocol {
            var cursor = HandshakeListCursor(field.value)
            while let entry = try? cursor.nextToken(block) {
                switch entries.kind(of: entry, in: block) {
                case .plain:
                    hasOthers = true
                case .marker:
                    marker = entry
                case .token(let form, let prefix):
                    if found != nil { return .several }
                    let value = ByteRange(start: entry.lowerBound + prefix, end: entry.upperBound)
                    if value.isEmpty { isIncomplete = true }
                    found = SubprotocolToken(
                        form: form, value: value, entry: entry, marker: form == .pair ? marker : nil)
                    if form == .pair { marker = nil }
                }
            }
        }
        if isIncomplete || marker != nil { return .incomplete }
        guard let found else { return .none }
        return found.form == .kubernetes && !hasOthers ? .alone : .token(found)
    }

    /// Takes a token, and the `bearer` before it, out of the offer. All lines of it are marked as dropped, and the line that
    /// replaces them is returned, CRLF-terminated; empty when nothing is left to offer.
    package static func removeToken(
        _ token: SubprotocolToken,
        from head: inout RequestHead,
        block: RawSpan,
        offer: inout WebSocketOffer
    ) -> [UInt8] {
        var line: [UInt8] = []
        for index in head.fields.indices where head.fields[index].known == .secWebSocketProtocol {
            head.fields[index].isDropped = true
            var cursor = HandshakeListCursor(head.fields[index].value)
            while let entry = try? cursor.nextToken(block) {
                if entry == token.entry || entry == token.marker { continue }
                line.append(contentsOf: line.isEmpty ? "Sec-WebSocket-Protocol: ".utf8 : ", ".utf8)
                line.append(contentsOf: block.bytes(entry))
            }
        }
        if !line.isEmpty { line.append(contentsOf: "\r\n".utf8) }
        self.withholdToken(token, block: block, offer: &offer)
        return line
    }

    /// Whatever upstream is shown, it may not choose the token: the answer would repeat it.
    package static func withholdToken(_ token: SubprotocolToken, block: RawSpan, offer: inout WebSocketOffer) {
        offer.remove(block.bytes(token.entry), marker: token.marker.map { block.bytes($0) } ?? [])
    }

    /// The line to add to an upstream's answer that is `.accepted(subprotocol: chosen)`; empty when there is nothing to add.
    /// Only `bearer` is ever answered for an upstream that chose nothing, and never a token.
    package static func protocolLine(for offer: WebSocketOffer, chosen: ByteRange?) -> [UInt8] {
        guard chosen == nil, !offer.marker.isEmpty else { return [] }
        return Array("Sec-WebSocket-Protocol: ".utf8) + offer.marker + Array("\r\n".utf8)
    }
}
