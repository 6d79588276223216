import NIOCore

/// The ways in which a peer's bytes may be cut into reads: all at once, at each single place, and byte by byte.
enum Feeding {
    static func all(_ count: Int) -> [[Int]] {
        [[]] + (1..<max(count, 1)).map { [$0] } + [Array(1..<max(count, 1))]
    }

    /// The buffers a parser gets to see when `bytes` arrive with these cuts, each longer than the one before. A few bytes that
    /// were read already stand in front, so that offsets from the wrong index show.
    static func growing(_ bytes: [UInt8], cuts: [Int]) -> [ByteBuffer] {
        var buffer = ByteBuffer(string: "old")
        buffer.moveReaderIndex(forwardBy: 3)
        var start = 0
        return (cuts + [bytes.count]).map { end in
            buffer.writeBytes(bytes[start..<end])
            start = end
            return buffer
        }
    }
}

/// SplitMix64: the same numbers in every run, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var word = self.state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    mutating func chance(_ oneIn: Int) -> Bool { self.below(oneIn) == 0 }
    mutating func element<C: RandomAccessCollection>(_ choices: C) -> C.Element {
        choices[choices.index(choices.startIndex, offsetBy: self.below(choices.count))]
    }
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
