internal import CLibCrypto

extension KeyProblem.KeyText {
    /// What kind of key a text is, or nil when it looks like none; the same forms that PyJWT refuses as HMAC secrets.
    init?(recognizing text: [UInt8]) {
        if text.contains("-----BEGIN ") || text.contains("---- BEGIN SSH2 ") {
            self = .pem
        } else if Self.sshMarks.contains(where: { text.contains($0) }) {
            self = .ssh
        } else if text.first(where: { !isBlank($0) }) == UInt8(ascii: "{"), text.contains("\"kty\"") {
            self = .jwk
        } else if isDERKey(text) {
            self = .der
        } else {
            return nil
        }
    }

    private static let sshMarks: [StaticString] = [
        "ssh-rsa ", "ssh-dss ", "ssh-ed25519 ", "ecdsa-sha2-nistp", "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com", "-cert-v01@openssh.com",
    ]
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

/// Whether the bytes are a public key or certificate in DER. An attacker can rebuild both from what is published.
private func isDERKey(_ bytes: [UInt8]) -> Bool {
    guard bytes.first == 0x30 else { return false }
    defer { ERR_clear_error() }
    return bytes.withUnsafeBufferPointer { buffer in
        var start = buffer.baseAddress
        if let key = d2i_PUBKEY(nil, &start, buffer.count) {
            EVP_PKEY_free(key)
            return true
        }
        start = buffer.baseAddress
        if let certificate = d2i_X509(nil, &start, buffer.count) {
            X509_free(certificate)
            return true
        }
        start = buffer.baseAddress
        if let key = d2i_PublicKey(EVP_PKEY_RSA, nil, &start, buffer.count) {
            EVP_PKEY_free(key)
            return true
        }
        return false
    }
}

extension [UInt8] {
    func contains(_ mark: StaticString) -> Bool {
        let length = mark.utf8CodeUnitCount
        guard length > 0, self.count >= length else { return false }
        return mark.withUTF8Buffer { mark in
            (0...self.count - length).contains { self[$0..<$0 + length].elementsEqual(mark) }
        }
    }
}

/// What to say about a secret that works but should be better.
enum SecretStrength {
    static func warning(_ secret: [UInt8], algorithm: SigningAlgorithm) -> String? {
        if secret.starts(with: "django-insecure-".utf8) {
            return "this is the secret that startproject wrote for development: generate another one"
        }
        if secret.count < algorithm.digestLength {
            return "the secret has \(secret.count) bytes, \(algorithm.rawValue) should have at least"
                + " \(algorithm.digestLength) (RFC 7518 section 3.2)"
        }
        return nil
    }
}
