import GatewayMessage

/// A status line, taken apart where it lies (RFC 9112 section 4). The space before an empty reason may be missing, as
/// several servers leave it out; nothing else may.
struct StatusLine {
    var status: Int
    var reason: ByteRange
    var minorVersion: UInt8
    /// Where the next line begins.
    var next: Int

    /// nil when `bytes` end before the line does and nothing in it is wrong so far.
    static func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(HTTPViolation) -> StatusLine? {
        let pattern: StaticString = "HTTP/1.0 100"
        for index in 0..<12 {
            guard start &+ index < bytes.count else { return nil }
            let byte = bytes[start &+ index]
            let fits =
                switch index {
                case 7: byte == 0x30 || byte == 0x31
                case 9: byte &- 0x31 < 5
                case 10, 11: byte &- 0x30 < 10
                default: byte == pattern.utf8Start[index]
                }
            if !fits { throw .badStatusLine }
        }
        let status = (9..<12).reduce(0) { $0 &* 10 &+ Int(bytes[start &+ $1] &- 0x30) }
        var reasonStart = start &+ 12
        guard reasonStart < bytes.count else { return nil }
        if bytes[reasonStart] == 0x20 {
            reasonStart &+= 1
        } else if bytes[reasonStart] != 0x0D {
            throw bytes[reasonStart] == 0x0A ? .bareLineFeed : .badStatusLine
        }
        guard let end = try self.endOfReason(bytes, from: reasonStart) else { return nil }
        return StatusLine(
            status: status,
            reason: ByteRange(start: reasonStart, end: end),
            minorVersion: bytes[start &+ 7] &- 0x30,
            next: end &+ 2
        )
    }

    private static func endOfReason(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(HTTPViolation) -> Int? {
        var at = start
        while true {
            at = ByteSearch.endOfPrintable(bytes, from: at)
            guard at < bytes.count else { return nil }
            switch bytes[at] {
            case 0x0D: return try LineEnd.isComplete(bytes, carriageReturnAt: at) ? at : nil
            case 0x09, 0x80...0xFF: at &+= 1
            case 0x0A: throw .bareLineFeed
            default: throw .badStatusLine
            }
        }
    }
}
