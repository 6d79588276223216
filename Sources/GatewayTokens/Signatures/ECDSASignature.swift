/// JWS writes an ECDSA signature as R and S side by side (RFC 7518 section 3.4); libcrypto reads a DER sequence of two
/// integers.
enum ECDSASignature {
    /// Replaces `der`. R and S keep their values whatever they are: libcrypto checks their range.
    static func writeDER(ofFixedWidth signature: [UInt8], into der: inout [UInt8]) {
        let half = signature.count / 2
        let r = self.integer(signature[..<half])
        let s = self.integer(signature[half...])
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
    private static func integer(_ bytes: ArraySlice<UInt8>) -> (bytes: ArraySlice<UInt8>, length: Int) {
        var bytes = bytes
        while bytes.count > 1, bytes.first == 0 { bytes.removeFirst() }
        return (bytes, bytes.count + (bytes.first ?? 0 >= 0x80 ? 1 : 0))
    }

    private static func append(_ integer: (bytes: ArraySlice<UInt8>, length: Int), to der: inout [UInt8]) {
        der.append(0x02)
        der.append(UInt8(truncatingIfNeeded: integer.length))
        if integer.length > integer.bytes.count { der.append(0) }
        der.append(contentsOf: integer.bytes)
    }
}
