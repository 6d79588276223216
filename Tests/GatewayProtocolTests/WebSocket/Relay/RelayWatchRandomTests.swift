import GatewayProtocol
import NIOCore
import Testing

/// Two peers with applications of their own behind a relay that watches everything, in random order: what each application
/// gets is what the other sent, without what is the gateway's, nothing lost, doubled, changed or out of order.
@Suite struct RelayWatchRandomTests {
    @Test(arguments: 0..<60)
    func applications_seeEachOther_andNothingElse(_ seed: UInt64) {
        var random = WebSocketRandom(seed &* 104_729)
        for round in 0..<25 {
            let world = WatchWorld(using: &random)
            world.run(using: &random)
            guard let problem = world.problem else { continue }
            Issue.record("seed \(seed), round \(round): \(problem)\n\(world.log.suffix(60).joined(separator: "\n"))")
            return
        }
    }
}

/// Nonsense instead of frames: the relay ends, or goes on, and never traps.
@Suite struct RelayWatchGarbageTests {
    @Test(arguments: 0..<40)
    func garbage_endsTheRelay_orPasses(_ seed: UInt64) {
        var random = WebSocketRandom(seed)
        for _ in 0..<40 {
            let bench = WatchBench(expiry: 30_000, deflate: Bool.random(using: &random))
            var sent: [RelaySide: Int] = [:]
            var passed: [RelaySide: Int] = [:]
            for _ in 0..<40 {
                let side: RelaySide = Bool.random(using: &random) ? .client : .upstream
                bench.pass(to: bench.now + Int.random(in: 0...2000, using: &random))
                let bytes = Self.bytes(from: side, bench.lastPing[side] ?? [], using: &random)
                let effects = bench.send(bytes, from: side)
                sent[side, default: 0] += bytes.count
                // A ping may stand among what passes, and what the client got before its end.
                for buffer in [effects.orders?.beforeToOther, effects.toOther] {
                    passed[side, default: 0] += buffer?.readableBytes ?? 0
                }
                #expect(passed[side] ?? 0 <= (sent[side] ?? 0) + 60)
            }
            for side in RelaySide.allCases { bench.did(bench.machine.closed(by: side)) }
            #expect(bench.isFinished && bench.wakesAt == nil)
        }
    }

    private static func bytes(from side: RelaySide, _ cookie: [UInt8], using random: inout WebSocketRandom) -> [UInt8] {
        var bytes: [UInt8]
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes = WebSocketWire.frame(10, cookie, masked: side == .client)
        case 1: bytes = WebSocketWire.text(#"{"type":"renew","token":"abc"}"#, masked: side == .client)
        case 2:
            bytes = RandomFrames.message(
                ScannerRules(direction: side == .client ? .fromClient : .fromServer), using: &random)
        case 3: bytes = WebSocketWire.frame(1, Array(repeating: 0x20, count: 200), masked: side == .client)
        default:
            bytes = (0..<Int.random(in: 1...30, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        if Int.random(in: 0..<4, using: &random) == 0, let index = bytes.indices.randomElement(using: &random) {
            bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        return Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &random)))
    }
}

private final class WatchWorld {
    private final class Peer {
        /// All that this side sends, in whole frames, and how much of it is out.
        var stream: [UInt8] = []
        var isGone = false
        var isInFragments = false
        /// What the application on the other side has still to see of this one.
        var expected: [SeenFrame] = []
        /// What was written to this side and is no whole frame yet.
        var received: ArraySlice<UInt8> = []
        var isCloseReceived = false
        var isGettingMessage = false
        var isCloseSent = false
        var answersPings = true
        /// Frames for the other application, and where in `stream` they end.
        var pending: [(frame: SeenFrame, end: Int)] = []
        var sentBytes = 0
        var closings: [ChannelClosing] = []
    }

    private let bench: WatchBench
    private let deflate: Bool
    private var peers: [RelaySide: Peer] = [.client: Peer(), .upstream: Peer()]
    private var pings: [RelaySide: Set<[UInt8]>] = [.client: [], .upstream: []]
    private var trips = 0
    private var keptPongs = 0
    private var renewalsSent = 0
    private var renewalsAsked = 0
    private var isClosing = false
    private(set) var problem: String?
    private(set) var log: [String] = []

    init(using random: inout WebSocketRandom) {
        self.deflate = Bool.random(using: &random)
        let ping = PingRule(
            interval: .milliseconds(Int.random(in: 1...3000, using: &random)),
            timeout: .milliseconds(Int.random(in: 500...3000, using: &random)))
        let rate = RateRule(
            messages: Bool.random(using: &random) ? RateBound(perSecond: 20, burst: 20) : nil,
            bytes: Bool.random(using: &random) ? RateBound(perSecond: 4000, burst: 4000) : nil,
            excess: Int.random(in: 0..<4, using: &random) == 0 ? .close : .delay)
        let rules = RelayRules(
            ping: Int.random(in: 0..<5, using: &random) == 0 ? nil : ping,
            idle: Bool.random(using: &random) ? IdleRule(time: .seconds(8)) : nil,
            rate: Bool.random(using: &random) ? rate : nil,
            notice: NoticeRule(before: .seconds(5), message: [.text(Array("soon".utf8))]),
            renewal: WatchBench.rules.renewal
        )
        self.bench = WatchBench(
            rules,
            expiry: Bool.random(using: &random) ? Int.random(in: 1000...20_000, using: &random) : nil,
            oldAge: Int.random(in: 0..<4, using: &random) == 0 ? 25_000 : nil,
            deflate: self.deflate)
        self.noteSent(self.bench.takeClientBytes(), to: .client)
        self.peers[.client]?.answersPings = Int.random(in: 0..<8, using: &random) > 0
        self.peers[.upstream]?.answersPings = Int.random(in: 0..<8, using: &random) > 0
    }

    private func fail(_ problem: String) { if self.problem == nil { self.problem = problem } }

    private func peer(_ side: RelaySide) -> Peer { self.peers[side] ?? Peer() }

    // MARK: The run

    func run(using random: inout WebSocketRandom) {
        let calm = Int.random(in: 0...2, using: &random)
        for _ in 0..<150 where self.problem == nil { self.step(calm, using: &random) }
        // All that was sent arrives, if the relay is still open.
        for side in RelaySide.allCases {
            if !self.bench.isPaused || side == .upstream || self.isClosing { self.send(side, 1 << 20) }
        }
        if !self.isClosing {
            for side in RelaySide.allCases where !self.bench.isPaused || side == .upstream {
                if !self.peer(side).expected.isEmpty {
                    self.fail("\(side.other) has not got \(self.peer(side).expected.count) frames")
                }
                if !self.peer(side.other).received.isEmpty { self.fail("\(side.other) has got half a frame") }
            }
        }
        if self.keptPongs < self.trips { self.fail("more round trips than pongs") }
        for side in RelaySide.allCases where !self.peer(side).isGone { self.closed(side) }
        if !self.bench.isFinished { self.fail("not finished") }
        if self.bench.wakesAt != nil { self.fail("a deadline is left") }
        self.later()
    }

    private func step(_ calm: Int, using random: inout WebSocketRandom) {
        let side: RelaySide = Bool.random(using: &random) ? .client : .upstream
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30: self.compose(side, using: &random)
        case 30..<70: self.send(side, [1, 2, 7, 40, 3000].randomElement(using: &random) ?? 1, using: &random)
        case 70..<90: self.pass(Int.random(in: 1...800, using: &random))
        case 90..<94:
            let isWritable = Bool.random(using: &random)
            self.did(
                "\(side) writable \(isWritable)",
                self.bench.machine.writabilityChanged(of: side, isWritable: isWritable, now: self.bench.time))
        case 94:
            self.did(
                "renewed", self.bench.machine.renewed(until: self.bench.time + 10_000_000_000, now: self.bench.time))
        case 95:
            self.did("answered", self.bench.machine.renewalAnswered(Bool.random(using: &random)))
        case 96 where calm == 0:
            self.did(
                "drain",
                self.bench.machine.drain(
                    at: self.bench.time + 1_000_000_000, with: WebSocketClose(1012, "x"), now: self.bench.time))
        case 97 where calm == 0: self.composeClose(side)
        case 98 where calm == 0 && Int.random(in: 0..<5, using: &random) == 0:
            if !self.peer(side).isGone { self.closed(side) }
        case 99 where calm == 0 && Int.random(in: 0..<5, using: &random) == 0:
            self.did("expired", self.bench.machine.tokenExpired())
        default: break
        }
    }

    /// One event after the end, of each kind.
    private func later() {
        for side in RelaySide.allCases {
            self.did("late", self.bench.machine.received(from: side, ByteBuffer(bytes: [0x81]), now: self.bench.time))
            self.did("late", self.bench.machine.closed(by: side))
            self.did("late", self.bench.machine.slowConsumer(side))
            self.did("late", self.bench.machine.writabilityChanged(of: side, isWritable: true, now: self.bench.time))
        }
        self.did("late", self.bench.machine.deadlinePassed(now: self.bench.time))
        self.did("late", self.bench.machine.began(now: self.bench.time))
        self.did("late", self.bench.machine.renewed(until: 0, now: self.bench.time))
        self.did("late", self.bench.machine.renewalAnswered(true))
        self.did("late", self.bench.machine.drain(at: 0, with: .empty, now: self.bench.time))
        self.did("late", self.bench.machine.tokenExpired())
        if self.log.suffix(14).contains(where: { !$0.hasSuffix(": -") }) { self.fail("something after the end") }
    }

    // MARK: Peers

    private func compose(_ side: RelaySide, using random: inout WebSocketRandom) {
        let peer = self.peer(side)
        guard !peer.isCloseSent, peer.stream.count - peer.sentBytes < 4000 else { return }
        let masked = side == .client
        let most = [10, 60, 300].randomElement(using: &random) ?? 10
        let payload = (0..<Int.random(in: 0...most, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        var isRenewal = false
        let frame: [UInt8]
        switch Int.random(in: 0..<12, using: &random) {
        case 0: frame = WebSocketWire.frame(9, Array(payload.prefix(125)), masked: masked)
        case 1: frame = WebSocketWire.frame(10, Array(payload.prefix(8)), masked: masked)
        case 2:
            // Nearly one of ours.
            let last = UInt8.random(in: 0...9, using: &random)
            frame = WebSocketWire.frame(10, [1, 0, 0, 0, 0, 0, 0, last], masked: masked)
        case 3...5 where peer.isInFragments:
            peer.isInFragments = Bool.random(using: &random)
            frame = WebSocketWire.frame(0, payload, masked: masked, fin: !peer.isInFragments)
        case _ where peer.isInFragments:
            frame = WebSocketWire.frame(9, [1], masked: masked)
        case 3:
            peer.isInFragments = true
            frame = WebSocketWire.frame(1, payload, masked: masked, fin: false)
        case 4, 5:
            let text =
                Bool.random(using: &random) ? #"{"type":"renew","token":"abc"}"# : #"{"type":"renewed","token":"abc"}"#
            isRenewal = side == .client && text.contains(#""renew""#)
            frame = WebSocketWire.text(text, masked: masked)
        case 6 where self.deflate: frame = WebSocketWire.frame(1, payload, masked: masked, rsv: 4)
        case 7: frame = WebSocketWire.text(#"{"type":"message","text":"hello, it is me again"}"#, masked: masked)
        default: frame = WebSocketWire.frame(UInt8.random(in: 1...2, using: &random), payload, masked: masked)
        }
        if isRenewal { self.renewalsSent += 1 }
        self.queue(frame, side, isGateways: isRenewal)
    }

    private func queue(_ bytes: [UInt8], _ side: RelaySide, isGateways: Bool) {
        let peer = self.peer(side)
        peer.stream += bytes
        var rest = bytes[...]
        if !isGateways, let frame = SeenFrame(&rest) { peer.pending.append((frame, peer.stream.count)) }
    }

    private func composeClose(_ side: RelaySide) {
        let peer = self.peer(side)
        guard !peer.isCloseSent, !peer.isGone else { return }
        peer.isCloseSent = true
        self.queue(WebSocketWire.close(1000, "bye", masked: side == .client), side, isGateways: true)
    }

    private func send(_ side: RelaySide, _ most: Int, using random: inout WebSocketRandom) {
        self.send(side, Int.random(in: 1...most, using: &random))
    }

    private func send(_ side: RelaySide, _ count: Int) {
        let peer = self.peer(side)
        guard !peer.isGone, !self.bench.isPaused || side == .upstream else { return }
        let end = min(peer.stream.count, peer.sentBytes + count)
        guard end > peer.sentBytes else { return }
        let bytes = peer.stream[peer.sentBytes..<end]
        peer.sentBytes = end
        while let first = peer.pending.first, first.end <= end {
            peer.expected.append(first.frame)
            peer.pending.removeFirst()
        }
        var buffer = ByteBuffer(bytes: [0, 0] + bytes)
        buffer.moveReaderIndex(forwardBy: 2)
        self.did(
            "\(side) sends \(bytes.count)", self.bench.machine.received(from: side, buffer, now: self.bench.time),
            from: side)
    }

    private func pass(_ milliseconds: Int) {
        let end = self.bench.now + milliseconds
        while let wakesAt = self.bench.wakesAt, wakesAt <= end {
            self.bench.sleep(to: wakesAt)
            self.did("wakes at \(wakesAt)", self.bench.machine.deadlinePassed(now: self.bench.time))
        }
        self.bench.sleep(to: end)
    }

    private func closed(_ side: RelaySide) {
        self.peer(side).isGone = true
        self.did("\(side) gone", self.bench.machine.closed(by: side))
    }

    // MARK: Orders

    private func did(_ event: String, _ effects: RelayEffects, from side: RelaySide? = nil) {
        self.log.append("\(event): \(RelayBench.describe(effects))")
        self.bench.did(effects)
        self.isClosing = self.bench.machine.summary.cause != nil
        if let side {
            for buffer in [effects.orders?.beforeToOther, effects.toOther] {
                self.noteSent(buffer.map { Array($0.readableBytesView) } ?? [], to: side.other)
            }
        } else if effects.toOther != nil || effects.orders?.beforeToOther != nil {
            self.fail("bytes out of nowhere")
        }
        guard let orders = effects.orders else { return }
        self.noteSent(orders.toClient.map { Array($0.readableBytesView) } ?? [], to: .client)
        self.noteSent(orders.toUpstream.map { Array($0.readableBytesView) } ?? [], to: .upstream)
        if orders.roundTrip != nil { self.trips += 1 }
        if let token = orders.renewalToken {
            self.renewalsAsked += 1
            if token != Array("abc".utf8) { self.fail("another token") }
            if self.renewalsAsked > self.renewalsSent { self.fail("a renewal out of nowhere") }
        }
        if orders.clientReading == .pause, self.isClosing { self.fail("paused while closing") }
        if !self.isClosing, orders.closeClient != nil || orders.closeUpstream != nil { self.fail("closed while open") }
        for (side, closing) in [(RelaySide.client, orders.closeClient), (.upstream, orders.closeUpstream)] {
            guard let closing else { continue }
            if self.peer(side).closings.contains(closing) { self.fail("\(side) closed twice") }
            self.peer(side).closings.append(closing)
        }
        if self.isClosing, !self.bench.isFinished, self.bench.wakesAt == nil,
            RelaySide.allCases.contains(where: { !self.peer($0).isGone && self.peer($0).closings.last != .now })
        {
            self.fail("closing without a deadline")
        }
    }

    /// Bytes written to `side`: its frames are those that the other side sent, in order, or the gateway's own.
    private func noteSent(_ bytes: [UInt8], to side: RelaySide) {
        let peer = self.peer(side)
        if !bytes.isEmpty, peer.isGone { self.fail("bytes for \(side), which is gone") }
        if !bytes.isEmpty, peer.isCloseReceived { self.fail("bytes for \(side) after its Close") }
        peer.received += bytes
        while let frame = SeenFrame(&peer.received) { self.note(frame, side, peer) }
    }

    private func note(_ frame: SeenFrame, _ side: RelaySide, _ peer: Peer) {
        let other = self.peer(side.other)
        if frame.isMasked != (side == .upstream) { self.fail("\(side) got a wrong mask") }
        if frame.opcode == 8 {
            peer.isCloseReceived = true
            if !self.isClosing { self.fail("a Close while open") }
            return
        }
        if other.expected.first?.bytes == frame.bytes {
            other.expected.removeFirst()
            if frame.opcode < 8 { peer.isGettingMessage = !frame.fin }
            return
        }
        switch frame.opcode {
        case 9 where frame.payload.count == 8 && self.pings[side]?.contains(frame.payload) == false:
            self.pings[side]?.insert(frame.payload)
            if peer.answersPings, !peer.isCloseSent {
                self.keptPongs += 1
                self.queue(WebSocketWire.frame(10, frame.payload, masked: side == .client), side, isGateways: true)
            }
        case 1 where side == .client && self.isOwnText(frame):
            if peer.isGettingMessage { self.fail("a message inside a message") }
        default:
            self.fail("\(side) got a frame nobody sent: \(frame)")
        }
    }

    private func isOwnText(_ frame: SeenFrame) -> Bool {
        guard frame.fin, frame.rsv == 0 else { return false }
        return ["soon", "ok", "no"].contains(String(decoding: frame.payload, as: UTF8.self))
    }
}
