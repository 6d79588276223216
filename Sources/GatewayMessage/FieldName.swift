/// How header names are compared when the question is "could a server behind us take this for that?".
///
/// Django, WSGI and CGI servers fold `-` and `_` (some fold `.` and every other non-alphanumeric) into one `META` key, so
/// names are folded the same way before they are compared with the names the gateway owns: letters to lower case, digits
/// as they are, every other byte to `-`.
@usableFromInline package enum FoldedName {
    @inlinable package static func fold(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x61...0x7A, 0x30...0x39: return byte
        case 0x41...0x5A: return byte | 0x20
        default: return 0x2D
        }
    }

    /// A hash of the folded name, taken from sixteen bytes at a time. It tells most names apart before they are compared, and
    /// is no defence: whoever looks something up by it compares the bytes too.
    package static func hash(of name: some Sequence<UInt8>) -> UInt32 {
        var hash = self.hashSeed
        var (low, high, count): (UInt64, UInt64, UInt64) = (0, 0, 0)
        for byte in name {
            let word = UInt64(self.fold(byte)) << (count % 8 * 8)
            if count % 16 < 8 { low |= word } else { high |= word }
            count += 1
            if count % 16 == 0 {
                hash = self.hash(hash, adding: low, high)
                (low, high) = (0, 0)
            }
        }
        if count % 16 != 0 { hash = self.hash(hash, adding: low, high) }
        return self.finish(hash)
    }

    package static func hash(of name: String) -> UInt32 { self.hash(of: name.utf8) }

    /// One step over sixteen folded bytes, the first of them lowest in `low`; what is missing is 0. Parsers call it with the
    /// words that they hold anyway.
    @inlinable package static func hash(_ hash: UInt64, adding low: UInt64, _ high: UInt64) -> UInt64 {
        let product = (low ^ hash).multipliedFullWidth(by: high ^ 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    @inlinable package static func finish(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash ^ hash >> 32) }

    @inlinable package static var hashSeed: UInt64 { 0xA076_1D64_78BD_642F }

    package static func folded(_ name: String) -> [UInt8] { name.utf8.map(self.fold) }
}

/// The header fields whose meaning the gateway knows, recognised by their exact name in any letter case.
///
/// A name that merely folds to one of these (`Content_Length`) is not recognised: it is `other`, and dropped.
package enum KnownField: UInt8, Sendable, CaseIterable {
    case other
    case host
    case connection
    case contentLength
    case transferEncoding
    case upgrade
    case expect
    case te
    case trailer
    case keepAlive
    case proxyConnection
    case proxyAuthorization
    case proxyAuthenticate
    case authorization
    case origin
    case cookie
    case userAgent
    case accept
    case referer
    case contentType
    case date
    case server
    case secWebSocketKey
    case secWebSocketVersion
    case secWebSocketProtocol
    case secWebSocketExtensions
    case secWebSocketAccept

    /// The name in lower case; empty for `other`.
    package var name: StaticString {
        switch self {
        case .other: ""
        case .host: "host"
        case .connection: "connection"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .upgrade: "upgrade"
        case .expect: "expect"
        case .te: "te"
        case .trailer: "trailer"
        case .keepAlive: "keep-alive"
        case .proxyConnection: "proxy-connection"
        case .proxyAuthorization: "proxy-authorization"
        case .proxyAuthenticate: "proxy-authenticate"
        case .authorization: "authorization"
        case .origin: "origin"
        case .cookie: "cookie"
        case .userAgent: "user-agent"
        case .accept: "accept"
        case .referer: "referer"
        case .contentType: "content-type"
        case .date: "date"
        case .server: "server"
        case .secWebSocketKey: "sec-websocket-key"
        case .secWebSocketVersion: "sec-websocket-version"
        case .secWebSocketProtocol: "sec-websocket-protocol"
        case .secWebSocketExtensions: "sec-websocket-extensions"
        case .secWebSocketAccept: "sec-websocket-accept"
        }
    }
}
