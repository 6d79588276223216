internal import CLibCrypto

/// What a key's text is, as far as its form tells. A text of none of these forms is a plain secret.
package enum KeyText: String, Sendable {
    case pem = "a PEM key"
    case ssh = "an SSH key"
    case jwk = "a JSON Web Key"
    case jwks = "a JSON Web Key Set"
    case der = "a DER key"

    /// Nil when the text looks like none: the forms that PyJWT refuses as HMAC secrets, and more.
    package init?(recognizing text: [UInt8]) {
        if text.contains("-----BEGIN ") || text.contains("---- BEGIN SSH2 ") {
            self = .pem
        } else if Self.sshMarks.contains(where: { text.contains($0) }) {
            self = .ssh
        } else if text.first(where: { !isBlank($0) }) == UInt8(ascii: "{") {
            guard let json = Self(recognizingJSON: text) else { return nil }
            self = json
        } else if isDERKey(text) {
            self = .der
        } else {
            return nil
        }
    }

    private init?(recognizingJSON text: [UInt8]) {
        if let document = try? JSONDocument(parsing: text, limits: JSONWebKeySet.limits) {
            if document.member("keys", of: document.root).map(document.kind) == .array {
                self = .jwks
            } else if document.member("kty", of: document.root) != nil {
                self = .jwk
            } else {
                return nil
            }
        } else if text.contains("\"kty\"") {
            // Broken, but meant as one.
            self = .jwk
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
