import GatewayProtocol
import Testing

/// Random streams, mostly of good frames, some with a flipped bit, cut at random places: whatever the cuts, the scanner
/// lets through what the reference lets through and stops for the same reason.
@Suite struct ScannerFuzzTests {
    @Test(arguments: 0..<40)
    func stream_meansTheSame_howeverItIsCut(_ seed: UInt64) {
        var random = WebSocketRandom(seed)
        for _ in 0..<100 {
            let rules = ScannerRules(
                direction: Bool.random(using: &random) ? .fromClient : .fromServer,
                deflate: Bool.random(using: &random)
            )
            var stream = RandomFrames.stream(rules, using: &random)
            if Int.random(in: 0..<3, using: &random) == 0, let index = stream.indices.randomElement(using: &random) {
                stream[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            self.check(stream, rules, using: &random)
        }
    }

    @Test(arguments: 0..<10)
    func garbage_neverTraps(_ seed: UInt64) {
        var random = WebSocketRandom(seed)
        for _ in 0..<300 {
            let count = Int.random(in: 0...40, using: &random)
            let stream = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let direction = Bool.random(using: &random) ? WebSocketFrameScanner.Direction.fromClient : .fromServer
            self.check(stream, ScannerRules(direction: direction, deflate: true), using: &random)
        }
    }

    /// Every pair of first bytes, with and without the rest of a header.
    @Test(arguments: [WebSocketFrameScanner.Direction.fromClient, .fromServer], [false, true])
    func everyFirstPair_agreesWithTheReference(_ direction: WebSocketFrameScanner.Direction, _ deflate: Bool) {
        var random = WebSocketRandom(1)
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let rest = (0..<12).map { _ in UInt8.random(in: 0...255, using: &random) }
                self.check(
                    [first, second] + rest, ScannerRules(direction: direction, deflate: deflate), using: &random)
            }
        }
    }

    private func check(_ stream: [UInt8], _ rules: ScannerRules, using random: inout WebSocketRandom) {
        let expected = ScannerReference(stream, rules)
        var cuts = (0..<Int.random(in: 0...6, using: &random)).map { _ in
            Int.random(in: 0...stream.count, using: &random)
        }
        cuts.sort()
        let feed = ScannerFeed(rules, stream, cuts: cuts)
        #expect(feed.stop == expected.stop, "\(stream) at \(cuts)")
        #expect(feed.forwarded == Array(stream.prefix(expected.forwarded)), "\(stream) at \(cuts)")
        #expect(feed.scanner.frames == expected.frames, "\(stream) at \(cuts)")
        #expect(feed.scanner.messages == expected.messages, "\(stream) at \(cuts)")
        #expect(feed.scanner.restOfFrame == UInt64(expected.missing), "\(stream) at \(cuts)")
        guard expected.stop == .none else { return }
        #expect(feed.scanner.isAtMessageBoundary == (expected.missing == 0 && !expected.isInMessage))
        for boundary in feed.boundaries {
            #expect(WebSocketWire.frames(Array(feed.forwarded[..<boundary])) != nil, "\(stream) at \(cuts)")
        }
    }
}

/// Streams of frames that keep the rules.
enum RandomFrames {
    static func stream(_ rules: ScannerRules, using random: inout WebSocketRandom) -> [UInt8] {
        var stream: [UInt8] = []
        for _ in 0..<Int.random(in: 0...5, using: &random) { stream += self.message(rules, using: &random) }
        if Int.random(in: 0..<4, using: &random) == 0 { stream += self.close(rules, using: &random) }
        if Int.random(in: 0..<4, using: &random) == 0 { stream.removeLast(min(stream.count, 3)) }
        return stream
    }

    static func message(_ rules: ScannerRules, using random: inout WebSocketRandom) -> [UInt8] {
        let masked = rules.direction == .fromClient
        var bytes: [UInt8] = []
        let fragments = Int.random(in: 1...3, using: &random)
        for fragment in 0..<fragments {
            if Int.random(in: 0..<4, using: &random) == 0 {
                let opcode: UInt8 = Bool.random(using: &random) ? 9 : 10
                bytes += WebSocketWire.frame(opcode, self.payload(0...125, using: &random), masked: masked)
            }
            let isCompressed = rules.deflate && fragment == 0 && Bool.random(using: &random)
            bytes += WebSocketWire.frame(
                fragment == 0 ? UInt8.random(in: 1...2, using: &random) : 0,
                self.payload(Bool.random(using: &random) ? 0...20 : 100...500, using: &random),
                masked: masked,
                fin: fragment == fragments - 1,
                rsv: isCompressed ? 4 : 0
            )
        }
        return bytes
    }

    static func close(_ rules: ScannerRules, using random: inout WebSocketRandom) -> [UInt8] {
        let masked = rules.direction == .fromClient
        let codes: [UInt16?] = [nil, 1000, 1001, 1011, 3000, 4001, 4999]
        return WebSocketWire.close(codes.randomElement(using: &random) ?? nil, "bye", masked: masked)
    }

    private static func payload(_ count: ClosedRange<Int>, using random: inout WebSocketRandom) -> [UInt8] {
        (0..<Int.random(in: count, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
}
