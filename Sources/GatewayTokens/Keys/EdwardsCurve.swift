/// The two curves of EdDSA (RFC 8032).
enum EdwardsCurve: String, CaseIterable {
    case ed25519 = "ED25519"
    case ed448 = "ED448"

    var pointLength: Int {
        switch self {
        case .ed25519: 32
        case .ed448: 57
        }
    }

    var signatureLength: Int { 2 * self.pointLength }

    /// Whether a public key is one of the points whose order divides the cofactor, in any spelling. With such a key a
    /// signature can be made for any message without knowing a secret.
    func isSmallOrder(_ point: [UInt8]) -> Bool {
        guard var last = point.last else { return true }
        // The last bit is the sign of x, which changes nothing here.
        last &= 0x7F
        let y = point.dropLast() + [last]
        return self.smallOrderPoints.contains { $0.elementsEqual(y) }
    }

    /// The y coordinates, little-endian: 0, 1, p − 1, the unreduced p and p + 1, and those of order eight.
    private var smallOrderPoints: [[UInt8]] {
        switch self {
        case .ed25519: [Self.little(0, 32), Self.little(1, 32)] + Self.ed25519Others
        case .ed448: [Self.little(0, 57), Self.little(1, 57)] + Self.ed448Others
        }
    }

    private static func little(_ first: UInt8, _ count: Int) -> [UInt8] {
        [first] + [UInt8](repeating: 0, count: count - 1)
    }

    private static let ed25519Others: [[UInt8]] = [
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]

    private static let ed448Others: [[UInt8]] = {
        let ones = [UInt8](repeating: 0xFF, count: 27)
        let half = [UInt8](repeating: 0xFF, count: 28)
        return [
            [0xFE] + ones + [0xFE] + ones + [0x00],
            half + [0xFE] + ones + [0x00],
            [UInt8](repeating: 0, count: 28) + half + [0x00],
        ]
    }()
}
