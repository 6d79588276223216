import GatewayMessage

extension KnownField {
    /// The field that the token in `range` names, in any letter case.
    static func named(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) -> KnownField {
        let start = range.lowerBound
        let candidate = self.candidate(count: range.count, first: bytes[start] | 0x20)
        if case .other = candidate { return .other }
        let expected = candidate.name.utf8Start
        // Setting the letter-case bit is exact here: no token byte turns into a letter or `-` that was not one before.
        for index in 0..<range.count where bytes[start &+ index] | 0x20 != expected[index] { return .other }
        return candidate
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
