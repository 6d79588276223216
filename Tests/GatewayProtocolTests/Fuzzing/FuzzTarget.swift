/// The decoders that peers feed, and what must hold for every input to one of them. The fuzzer looks for an input that breaks
/// it; the unit tests repeat the inputs that are kept in Fuzz/Corpus.
///
/// This folder is compiled into the tests and, through a link, into the fuzzer: it knows no test library.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case requests
    case responses
    case chunks
    case proxyHeaders = "proxy-headers"
    case frames

    package func check(_ bytes: [UInt8]) throws(BrokenInvariant) {
        switch self {
        case .requests: try RequestInvariants.check(bytes)
        case .responses: try ResponseInvariants.check(bytes)
        case .chunks: try ChunkInvariants.check(bytes)
        case .proxyHeaders: try ProxyHeaderInvariants.check(bytes)
        case .frames: try FrameInvariants.check(bytes)
        }
    }
}

package struct BrokenInvariant: Error, CustomStringConvertible {
    package let description: String
}

func require(_ condition: Bool, _ rule: StaticString) throws(BrokenInvariant) {
    guard condition else { throw BrokenInvariant(description: "\(rule)") }
}

/// Ways to cut an input into reads, and other choices, the same each time for the same input.
struct FuzzChoices {
    private var state: UInt64

    init(_ bytes: [UInt8]) {
        self.state = bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    mutating func below(_ bound: Int) -> Int {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return bound > 0 ? Int(self.state >> 33) % bound : 0
    }

    /// All at once comes first; byte by byte only while that is cheap.
    mutating func cuts(_ count: Int) -> [[Int]] {
        var ways: [[Int]] = [[], [self.below(count + 1)], [self.below(count + 1)]]
        ways.append((0..<(2 + self.below(6))).map { _ in self.below(count + 1) }.sorted())
        if count < 2048 { ways.append(Array(0..<count)) }
        return ways
    }
}
