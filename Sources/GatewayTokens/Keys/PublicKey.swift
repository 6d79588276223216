internal import CLibCrypto

/// A public key as libcrypto holds it.
///
/// Unchecked because of the pointer: the key is never changed after `init`, libcrypto counts its references atomically
/// and guards its own caches, and each worker verifies with contexts of its own.
final class PublicKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes ownership.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(self.pointer) }

    /// The one key in a text. A chain of certificates counts as one: its first.
    convenience init(pem: [UInt8]) throws(KeyProblem) {
        let blocks = try PEMBlock.allPublic(in: pem)
        guard let first = blocks.first else { throw .notPEM(nil) }
        guard blocks.count == 1 || blocks.allSatisfy({ $0.label == "CERTIFICATE" }) else { throw .severalKeys }
        try self.init(first)
    }

    convenience init(_ block: PEMBlock) throws(KeyProblem) {
        let content = try block.content()
        guard !content.isEncrypted, let pointer = try Self.decode(content, label: block.label) else {
            throw .unreadable(label: block.label)
        }
        self.init(owning: pointer)
    }

    private static func decode(_ content: PEMBlock.Content, label: String) throws(KeyProblem) -> OpaquePointer? {
        defer { ERR_clear_error() }
        switch label {
        case "PUBLIC KEY":
            return content.decoded { d2i_PUBKEY(nil, $0, $1) }
        case "RSA PUBLIC KEY":
            return content.decoded { d2i_PublicKey(EVP_PKEY_RSA, nil, $0, $1) }
        case "CERTIFICATE":
            guard let certificate = content.decoded({ d2i_X509(nil, $0, $1) }) else { return nil }
            defer { X509_free(certificate) }
            return X509_get_pubkey(certificate)
        default:
            throw .unsupportedPEM(label: label)
        }
    }

    /// `SubjectPublicKeyInfo` in DER; empty when libcrypto cannot write it.
    var encoded: [UInt8] {
        defer { ERR_clear_error() }
        let length = Int(i2d_PUBKEY(self.pointer, nil))
        guard length > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: length)
        let written = bytes.withUnsafeMutableBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return Int(i2d_PUBKEY(self.pointer, &cursor))
        }
        return written == length ? bytes : []
    }
}
