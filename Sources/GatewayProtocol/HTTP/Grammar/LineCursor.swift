/// Where a head parser stands among its lines: a line that is not complete yet is searched for its end only in the bytes
/// that are new, so that a head that arrives byte by byte costs linear work.
struct LineCursor: Sendable {
    /// Where the current line begins.
    private(set) var start = 0
    /// The bytes before this one hold no end of the current line.
    private var searched = 0

    /// The bytes in which the current line must end, or nil when its end is still to come.
    mutating func window(
        _ bytes: UnsafeRawBufferPointer,
        lineLimit: Int,
        blockLimit: Int
    ) -> UnsafeRawBufferPointer? {
        let bound = self.bound(lineLimit, blockLimit)
        if self.searched > self.start, bytes.count <= bound, !ByteSearch.containsLineFeed(bytes, from: self.searched) {
            self.searched = bytes.count
            return nil
        }
        return UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, bound)])
    }

    mutating func advance(to next: Int) {
        self.start = next
        self.searched = next
    }

    /// The current line does not end in its window. Its contents were looked at first, so that the violation found does
    /// not depend on how the bytes were cut into reads.
    mutating func ranOut(
        _ bytes: UnsafeRawBufferPointer,
        lineLimit: Int,
        blockLimit: Int,
        tooLong: HTTPViolation
    ) throws(HTTPViolation) {
        let bound = self.bound(lineLimit, blockLimit)
        guard bytes.count > bound else {
            self.searched = bytes.count
            return
        }
        throw bound < blockLimit ? tooLong : .headTooLarge
    }

    /// The line's contents, its CRLF, and never more than the block may have.
    private func bound(_ lineLimit: Int, _ blockLimit: Int) -> Int { min(self.start &+ lineLimit &+ 2, blockLimit) }
}
