/// What a Close frame of ours says: a code, or none when its payload is empty, and a reason. Nothing that may not stand
/// on the wire can be said with it.
package struct WebSocketClose: Sendable, Equatable {
    package let code: UInt16?
    /// UTF-8, at most 123 bytes: a control frame carries 125 and the code takes two (RFC 6455 sections 5.5 and 5.5.1).
    package let reason: [UInt8]

    package static let longestReason = 123
    package static let empty = WebSocketClose(code: nil, reason: [])

    /// A code that may not be sent becomes 1011, and a reason that is too long is cut where a character ends. Without a
    /// code there is no place for a reason.
    package init(code: UInt16?, reason: [UInt8]) {
        self.code = code.map { WebSocketCloseCode.mayBeSent($0) ? $0 : WebSocketCloseCode.internalError }
        self.reason = code == nil ? [] : Self.cut(reason)
    }

    package init(_ code: UInt16, _ reason: StaticString) {
        self.init(code: code, reason: reason.withUTF8Buffer { Array($0) })
    }

    package init(_ code: UInt16, text: String) {
        self.init(code: code, reason: Array(text.utf8))
    }

    private static func cut(_ reason: [UInt8]) -> [UInt8] {
        guard reason.count > self.longestReason else { return reason }
        var end = self.longestReason
        // Bytes 10xxxxxx continue a character that began before.
        while end > 0, reason[end] & 0xC0 == 0x80 { end -= 1 }
        return Array(reason[..<end])
    }
}
