internal import CLibCrypto
package import GatewayMessage

/// The opening handshake (RFC 6455 section 4): judging the client's request, what of it goes upstream, and the answer.
package enum WebSocketHandshake {
    static let deflate: StaticString = "permessage-deflate"

    /// Judges a request whose `upgrade` is `.webSocket`. Asked before any header was marked by policy.
    package static func check(_ head: RequestHead, block: RawSpan) -> HandshakeCheck {
        do throws(HandshakeProblem) {
            guard let offer = try self.offer(of: head, block) else { return .unsupportedVersion }
            return .valid(offer)
        } catch {
            return .malformed(error.label)
        }
    }

    /// Nil when the version is not ours.
    private static func offer(of head: RequestHead, _ block: RawSpan) throws(HandshakeProblem) -> WebSocketOffer? {
        guard head.method == .get else { throw .notGet }
        guard head.minorVersion >= 1 else { throw .notHTTP11 }
        guard head.framing == .none || head.framing == .length(0) else { throw .hasBody }
        // Older drafts have other keys, so the version is looked at first (RFC 6455 section 4.4).
        let version = self.single(.secWebSocketVersion, head)
        guard let versionField = version.field, !version.isRepeated, block.equals(versionField.value, "13") else {
            return nil
        }
        let key = self.single(.secWebSocketKey, head)
        guard let keyField = key.field else { throw .missingKey }
        guard !key.isRepeated else { throw .repeatedKey }
        // The parser lets these survive a `Connection: Sec-WebSocket-Key`; without them we would forward another handshake
        // than the one judged here.
        guard !keyField.isDropped, !versionField.isDropped else { throw .nominatedField }
        guard let nonce = self.key(block, keyField.value) else { throw .badKey }
        var offer = WebSocketOffer(key: nonce, offersDeflate: try self.offersDeflate(head, block))
        try self.readProtocols(head, block, into: &offer)
        return offer
    }

    private static func single(_ known: KnownField, _ head: RequestHead) -> (field: HeaderField?, isRepeated: Bool) {
        var found: HeaderField?
        for field in head.fields where field.known == known {
            guard found == nil else { return (found, true) }
            found = field
        }
        return (found, false)
    }

    /// Looked up once: `SHA1` itself looks it up anew for each call, which costs more than the digest. A set that never
    /// changes, so it may be used from any thread.
    private nonisolated(unsafe) static let sha1 = EVP_MD_fetch(nil, "SHA1", nil)

    /// Base64 of the SHA-1 of the key's characters and the protocol's own GUID (RFC 6455 section 4.2.2).
    package static func accept(forKey key: WebSocketKey) -> WebSocketAccept {
        let guid: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        var input = InlineArray<60, UInt8>(repeating: 0)
        for index in 0..<24 { input[index] = key[index] }
        guid.withUTF8Buffer { for index in 0..<36 { input[24 + index] = $0[index] } }
        var digest = InlineArray<20, UInt8>(repeating: 0)
        input.span.withUnsafeBufferPointer { input in
            var output = digest.mutableSpan
            output.withUnsafeMutableBufferPointer {
                _ = EVP_Digest(input.baseAddress, input.count, $0.baseAddress, nil, self.sha1, nil)
            }
        }
        // EVP_EncodeBlock ends its text with a NUL.
        var text = InlineArray<29, UInt8>(repeating: 0)
        digest.span.withUnsafeBufferPointer { digest in
            var output = text.mutableSpan
            output.withUnsafeMutableBufferPointer {
                _ = EVP_EncodeBlock($0.baseAddress, digest.baseAddress, Int32(digest.count))
            }
        }
        var accept = WebSocketAccept(repeating: 0)
        for index in 0..<28 { accept[index] = text[index] }
        return accept
    }

    /// 16 bytes are 22 characters and two of padding. Left-over bits in the last character are not looked at: the accept
    /// value is made from the characters, and some clients just send 22 random ones.
    private static func key(_ block: RawSpan, _ value: ByteRange) -> WebSocketKey? {
        guard value.count == 24 else { return nil }
        var key = WebSocketKey(repeating: 0)
        for index in 0..<24 {
            let byte = block.byte(value.lowerBound + index)
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"):
                guard index < 22 else { return nil }
            case UInt8(ascii: "="):
                guard index >= 22 else { return nil }
            default:
                return nil
            }
            key[index] = byte
        }
        return key
    }

    private static func readProtocols(
        _ head: RequestHead,
        _ block: RawSpan,
        into offer: inout WebSocketOffer
    ) throws(HandshakeProblem) {
        for field in head.fields where field.known == .secWebSocketProtocol {
            var cursor = HandshakeListCursor(field.value)
            while let name = try Self.next(&cursor, block) { try offer.add(block.bytes(name)) }
        }
    }

    private static func next(
        _ cursor: inout HandshakeListCursor,
        _ block: RawSpan
    ) throws(HandshakeProblem) -> ByteRange? {
        do { return try cursor.nextToken(block) } catch { throw .badProtocol }
    }

    private static func offersDeflate(_ head: RequestHead, _ block: RawSpan) throws(HandshakeProblem) -> Bool {
        var offered = false
        for field in head.fields where field.known == .secWebSocketExtensions && !field.isDropped {
            var cursor = HandshakeListCursor(field.value)
            do {
                while let offer = try cursor.nextExtension(block) {
                    if block.equalsIgnoringCase(offer.name, Self.deflate) { offered = true }
                }
            } catch {
                throw .badExtension
            }
        }
        return offered
    }
}

package enum HandshakeCheck: Sendable {
    case valid(WebSocketOffer)
    /// 400; with the label of the rule, for the log.
    case malformed(StaticString)
    /// 426 with `Sec-WebSocket-Version: 13` (RFC 6455 section 4.4).
    case unsupportedVersion
}
