@testable import GatewayTokens

/// Makes HS tokens from any bytes, however wrong, signed with the secret of `TestKeys`.
enum Forge {
    static let header = #"{"alg":"HS256","typ":"JWT"}"#

    private static let claims: [(name: String, value: String)] = [
        ("token_type", #""access""#), ("exp", "1800000000"), ("iat", "1700000000"),
        ("jti", #""0123456789abcdef0123456789abcdef""#), ("user_id", #""7""#),
    ]

    /// The payload of a good token with claims replaced, added, or removed (nil). Values are JSON.
    static func payload(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
        var claims = self.claims
        for (name, value) in changes {
            let index = claims.firstIndex { $0.name == name }
            switch (index, value) {
            case (let index?, let value?): claims[index].value = value
            case (let index?, nil): claims.remove(at: index)
            case (nil, let value?): claims.append((name, value))
            case (nil, nil): break
            }
        }
        return "{" + claims.map { #""\#($0.name)":\#($0.value)"# }.joined(separator: ",") + "}"
    }

    static func token(header: String = Forge.header, payload: String = Forge.payload()) -> String {
        self.token(headerBytes: Array(header.utf8), payloadBytes: Array(payload.utf8))
    }

    static func token(headerBytes: [UInt8] = Array(Forge.header.utf8), payloadBytes: [UInt8]) -> String {
        self.sign(Base64URL.encode(headerBytes) + "." + Base64URL.encode(payloadBytes))
    }

    /// What a segment stands for, or nil when it is not strict.
    static func decode(_ segment: String) -> [UInt8]? {
        let bytes = Array(segment.utf8)
        return Base64URL.decode(bytes.span.bytes, 0..<bytes.count)
    }

    /// `signed` and its signature, whatever `signed` looks like.
    static func sign(
        _ signed: String,
        algorithm: SigningAlgorithm = .hs256,
        secret: String = TestKeys.secret
    ) -> String {
        self.sign(signed, algorithm: algorithm, secretBytes: Array(secret.utf8))
    }

    static func sign(_ signed: String, algorithm: SigningAlgorithm, secretBytes: [UInt8]) -> String {
        let code = HMACCheck(secret: secretBytes, algorithm: algorithm)?.authenticate(Array(signed.utf8))
        return signed + "." + Base64URL.encode(code ?? [])
    }
}

extension String {
    /// The parts of a token between its dots.
    var segments: [String] { self.split(separator: ".", omittingEmptySubsequences: false).map(String.init) }
}

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var value = self.state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
