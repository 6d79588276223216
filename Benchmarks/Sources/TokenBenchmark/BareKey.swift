import CLibCrypto
import GatewayTokens

/// A fresh key and libcrypto's way of verifying with it, without anything around: contexts made once, the signature in
/// the form libcrypto wants.
final class BareKey {
    let algorithm: SigningAlgorithm
    private let key: OpaquePointer

    init(_ algorithm: SigningAlgorithm) {
        self.algorithm = algorithm
        let context =
            switch algorithm {
            case .es256: EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
            case .edDSA: EVP_PKEY_CTX_new_from_name(nil, "ED25519", nil)
            default: EVP_PKEY_CTX_new_from_name(nil, "RSA", nil)
            }
        EVP_PKEY_keygen_init(context)
        if algorithm == .es256 { EVP_PKEY_CTX_set_group_name(context, "prime256v1") }
        if algorithm != .es256, algorithm != .edDSA { EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048) }
        var key: OpaquePointer?
        EVP_PKEY_generate(context, &key)
        EVP_PKEY_CTX_free(context)
        guard let key else { fatalError("no key") }
        self.key = key
    }

    var publicPEM: String { self.pem { PEM_write_bio_PUBKEY($0, self.key) } }
    var privatePEM: String { self.pem { PEM_write_bio_PKCS8PrivateKey($0, self.key, nil, nil, 0, nil, nil) } }

    private func pem(_ write: (OpaquePointer?) -> Int32) -> String {
        let output = BIO_new(BIO_s_mem())
        defer { BIO_free(output) }
        guard write(output) == 1 else { fatalError("no PEM") }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = BIO_read(output, &bytes, Int32(bytes.count))
        return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
    }

    /// Hashes and verifies one message again and again.
    func verification(of message: [UInt8], _ signature: [UInt8]) -> () -> Void {
        self.algorithm == .edDSA ? self.edwards(message, signature) : self.digest(message, signature)
    }

    private func digest(_ message: [UInt8], _ signature: [UInt8]) -> () -> Void {
        let digest = EVP_MD_fetch(nil, "SHA256", nil)
        let digestContext = EVP_MD_CTX_new()
        let context = EVP_PKEY_CTX_new(self.key, nil)
        EVP_PKEY_verify_init(context)
        EVP_PKEY_CTX_set_signature_md(context, digest)
        if self.algorithm == .rs256 { EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) }
        if self.algorithm == .ps256 {
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING)
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST)
        }
        var hash = [UInt8](repeating: 0, count: 32)
        return {
            EVP_DigestInit_ex2(digestContext, digest, nil)
            EVP_DigestUpdate(digestContext, message, message.count)
            EVP_DigestFinal_ex(digestContext, &hash, nil)
            guard EVP_PKEY_verify(context, signature, signature.count, hash, hash.count) == 1 else {
                fatalError("not verified")
            }
        }
    }

    private func edwards(_ message: [UInt8], _ signature: [UInt8]) -> () -> Void {
        let context = EVP_MD_CTX_new()
        let key = self.key
        return {
            EVP_MD_CTX_reset(context)
            EVP_DigestVerifyInit(context, nil, nil, nil, key)
            guard EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1 else {
                fatalError("not verified")
            }
        }
    }

    /// The DER form of R and S.
    func libraryForm(of signature: [UInt8]) -> [UInt8] {
        guard self.algorithm == .es256 else { return signature }
        let parts = ECDSA_SIG_new()
        defer { ECDSA_SIG_free(parts) }
        let r = signature.withUnsafeBufferPointer { BN_bin2bn($0.baseAddress, 32, nil) }
        let s = signature.withUnsafeBufferPointer { BN_bin2bn($0.baseAddress.map { $0 + 32 }, 32, nil) }
        ECDSA_SIG_set0(parts, r, s)
        var der = [UInt8](repeating: 0, count: 80)
        let count = der.withUnsafeMutableBufferPointer { buffer in
            var position = buffer.baseAddress
            return i2d_ECDSA_SIG(parts, &position)
        }
        return Array(der.prefix(Int(count)))
    }
}

/// HMAC alone.
func bareHMAC(_ secret: [UInt8], _ message: [UInt8]) -> () -> Void {
    let hmac = EVP_MAC_fetch(nil, "HMAC", nil)
    let context = EVP_MAC_CTX_new(hmac)
    var name = Array("SHA256".utf8CString)
    let key: StaticString = "digest"
    let keyText = UnsafeRawPointer(key.utf8Start).assumingMemoryBound(to: CChar.self)
    name.withUnsafeMutableBufferPointer { name in
        let parameters = [
            OSSL_PARAM_construct_utf8_string(keyText, name.baseAddress, 0), OSSL_PARAM_construct_end(),
        ]
        EVP_MAC_CTX_set_params(context, parameters)
    }
    var code = [UInt8](repeating: 0, count: 32)
    return {
        var count = 0
        EVP_MAC_init(context, secret, secret.count, nil)
        EVP_MAC_update(context, message, message.count)
        EVP_MAC_final(context, &code, &count, code.count)
    }
}
