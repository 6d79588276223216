/// Where the three segments of a compact JWS are:
///
///     eyJhbGci…  .  eyJ1c2Vy…  .  SflKxwRJ…
///     └header┘      └payload┘     └signature┘
///     └──── what is signed ──┘
struct CompactToken {
    /// Bytes of the longest token that is looked at; Django and the servers before it stop near the same size.
    static let maximumLength = 8 << 10

    let header: Range<Int>
    let payload: Range<Int>
    let signature: Range<Int>

    var signed: Range<Int> { 0..<self.payload.upperBound }

    /// Three non-empty segments; their alphabet is checked when they are decoded.
    init(_ token: RawSpan) throws(TokenRejection) {
        guard token.byteCount <= Self.maximumLength else { throw TokenRejection(.tooLarge) }
        var dots = (first: 0, second: 0)
        var count = 0
        for index in 0..<token.byteCount
        where token.unsafeLoad(fromByteOffset: index, as: UInt8.self) == UInt8(ascii: ".") {
            count += 1
            switch count {
            case 1: dots.first = index
            case 2: dots.second = index
            default: throw TokenRejection(.malformed)
            }
        }
        guard count == 2, dots.first > 0, dots.second > dots.first + 1, dots.second + 1 < token.byteCount else {
            throw TokenRejection(.malformed)
        }
        self.header = 0..<dots.first
        self.payload = dots.first + 1..<dots.second
        self.signature = dots.second + 1..<token.byteCount
    }
}
