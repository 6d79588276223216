import GatewayMessage

/// Takes one header line apart where it lies (RFC 9112 section 5).
enum FieldLine {
    /// Scans the line that begins at `start` and is not empty, into `field`; answers where the next line begins, or nil when
    /// `bytes` end before the line does and nothing in it is wrong so far.
    ///
    /// Values may hold HTAB, visible ASCII, SP and obs-text. `acceptsNextLine` says whether 0x85 counts as
    /// obs-text: daphne before 4.2.2 splits a header at that byte, so one that a client sends could forge another header line.
    @inline(__always)
    static func scan(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        acceptsNextLine: Bool,
        into field: inout HeaderField
    ) throws(HTTPViolation) -> Int? {
        let name = ScannedName.scan(bytes, from: start)
        var at = name.end
        guard at < bytes.count else { return nil }
        guard bytes[at] == 0x3A, at > start else {
            guard let violation = Self.nameViolation(bytes, at: at, from: start) else { return nil }
            throw violation
        }
        repeat { at &+= 1 } while at < bytes.count && (bytes[at] == 0x20 || bytes[at] == 0x09)
        let valueStart = at
        guard let end = try Self.endOfValue(bytes, from: at, acceptsNextLine: acceptsNextLine) else { return nil }
        var valueEnd = end
        while valueEnd > valueStart, bytes[valueEnd &- 1] == 0x20 || bytes[valueEnd &- 1] == 0x09 { valueEnd &-= 1 }

        field.name = ByteRange(start: start, end: name.end)
        field.value = ByteRange(start: valueStart, end: valueEnd)
        field.known = KnownField.named(name, count: name.end &- start)
        field.foldedHash = name.hash
        // Servers fold `_`, some of them `.` and the rest, to what a `-` folds to: such a name can only be a mistake or
        // an alias. nginx drops the same names by default.
        field.isDropped = name.isOdd
        return end &+ 2
    }

    /// The CR of the line's end; nil when it is not there yet.
    @inline(__always)
    private static func endOfValue(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        acceptsNextLine: Bool
    ) throws(HTTPViolation) -> Int? {
        var at = start
        while true {
            at = ByteSearch.endOfPrintable(bytes, from: at)
            guard at < bytes.count else { return nil }
            switch bytes[at] {
            case 0x0D: return try LineEnd.isComplete(bytes, carriageReturnAt: at) ? at : nil
            case 0x0A: throw .bareLineFeed
            case 0x09, 0x80...: at = try self.endOfUnusual(bytes, from: at, acceptsNextLine: acceptsNextLine)
            default: throw .badFieldValue
            }
        }
    }

    /// Behind a run of tabs and obs-text.
    private static func endOfUnusual(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        acceptsNextLine: Bool
    ) throws(HTTPViolation) -> Int {
        var at = start
        while at < bytes.count, bytes[at] >= 0x80 || bytes[at] == 0x09 {
            if bytes[at] == 0x85, !acceptsNextLine { throw .badFieldValue }
            at &+= 1
        }
        return at
    }

    private static func nameViolation(_ bytes: UnsafeRawBufferPointer, at: Int, from start: Int) -> HTTPViolation? {
        switch bytes[at] {
        case 0x3A: .emptyFieldName
        case 0x20, 0x09: at == start ? .obsoleteLineFolding : .whitespaceBeforeColon
        default: LineEnd.violation(bytes, at: at, truncated: .badFieldName, otherwise: .badFieldName)
        }
    }
}
