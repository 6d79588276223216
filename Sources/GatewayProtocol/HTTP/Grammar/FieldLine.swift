import GatewayMessage

/// One header line, taken apart where it lies (RFC 9112 section 5).
struct FieldLine {
    var field: HeaderField
    /// Where the next line begins.
    var next: Int

    /// Scans the line that begins at `start` and is not empty. nil when `bytes` end before the line does and nothing in
    /// it is wrong so far.
    ///
    /// Values may hold HTAB, visible ASCII, SP and obs-text. `acceptsNextLine` says whether 0x85 counts as obs-text:
    /// daphne before 4.2.2 splits a header at that byte, so one that a client sends could forge another header line.
    static func scan(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        acceptsNextLine: Bool
    ) throws(HTTPViolation) -> FieldLine? {
        var at = start
        var hash = FoldedName.hashSeed
        var allFolded = NameByte.foldedBit
        while at < bytes.count {
            let entry = NameByte.entry(bytes[at])
            if entry == 0 { break }
            allFolded &= entry
            // FoldedName.hash(_:adding:), on a byte that is folded already.
            hash = (hash ^ UInt32(entry | NameByte.foldedBit)) &* 16_777_619
            at &+= 1
        }
        guard at < bytes.count else { return nil }
        guard bytes[at] == 0x3A, at > start else {
            guard let violation = Self.nameViolation(bytes, at: at, from: start) else { return nil }
            throw violation
        }
        let name = ByteRange(start: start, end: at)
        repeat { at &+= 1 } while at < bytes.count && (bytes[at] == 0x20 || bytes[at] == 0x09)
        let valueStart = at
        guard let end = try Self.endOfValue(bytes, from: at, acceptsNextLine: acceptsNextLine) else { return nil }
        var valueEnd = end
        while valueEnd > valueStart, bytes[valueEnd &- 1] == 0x20 || bytes[valueEnd &- 1] == 0x09 { valueEnd &-= 1 }

        let isOdd = allFolded == 0
        var field = HeaderField(
            name: name,
            value: ByteRange(start: valueStart, end: valueEnd),
            known: isOdd ? .other : KnownField.named(bytes, name),
            foldedHash: hash
        )
        // Servers fold `_`, some of them `.` and the rest, to what a `-` folds to: such a name can only be a mistake or
        // an alias. nginx drops the same names by default.
        field.isDropped = isOdd
        return FieldLine(field: field, next: end &+ 2)
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
            at = ByteSearch.controlOrNextLine(bytes, from: at)
            guard at < bytes.count else { return nil }
            switch bytes[at] {
            case 0x0D: return try LineEnd.isComplete(bytes, carriageReturnAt: at) ? at : nil
            case 0x09: at &+= 1
            case 0x85 where acceptsNextLine: at &+= 1
            case 0x0A: throw .bareLineFeed
            default: throw .badFieldValue
            }
        }
    }

    private static func nameViolation(_ bytes: UnsafeRawBufferPointer, at: Int, from start: Int) -> HTTPViolation? {
        switch bytes[at] {
        case 0x3A: .emptyFieldName
        case 0x20, 0x09: at == start ? .obsoleteLineFolding : .whitespaceBeforeColon
        default: LineEnd.violation(bytes, at: at, truncated: .badFieldName, otherwise: .badFieldName)
        }
    }
}
