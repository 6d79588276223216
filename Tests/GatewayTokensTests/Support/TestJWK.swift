@testable import GatewayTokens

/// JSON Web Keys, right and wrong.
enum TestJWK {
    /// RFC 7515 appendix A.3.
    static let p256 = Self.p256()
    /// RFC 7515 appendix A.2.
    static let rsa = Self.rsa(exponent: "AQAB")
    /// RFC 8037 appendix A.2.
    static let ed25519 = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#

    static func p256(
        x: String? = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        y: String? = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
    ) -> String {
        var text = #"{"kty":"EC","crv":"P-256""#
        if let x { text += #","x":"\#(x)""# }
        if let y { text += #","y":"\#(y)""# }
        return text + "}"
    }

    static func rsa(exponent: String?) -> String {
        let modulus = """
            ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2\
            lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTB\
            EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kz\
            k2PAcDTW9gb54h4FRWyuXpoQ
            """
        return #"{"kty":"RSA","n":"\#(modulus)""# + (exponent.map { #","e":"\#($0)""# } ?? "") + "}"
    }

    /// A modulus of `bits` bits that is no product of two primes.
    static func rsa(bits: Int, last: UInt8 = 0xFF, zeros: Int = 0) -> String {
        var bytes = [UInt8](repeating: 0x5A, count: (bits + 7) / 8)
        bytes[0] = 1 << UInt8((bits - 1) % 8)
        bytes[bytes.count - 1] = last
        let modulus = Base64URL.encode([UInt8](repeating: 0, count: zeros) + bytes)
        return #"{"kty":"RSA","n":"\#(modulus)","e":"AQAB"}"#
    }

    static func bytes(_ count: Int, _ byte: UInt8 = 0x11) -> String {
        Base64URL.encode([UInt8](repeating: byte, count: count))
    }
}

extension String {
    /// A JSON object with more members.
    func adding(_ members: String) -> String { String(self.dropLast()) + "," + members + "}" }

    func replacing(_ text: String, _ other: String) -> String {
        var result: [UInt8] = []
        var rest = Array(self.utf8)[...]
        while !rest.isEmpty {
            if rest.starts(with: text.utf8) {
                result += other.utf8
                rest = rest.dropFirst(text.utf8.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
