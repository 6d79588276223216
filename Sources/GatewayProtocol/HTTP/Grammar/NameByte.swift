import GatewayMessage

/// The bytes of field names and other tokens (RFC 9110 section 5.6.2), and what `FoldedName` folds them to.
///
/// One look-up per byte answers three questions: is it a token byte, what does it fold to, and is it one of the bytes on
/// which servers disagree (`_`, `.` and the other punctuation). The table is a literal, so it needs no initialisation.
enum NameByte {
    /// 0 for a byte that no token may hold; `odd` for punctuation other than `-`; otherwise the folded byte itself.
    @inline(__always)
    static func entry(_ byte: UInt8) -> UInt8 { self.table.utf8Start[Int(byte)] }

    /// Every folded byte has this bit and `odd` lacks it, so that `entry | foldedBit` is what any token byte folds to.
    static var foldedBit: UInt8 { 0x20 }

    static func isToken(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange) -> Bool {
        for index in range.lowerBound..<range.upperBound where self.entry(bytes[index]) == 0 { return false }
        return range.count > 0
    }

    private static var table: StaticString {
        """
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\r\0\r\r\r\r\r\0\0\r\r\0-\r\0\
        0123456789\0\0\0\0\0\0\
        \0abcdefghijklmno\
        pqrstuvwxyz\0\0\0\r\r\
        \rabcdefghijklmno\
        pqrstuvwxyz\0\r\0\r\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0
        """
    }
}
