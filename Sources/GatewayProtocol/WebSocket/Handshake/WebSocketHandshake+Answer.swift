package import GatewayMessage
package import NIOCore

extension WebSocketHandshake {
    /// Judges the upstream's answer. A tunnel is opened for a 101 with the right hash and for nothing else: what only
    /// looks like a handshake must not get one.
    package static func checkResponse(_ head: ResponseHead, block: RawSpan, offer: WebSocketOffer) -> HandshakeAnswer {
        guard head.status == 101 else { return .notUpgraded(status: head.status) }
        do throws(HandshakeAnswerProblem) {
            guard head.minorVersion >= 1 else { throw HandshakeAnswerProblem.notHTTP11 }
            try self.checkUpgrade(head, block)
            try self.checkAccept(head, block, offer)
            let subprotocol = try self.chosenProtocol(head, block, offer)
            let deflate = try self.acceptsDeflate(head, block, offer)
            return .accepted(subprotocol: subprotocol, deflate: deflate)
        } catch {
            return .invalid(error.label)
        }
    }

    private static func checkUpgrade(_ head: ResponseHead, _ block: RawSpan) throws(HandshakeAnswerProblem) {
        var says = false
        for field in head.fields where field.known == .connection {
            var cursor = HandshakeListCursor(field.value)
            while let option = try? cursor.nextToken(block) {
                if block.equalsIgnoringCase(option, "upgrade") { says = true }
            }
        }
        guard says else { throw .missingConnectionUpgrade }
        guard let upgrade = try self.single(.upgrade, head, orThrow: .wrongUpgrade) else { throw .missingUpgrade }
        guard block.equalsIgnoringCase(upgrade.value, "websocket") else { throw .wrongUpgrade }
    }

    private static func checkAccept(
        _ head: ResponseHead,
        _ block: RawSpan,
        _ offer: WebSocketOffer
    ) throws(HandshakeAnswerProblem) {
        guard let field = try self.single(.secWebSocketAccept, head, orThrow: .repeatedAccept) else {
            throw .missingAccept
        }
        guard !field.isDropped else { throw .nominatedField }
        guard field.value.count == offer.accept.count else { throw .wrongAccept }
        for index in offer.accept.indices where block.byte(field.value.lowerBound + index) != offer.accept[index] {
            throw .wrongAccept
        }
    }

    private static func chosenProtocol(
        _ head: ResponseHead,
        _ block: RawSpan,
        _ offer: WebSocketOffer
    ) throws(HandshakeAnswerProblem) -> ByteRange? {
        guard let field = try self.single(.secWebSocketProtocol, head, orThrow: .repeatedProtocol) else { return nil }
        guard !field.isDropped else { throw .nominatedField }
        guard offer.offers(block.bytes(field.value)) else { throw .protocolNotOffered }
        return field.value
    }

    private static func acceptsDeflate(
        _ head: ResponseHead,
        _ block: RawSpan,
        _ offer: WebSocketOffer
    ) throws(HandshakeAnswerProblem) -> Bool {
        var accepted = false
        for field in head.fields where field.known == .secWebSocketExtensions {
            guard !field.isDropped else { throw .nominatedField }
            var cursor = HandshakeListCursor(field.value)
            while let answer = try self.next(&cursor, block) {
                // One offer may be accepted once (RFC 7692 section 5.1).
                guard offer.offersDeflate, !accepted, block.equalsIgnoringCase(answer.name, self.deflate) else {
                    throw .extensionNotOffered
                }
                accepted = true
            }
        }
        return accepted
    }

    private static func next(
        _ cursor: inout HandshakeListCursor,
        _ block: RawSpan
    ) throws(HandshakeAnswerProblem) -> (name: ByteRange, whole: ByteRange)? {
        do { return try cursor.nextExtension(block) } catch { throw .badExtension }
    }

    private static func single(
        _ known: KnownField,
        _ head: ResponseHead,
        orThrow problem: HandshakeAnswerProblem
    ) throws(HandshakeAnswerProblem) -> HeaderField? {
        var found: HeaderField?
        for field in head.fields where field.known == known {
            guard found == nil else { throw problem }
            found = field
        }
        return found
    }

    /// The 101 of the gateway itself, for answers that accept in order to close with a code a browser shows. Names the
    /// first offered sub-protocol, since Chromium drops a handshake that names none of its offers, but never one of
    /// `tokens` nor anything that looks like one; accepts no extension.
    package static func writeAccept(
        _ offer: WebSocketOffer,
        neverNaming tokens: [[UInt8]] = [],
        into out: inout ByteBuffer
    ) {
        out.writeStaticString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        out.writeStaticString("Sec-WebSocket-Accept: ")
        for index in offer.accept.indices { out.writeInteger(offer.accept[index]) }
        if let name = self.firstHarmless(offer.protocols + [offer.marker], tokens) {
            out.writeStaticString("\r\nSec-WebSocket-Protocol: ")
            out.writeBytes(name)
        }
        out.writeStaticString("\r\n\r\n")
    }

    private static func firstHarmless(_ names: [[UInt8]], _ tokens: [[UInt8]]) -> [UInt8]? {
        var entries = SubprotocolEntries()
        for name in names where !name.isEmpty {
            let kind = entries.kind(of: ByteRange(start: 0, end: name.count), in: name.span.bytes)
            if kind == .plain || kind == .marker, !tokens.contains(name), !self.looksLikeToken(name) { return name }
        }
        return nil
    }

    /// A compact JWT begins with `eyJ`, base64 of `{"`; in the Kubernetes form it is base64 once more and begins with
    /// `ZXlK`. Clients put names and dots before either.
    package static func looksLikeToken(_ name: [UInt8]) -> Bool {
        let text = String(decoding: name, as: UTF8.self)
        return text.contains("eyJ") || text.contains("ZXlK")
    }
}

package enum HandshakeAnswer: Sendable {
    /// The upgrade is good. `subprotocol` is the chosen one in the answer's block.
    case accepted(subprotocol: ByteRange?, deflate: Bool)
    /// An ordinary answer, to be passed on or translated.
    case notUpgraded(status: Int)
    /// A 101 that is not one: 502; with the label of the rule, for the log.
    case invalid(StaticString)
}
