import GatewayMessage

/// The id that a client chooses for its WebSocket's session, to name it by when it brings a new token. Long enough that
/// nobody guesses it, when it is chosen as it should be.
enum SessionID {
    /// 22 characters hold 128 bits.
    static let lengths = 22...64
    static let parameter = "tollgate_session"

    static func isValid(_ text: ByteRange, in bytes: RawSpan) -> Bool {
        guard self.lengths.contains(text.count) else { return false }
        for offset in text.range {
            switch bytes.at(offset) {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): continue
            default: return false
            }
        }
        return true
    }

    enum Finding {
        case none
        case id(ByteRange)
        /// Several, or one that cannot be an id.
        case bad
    }

    /// The id is taken as it stands: it needs no escapes, and two spellings of one id would be two ids to somebody.
    static func find(_ query: QueryToken, in head: borrowing RequestHead, bytes: RawSpan) -> Finding {
        guard let text = head.query, let pair = query.next(in: text, from: text.lowerBound, bytes: bytes) else {
            return .none
        }
        let second = query.next(in: text, from: pair.whole.upperBound + 1, bytes: bytes)
        return second == nil && self.isValid(pair.value, in: bytes) ? .id(pair.value) : .bad
    }
}
