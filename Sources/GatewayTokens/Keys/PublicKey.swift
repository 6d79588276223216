internal import CLibCrypto

/// A public key as libcrypto holds it.
///
/// Unchecked because of the pointer: the key is never changed after `init`, libcrypto counts its references atomically
/// and guards its own caches, and each worker verifies with contexts of its own.
final class PublicKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes ownership.
    private init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(self.pointer) }

    convenience init(pem: String) throws(KeyProblem) {
        let block = try PEMBlock(onlyKeyIn: pem)
        guard let pointer = try Self.decode(block) else { throw .unreadable(label: block.label) }
        self.init(owning: pointer)
    }

    private static func decode(_ block: PEMBlock) throws(KeyProblem) -> OpaquePointer? {
        defer { ERR_clear_error() }
        switch block.label {
        case "PUBLIC KEY":
            return block.decoded { d2i_PUBKEY(nil, $0, $1) }
        case "RSA PUBLIC KEY":
            return block.decoded { d2i_PublicKey(EVP_PKEY_RSA, nil, $0, $1) }
        case "CERTIFICATE":
            guard let certificate = block.decoded({ d2i_X509(nil, $0, $1) }) else { return nil }
            defer { X509_free(certificate) }
            return X509_get_pubkey(certificate)
        default:
            throw .unsupportedPEM(label: block.label)
        }
    }
}

/// The one block of a PEM text that we want.
struct PEMBlock {
    let label: String
    private let der: [UInt8]

    init(onlyKeyIn pem: String) throws(KeyProblem) {
        let text = Array(pem.utf8)
        let labels = Self.labels(in: pem)
        if labels.contains(where: { $0.hasSuffix("PRIVATE KEY") }) { throw .privateKey }
        guard let label = labels.first else {
            let found = KeyProblem.KeyText(recognizing: text)
            throw .notPEM(found == .pem ? nil : found)
        }
        if text.contains("\\n") { throw .escapedLineBreaks }
        guard labels.count == 1 || labels.allSatisfy({ $0 == "CERTIFICATE" }) else { throw .severalKeys }
        guard let der = Self.read(text) else { throw .unreadable(label: label) }
        self.label = label
        self.der = der
    }

    /// The types of all blocks in the text.
    private static func labels(in pem: String) -> [String] {
        let mark = "-----BEGIN "
        var labels: [String] = []
        for line in pem.split(whereSeparator: \.isNewline) {
            guard line.hasPrefix(mark) else { continue }
            let rest = line.dropFirst(mark.count)
            labels.append(String(rest.prefix { $0 != "-" }))
        }
        return labels
    }

    /// The first block's content; nil also when it carries headers, which only encrypted keys do.
    private static func read(_ text: [UInt8]) -> [UInt8]? {
        defer { ERR_clear_error() }
        guard let input = BIO_new_mem_buf(text, Int32(clamping: text.count)) else { return nil }
        defer { BIO_free(input) }
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var content: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard PEM_read_bio(input, &name, &header, &content, &count) == 1 else { return nil }
        defer {
            clibcrypto_free(name)
            clibcrypto_free(header)
            clibcrypto_free(content)
        }
        guard header?.pointee ?? 0 == 0 else { return nil }
        return Array(UnsafeBufferPointer(start: content, count: count))
    }

    /// Calls one of libcrypto's `d2i` functions.
    func decoded(
        _ decode: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
    ) -> OpaquePointer? {
        self.der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            return decode(&position, buffer.count)
        }
    }
}
