import Glibc

/// The headers of the tokens that passed lately. All tokens of an issuer have the same few, so hardly any is decoded
/// and parsed twice. Only headers of tokens with a valid signature enter, so strangers cannot push them out.
struct HeaderMemo {
    private static let maximumEntries = 8
    private static let maximumLength = 1024

    private var entries: [(segment: [UInt8], header: JOSEHeader)] = []
    private var next = 0

    func find(_ token: RawSpan, _ segment: Range<Int>) -> JOSEHeader? {
        for entry in self.entries where entry.segment.count == segment.count {
            if Self.isEqual(entry.segment, token, segment) { return entry.header }
        }
        return nil
    }

    mutating func remember(_ header: JOSEHeader, _ token: RawSpan, _ segment: Range<Int>) {
        guard segment.count <= Self.maximumLength else { return }
        let copy = token.withUnsafeBytes { [UInt8]($0[segment]) }
        if self.entries.count < Self.maximumEntries {
            self.entries.append((copy, header))
        } else {
            self.entries[self.next] = (copy, header)
            self.next = (self.next + 1) % Self.maximumEntries
        }
    }

    private static func isEqual(_ known: [UInt8], _ token: RawSpan, _ segment: Range<Int>) -> Bool {
        known.withUnsafeBytes { known in
            token.withUnsafeBytes { token in
                let other = UnsafeRawBufferPointer(rebasing: token[segment])
                guard let left = known.baseAddress, let right = other.baseAddress else { return false }
                return memcmp(left, right, known.count) == 0
            }
        }
    }
}
