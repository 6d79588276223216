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
