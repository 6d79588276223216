/// JWS writes an ECDSA signature as R and S side by side (RFC 7518 section 3.4); libcrypto reads a DER sequence of two
/// integers.
enum ECDSASignature {
    /// Replaces `der`. R and S keep their values whatever they are: libcrypto checks their range.
    static func writeDER(ofFixedWidth signature: UnsafeBufferPointer<UInt8>, into der: inout [UInt8]) {
        let half = signature.count / 2
        let r = self.integer(UnsafeBufferPointer(rebasing: signature[..<half]))
        let s = self.integer(UnsafeBufferPointer(rebasing: signature[half...]))
        let length = r.length + s.length + 4
        der.removeAll(keepingCapacity: true)
        der.append(0x30)
        // Two coordinates of 66 bytes need the two-byte form of a length, and no longer one.
        if length >= 128 { der.append(0x81) }
        der.append(UInt8(truncatingIfNeeded: length))
        self.append(r, to: &der)
        self.append(s, to: &der)
    }

    /// An unsigned integer without needless zeros in front; `length` counts the zero that keeps it positive.
    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> (bytes: UnsafeBufferPointer<UInt8>, length: Int)
    {
        var start = 0
        while start < bytes.count - 1, bytes[start] == 0 { start += 1 }
        let rest = UnsafeBufferPointer(rebasing: bytes[start...])
        return (rest, rest.count + (rest.first ?? 0 >= 0x80 ? 1 : 0))
    }

    private static func append(_ integer: (bytes: UnsafeBufferPointer<UInt8>, length: Int), to der: inout [UInt8]) {
        der.append(0x02)
        der.append(UInt8(truncatingIfNeeded: integer.length))
        if integer.length > integer.bytes.count { der.append(0) }
        der.append(contentsOf: integer.bytes)
    }
}
