import GatewayMessage

extension KnownField {
    /// The field of this name, in any letter case; `count` is the length of the whole name.
    @inline(__always)
    static func named(_ name: ScannedName, count: Int) -> KnownField {
        let candidate = self.candidate(count: count, first: UInt8(truncatingIfNeeded: name.words.0))
        if case .other = candidate { return .other }
        let words = self.words(candidate)
        // Folding is exact here: of the bytes that are folded to `-`, no name has another than `-` itself.
        let isEqual = words.0 == name.words.0 && words.1 == name.words.1 && words.2 == name.words.2 && !name.isOdd
        return isEqual ? candidate : .other
    }

    @inline(__always)
    private static func words(_ known: KnownField) -> (UInt64, UInt64, UInt64) {
        // A case without payload lies in memory as its number; `rawValue` would be a call.
        let number = Int(unsafeBitCast(known, to: UInt8.self))
        let row = UnsafeRawPointer(self.table.utf8Start + 24 &* number)
        return (
            UInt64(littleEndian: row.loadUnaligned(as: UInt64.self)),
            UInt64(littleEndian: row.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            UInt64(littleEndian: row.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        )
    }

    /// The names in the order of their raw values, 24 bytes each. A literal needs no initialisation.
    private static var table: StaticString {
        """
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        host\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        connection\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        content-length\0\0\0\0\0\0\0\0\0\0\
        transfer-encoding\0\0\0\0\0\0\0\
        upgrade\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        expect\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        te\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        trailer\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        keep-alive\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        proxy-connection\0\0\0\0\0\0\0\0\
        proxy-authorization\0\0\0\0\0\
        proxy-authenticate\0\0\0\0\0\0\
        authorization\0\0\0\0\0\0\0\0\0\0\0\
        origin\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        cookie\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        user-agent\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        accept\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        referer\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        content-type\0\0\0\0\0\0\0\0\0\0\0\0\
        date\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        server\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        sec-websocket-key\0\0\0\0\0\0\0\
        sec-websocket-version\0\0\0\
        sec-websocket-protocol\0\0\
        sec-websocket-extensions\
        sec-websocket-accept\0\0\0\0
        """
    }

    /// The only field with a name of this length and this first letter (lower case).
    @inline(__always)
    private static func candidate(count: Int, first: UInt8) -> KnownField {
        switch (count, first) {
        case (2, 0x74): .te
        case (4, 0x68): .host
        case (4, 0x64): .date
        case (6, 0x63): .cookie
        case (6, 0x61): .accept
        case (6, 0x6F): .origin
        case (6, 0x65): .expect
        case (6, 0x73): .server
        case (7, 0x72): .referer
        case (7, 0x75): .upgrade
        case (7, 0x74): .trailer
        case (10, 0x75): .userAgent
        case (10, 0x63): .connection
        case (10, 0x6B): .keepAlive
        case (12, 0x63): .contentType
        case (13, 0x61): .authorization
        case (14, 0x63): .contentLength
        case (16, 0x70): .proxyConnection
        case (17, 0x74): .transferEncoding
        case (17, 0x73): .secWebSocketKey
        case (18, 0x70): .proxyAuthenticate
        case (19, 0x70): .proxyAuthorization
        case (20, 0x73): .secWebSocketAccept
        case (21, 0x73): .secWebSocketVersion
        case (22, 0x73): .secWebSocketProtocol
        case (24, 0x73): .secWebSocketExtensions
        default: .other
        }
    }
}

extension KnownField {
    /// Fields that speak about one hop only and end here (RFC 9110 section 7.6.1). `Trailer` is among them because
    /// trailers are not passed on, `Expect` because the gateway answers it, framing because the writer makes its own.
    var endsHere: Bool {
        switch self {
        case .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .contentLength, .upgrade,
            .expect, .proxyAuthorization, .proxyAuthenticate:
            true
        default:
            false
        }
    }

    /// Fields that a `Connection` line cannot remove: without them the message is another one, comes from somebody else, or
    /// the handshake fails. (Some servers do nominate `Transfer-Encoding`.) Naming one of them is ignored.
    var survivesNomination: Bool {
        switch self {
        case .host, .contentLength, .transferEncoding, .authorization, .cookie, .origin, .date, .secWebSocketKey,
            .secWebSocketVersion, .secWebSocketProtocol, .secWebSocketExtensions, .secWebSocketAccept:
            true
        default:
            false
        }
    }
}
