/// Signs one payload after the other with the same key: what they have in common is made once. Belongs to one worker.
package final class CompactSigner {
    private let key: SigningKey
    /// The first segment and its dot.
    private let opening: [UInt8]
    /// With a context that is used again, for HS algorithms.
    private let code: HMACCheck?

    /// `type` is the header's `typ`.
    package init(_ key: SigningKey, type: String) {
        self.key = key
        self.code = key.makeCode()
        var header: [(String, SignedClaim)] = [("alg", .string(key.algorithm.rawValue))]
        if let keyID = key.keyID { header.append(("kid", .string(keyID))) }
        header.append(("typ", .string(type)))
        var opening: [UInt8] = []
        Base64URL.append(JSONWriter.object(header), to: &opening)
        self.opening = opening + [UInt8(ascii: ".")]
    }

    /// The compact token of a JSON object; nil when libcrypto fails.
    package func sign(_ payload: [UInt8]) -> [UInt8]? {
        var token = self.opening
        Base64URL.append(payload, to: &token)
        guard let signature = self.code?.authenticate(token) ?? self.key.sign(token) else { return nil }
        token.append(UInt8(ascii: "."))
        Base64URL.append(signature, to: &token)
        return token
    }
}
