/// What a token's header says. Nothing in it is ever fetched or used as a key: `jku`, `x5u`, `jwk` and `x5c` are not even
/// read.
struct JOSEHeader {
    static let maximumKeyIDLength = 256

    /// Nil when `alg` is missing, no text, or an algorithm that is not known here.
    let algorithm: SigningAlgorithm?
    let keyID: [UInt8]?
    /// `typ`.
    let type: [UInt8]?

    /// A header is parsed before anything is verified, so it may cost little.
    private static let limits = JSONLimits(length: CompactToken.maximumLength, depth: 8, values: 128, numberLength: 32)

    init(_ bytes: consuming [UInt8]) throws(TokenRejection) {
        let header: JSONDocument
        do { header = try JSONDocument(parsing: bytes, limits: Self.limits) } catch { throw TokenRejection(.badHeader) }
        guard header.kind(header.root) == .object, Self.isAcceptable(header) else { throw TokenRejection(.badHeader) }
        self.algorithm = header.member("alg", of: header.root).flatMap { node in
            header.kind(node) == .string ? SigningAlgorithm(exactly: header.utf8(of: node)) : nil
        }
        self.keyID = header.member("kid", of: header.root).map { Array(header.utf8(of: $0)) }
        self.type = header.member("typ", of: header.root).map { Array(header.utf8(of: $0)) }
    }

    private static func isAcceptable(_ header: JSONDocument) -> Bool {
        let root = header.root
        // No extension is understood, so naming one is fatal (RFC 7515 section 4.1.11); compression is refused (RFC
        // 8725 section 3.6).
        if header.member("crit", of: root) != nil || header.member("zip", of: root) != nil { return false }
        if let node = header.member("b64", of: root), header.kind(node) != .true { return false }
        if let node = header.member("kid", of: root) {
            guard header.kind(node) == .string, header.utf8(of: node).count <= self.maximumKeyIDLength else {
                return false
            }
        }
        if let node = header.member("typ", of: root), header.kind(node) != .string { return false }
        if let node = header.member("cty", of: root) {
            // A nested token (RFC 7519 section 5.2) would need checks of its own.
            guard header.kind(node) == .string, !self.namesJWT(header.utf8(of: node)) else { return false }
        }
        return true
    }

    private static func namesJWT(_ mediaType: ArraySlice<UInt8>) -> Bool {
        let lowercase = mediaType.map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }
        return lowercase.elementsEqual("jwt".utf8) || lowercase.elementsEqual("application/jwt".utf8)
    }
}
