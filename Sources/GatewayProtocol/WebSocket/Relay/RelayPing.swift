/// A ping of the gateway's own: its cookie, by which its pong is known, and the key that masks it towards the upstream.
///
/// Both come from a random number of the relay's. A peer that guesses the next cookie can answer early, and gains nothing.
struct RelayPing: Equatable {
    let cookie: UInt64
    let maskKey: UInt32

    init(seed: UInt64, number: UInt32) {
        self.cookie = seed &+ UInt64(number)
        // The finalizer of splitmix64, one of many that would do.
        var mixed = seed ^ UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed &>> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed &>> 27) &* 0x94D0_49BB_1331_11EB
        self.maskKey = UInt32(truncatingIfNeeded: mixed ^ mixed &>> 31)
    }

    var payload: [UInt8] { withUnsafeBytes(of: self.cookie.bigEndian) { Array($0) } }
}
