/// What a byte that cannot go on means for the line it stands in.
enum LineEnd {
    /// The violation that the byte at `at` is: a bare LF, a bare CR, or `otherwise`; `truncated` when the line ends here
    /// properly but too early. nil when a CR is the last byte we have and decides nothing yet.
    static func violation(
        _ bytes: UnsafeRawBufferPointer,
        at: Int,
        truncated: HTTPViolation,
        otherwise: HTTPViolation
    ) -> HTTPViolation? {
        switch bytes[at] {
        case 0x0A:
            return .bareLineFeed
        case 0x0D:
            guard at &+ 1 < bytes.count else { return nil }
            return bytes[at &+ 1] == 0x0A ? truncated : .bareCarriageReturn
        default:
            return otherwise
        }
    }

    /// Whether the CR at `at` is followed by its LF; nil when that byte is still to come.
    @inline(__always)
    static func isComplete(_ bytes: UnsafeRawBufferPointer, carriageReturnAt at: Int) throws(HTTPViolation) -> Bool {
        guard at &+ 1 < bytes.count else { return false }
        guard bytes[at &+ 1] == 0x0A else { throw .bareCarriageReturn }
        return true
    }
}
