import GatewayProtocol
import NIOCore
import Testing

/// Two peers that send good and bad frames in random pieces, and everything that can happen to a relay in random order.
@Suite struct RelayRandomTests {
    @Test(arguments: 0..<30)
    func relay_keepsItsPromises_whateverTheOrder(_ seed: UInt64) {
        var random = WebSocketRandom(seed &* 7919)
        for round in 0..<40 {
            var world = RelayWorld(using: &random)
            world.run(using: &random)
            for problem in world.problems() {
                Issue.record("seed \(seed), round \(round): \(problem)\n\(world.log.joined(separator: "\n"))")
                return
            }
        }
    }

    @Test(arguments: 0..<20)
    func stream_arrivesComplete_whenNothingIsWrong(_ seed: UInt64) {
        var random = WebSocketRandom(seed)
        for side in RelaySide.allCases {
            let rules = ScannerRules(direction: side == .client ? .fromClient : .fromServer)
            let stream = (0..<20).flatMap { _ in RandomFrames.message(rules, using: &random) }
            var machine = RelayStateMachine(limits: RelayBench.limits, deflate: false, maskKey: 0)
            var out: [UInt8] = []
            var start = 0
            while start < stream.count {
                let end = min(stream.count, start + Int.random(in: 1...200, using: &random))
                let effects = machine.received(from: side, ByteBuffer(bytes: stream[start..<end]))
                if let held = effects.orders?.beforeToOther { out += Array(held.readableBytesView) }
                if let bytes = effects.toOther { out += Array(bytes.readableBytesView) }
                #expect(effects.orders == nil || effects.orders?.beforeToOther != nil)
                start = end
            }
            #expect(out == stream)
            #expect(machine.summary.cause == nil)
        }
    }
}

/// A relay, its two peers, and a record of all that was ordered.
private struct RelayWorld: ~Copyable {
    private struct Peer {
        /// What this side will send, and how far it has.
        var stream: [UInt8]
        var sent = 0
        /// What was written to this side.
        var got: [UInt8] = []
        var isGone = false
        var closings: [ChannelClosing] = []
    }

    private var machine: RelayStateMachine
    private var peers: [RelaySide: Peer] = [:]
    private var isArmed = false
    private var timesArmed = 0
    private var timesFinished = 0
    private var cutAt: Int?
    private var failures: [String] = []
    var log: [String] = []

    init(using random: inout WebSocketRandom) {
        self.machine = RelayStateMachine(
            limits: RelayBench.limits, deflate: false, maskKey: UInt32(truncatingIfNeeded: random.next()))
        for side in RelaySide.allCases {
            let rules = ScannerRules(direction: side == .client ? .fromClient : .fromServer)
            var stream = RandomFrames.stream(rules, using: &random)
            if Int.random(in: 0..<4, using: &random) == 0, let index = stream.indices.randomElement(using: &random) {
                stream[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            self.peers[side] = Peer(stream: stream)
        }
    }

    mutating func run(using random: inout WebSocketRandom) {
        // Some worlds are calm, so that closing handshakes come to their end.
        let unrest = Int.random(in: 0...2, using: &random)
        for _ in 0..<60 { self.step(unrest, using: &random) }
        // What is left ends by itself: channels that were told to close do, and deadlines pass.
        for _ in 0..<8 {
            self.closeOrdered()
            if self.isArmed { self.passDeadline() }
        }
        if self.isOpen {
            self.gone(.client)
            self.closeOrdered()
        }
        for _ in 0..<4 {
            if self.isArmed { self.passDeadline() }
            self.closeOrdered()
        }
        // One event after the end, of each kind.
        for side in RelaySide.allCases {
            self.apply(self.machine.received(from: side, ByteBuffer(bytes: [0x81, 0x00])), "late bytes", from: side)
            self.apply(self.machine.closed(by: side), "late end")
        }
        self.apply(self.machine.tokenExpired(), "late expiry")
        self.apply(self.machine.stop(WebSocketClose(1012, "late")), "late stop")
        self.apply(self.machine.deadlinePassed(), "late deadline")
    }

    private mutating func step(_ unrest: Int, using random: inout WebSocketRandom) {
        let side: RelaySide = Bool.random(using: &random) ? .client : .upstream
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<85: self.send(side, using: &random)
        case 85..<93: self.closeOrdered(side)
        case 93..<94 where unrest > 0: self.gone(side)
        case 94..<95 where unrest > 0: self.expire()
        case 95..<96 where unrest > 0: self.stop(using: &random)
        case 96..<98 where unrest > 1: if self.isArmed { self.passDeadline() }
        default: break
        }
    }

    private mutating func send(_ side: RelaySide, using random: inout WebSocketRandom) {
        guard let peer = self.peers[side], !peer.isGone, peer.sent < peer.stream.count else { return }
        let most = [1, 7, 50, 2000].randomElement(using: &random) ?? 1
        let end = min(peer.stream.count, peer.sent + Int.random(in: 1...most, using: &random))
        // Bytes of a received buffer need not begin at its start.
        var buffer = ByteBuffer(bytes: [0, 0] + peer.stream[peer.sent..<end])
        buffer.moveReaderIndex(forwardBy: 2)
        self.peers[side]?.sent = end
        self.apply(self.machine.received(from: side, buffer), "\(side) sends \(end - peer.sent)", from: side)
    }

    private mutating func gone(_ side: RelaySide) {
        guard self.peers[side]?.isGone == false else { return }
        self.peers[side]?.isGone = true
        self.apply(self.machine.closed(by: side), "\(side) gone")
    }

    private mutating func closeOrdered(_ side: RelaySide? = nil) {
        for each in RelaySide.allCases where side == nil || side == each {
            if self.peers[each]?.closings.isEmpty == false { self.gone(each) }
        }
    }

    private mutating func expire() {
        self.apply(self.machine.tokenExpired(), "expired")
        if self.cutAt == nil { self.cutAt = self.withoutClose(.upstream) }
    }

    private mutating func stop(using random: inout WebSocketRandom) {
        let cuts = Bool.random(using: &random)
        self.apply(self.machine.stop(WebSocketClose(1012, "restart"), cutsClient: cuts), "stop, cuts \(cuts)")
        if cuts, self.cutAt == nil { self.cutAt = self.withoutClose(.upstream) }
    }

    private mutating func passDeadline() {
        self.isArmed = false
        self.apply(self.machine.deadlinePassed(), "deadline")
    }

    private mutating func apply(_ effects: RelayEffects, _ event: String, from side: RelaySide? = nil) {
        self.log.append("\(event): \(RelayBench.describe(effects))")
        if let side {
            self.write(effects.orders?.beforeToOther, to: side.other)
            self.write(effects.toOther, to: side.other)
            if effects.toOther == nil, effects.orders?.beforeToOther != nil { self.fail("held bytes alone") }
        } else if effects.toOther != nil || effects.orders?.beforeToOther != nil {
            self.fail("bytes out of nowhere")
        }
        guard let orders = effects.orders else { return }
        self.write(orders.toClient, to: .client)
        self.write(orders.toUpstream, to: .upstream)
        switch orders.deadline {
        case .arm:
            self.isArmed = true
            self.timesArmed += 1
        case .cancel: self.isArmed = false
        case nil: break
        }
        if let closing = orders.closeClient { self.order(closing, .client) }
        if let closing = orders.closeUpstream { self.order(closing, .upstream) }
        if orders.isFinished {
            self.timesFinished += 1
            if self.peers.values.contains(where: { !$0.isGone }) { self.fail("finished too early") }
        }
        self.checkDeadline()
    }

    private var isOpen: Bool { self.machine.summary.cause == nil }

    private mutating func checkDeadline() {
        let isOver = self.peers.values.allSatisfy { $0.isGone || $0.closings.last == .now }
        if !self.isOpen, !self.isArmed, !isOver { self.fail("closing without a deadline") }
        if self.isOpen, self.isArmed { self.fail("a deadline while open") }
    }

    private mutating func write(_ buffer: ByteBuffer?, to side: RelaySide) {
        guard let buffer else { return }
        if self.peers[side]?.isGone == true { self.fail("bytes for a side that is gone") }
        self.peers[side]?.got += Array(buffer.readableBytesView)
    }

    private mutating func order(_ closing: ChannelClosing, _ side: RelaySide) {
        guard let peer = self.peers[side] else { return }
        if peer.isGone { self.fail("close of a side that is gone") }
        if peer.closings.contains(closing) { self.fail("closed twice \(closing)") }
        if peer.closings.contains(.now) { self.fail("closed after now") }
        self.peers[side]?.closings.append(closing)
    }

    private mutating func fail(_ problem: String) { self.failures.append(problem) }

    /// How many bytes of the other side `side` has got.
    private func withoutClose(_ side: RelaySide) -> Int {
        guard let got = self.peers[side]?.got, let stream = self.peers[side.other]?.stream else { return 0 }
        var rest = got[...]
        while let frame = SeenFrame(&rest) {
            if frame.opcode == 8 { return got.count - rest.count - frame.bytes.count }
        }
        return min(got.count, stream.count)
    }

    func problems() -> [String] {
        var found = self.failures
        if self.timesFinished != 1 { found.append("finished \(self.timesFinished) times") }
        if self.isArmed { found.append("a deadline is left") }
        if self.timesArmed > 8 { found.append("armed \(self.timesArmed) times") }
        for side in RelaySide.allCases { found += self.problems(side) }
        let summary = self.machine.summary
        if summary.cause == nil { found.append("no cause") }
        return found
    }

    private func problems(_ side: RelaySide) -> [String] {
        guard let got = self.peers[side]?.got, let stream = self.peers[side.other]?.stream else { return [] }
        var found: [String] = []
        let forwarded = self.withoutClose(side)
        if got[..<forwarded] != stream.prefix(forwarded) { found.append("\(side) got other bytes than were sent") }
        if side == .upstream, let cut = self.cutAt, forwarded > cut { found.append("bytes after the cut") }
        let rest = Array(got[forwarded...])
        if !rest.isEmpty {
            guard let frames = WebSocketWire.frames(rest), frames.count == 1, let close = frames.first else {
                return found + ["\(side) got more than a Close: \(rest)"]
            }
            if close.opcode != 8 || !close.fin || close.rsv != 0 { found.append("\(side) got no good Close") }
            if close.isMasked != (side == .upstream) { found.append("\(side) got a wrong mask") }
            if let code = close.closeCode, !WebSocketCloseCode.mayBeSent(code) { found.append("\(side) got \(code)") }
            if close.payload.count == 1 { found.append("\(side) got half a code") }
        }
        let summary = self.machine.summary
        let sent = side == .client ? summary.sentToClient : summary.sentToUpstream
        let seen = rest.isEmpty ? 1006 : WebSocketWire.frames(rest)?.first?.closeCode ?? 1005
        if sent != seen { found.append("\(side) got \(seen), summary says \(sent)") }
        return found
    }
}
