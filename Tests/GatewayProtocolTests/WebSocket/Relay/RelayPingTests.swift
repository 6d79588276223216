import GatewayProtocol
import NIOCore
import Testing

/// Our own pings: when they are sent, which pongs are kept, and what becomes of a side that does not answer.
@Suite struct RelayPingTests {
    private static let rules = RelayRules(ping: PingRule(interval: .seconds(30), timeout: .seconds(10)))

    private static func bytes(_ buffer: ByteBuffer?) -> [UInt8] { buffer.map { Array($0.readableBytesView) } ?? [] }

    private static func passed(_ effects: RelayEffects) -> [UInt8] {
        Self.bytes(effects.orders?.beforeToOther) + Self.bytes(effects.toOther)
    }

    private static func pong(_ payload: [UInt8], from side: RelaySide) -> [UInt8] {
        WebSocketWire.frame(10, payload, masked: side == .client)
    }

    @Test func pings_areSent_afterASilenceOfEachSide() {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 20_000)
        bench.send(WebSocketWire.text("hi", masked: false), from: .upstream)
        #expect(bench.pass(to: 31_000) == ["30 s: client >ping [1], 10 s"])
        _ = bench.pong(from: .client)
        #expect(bench.pass(to: 51_000) == ["40 s: 10 s", "50 s: upstream <ping [2], 10 s"])
        _ = bench.pong(from: .upstream)
        #expect(bench.pass(to: 61_000) == ["60 s: 1 s", "61 s: client >ping [3], 10 s"])
    }

    @Test(arguments: [(true, false), (false, true), (false, false)])
    func side_isNotPinged_whenItIsNotToBe(_ client: Bool, _ upstream: Bool) {
        let rule = PingRule(interval: .seconds(30), timeout: .seconds(10), client: client, upstream: upstream)
        let bench = WatchBench(RelayRules(ping: rule))
        bench.pass(to: 35_000)
        #expect((bench.lastPing[.client] != nil) == client)
        #expect((bench.lastPing[.upstream] != nil) == upstream)
    }

    @Test func cookies_areNeverRepeated_andComeFromTheSeed() {
        var opening = RelayOpening(rules: Self.rules, now: 0, seed: 0x0102_0304_0506_0708)
        opening.rules = Self.rules
        let limits = RelayLimits(maxFrame: 1000, maxMessage: 1000)
        var machine = RelayStateMachine(limits: limits, deflate: false, maskKey: 1, opening: opening)
        var seen: Set<[UInt8]> = []
        var masks: Set<[UInt8]> = []
        for round in 1...50 {
            let orders = machine.deadlinePassed(now: UInt64(round) * 30_000_000_000).orders
            for (side, buffer) in [(RelaySide.client, orders?.toClient), (.upstream, orders?.toUpstream)] {
                guard let frame = WebSocketWire.frames(Self.bytes(buffer))?.first else { continue }
                #expect(frame.opcode == 9 && frame.payload.count == 8 && frame.isMasked == (side == .upstream))
                #expect(frame.payload.starts(with: [1, 2, 3, 4, 5]))
                seen.insert(frame.payload)
                if frame.isMasked { masks.insert(Array(frame.bytes[2..<6])) }
                let pong = Self.pong(frame.payload, from: side)
                #expect(
                    Self.passed(
                        machine.received(from: side, ByteBuffer(bytes: pong), now: UInt64(round) * 30_000_000_000))
                        == [])
            }
        }
        #expect(seen.count == 100)
        #expect(masks.count == 50)
    }

    // MARK: Pongs

    @Test(arguments: RelaySide.allCases)
    func ownPong_isKept_andTimed(_ side: RelaySide) throws {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        bench.pass(to: 30_025)
        let effects = bench.pong(from: side)
        #expect(Self.passed(effects) == [])
        let trip = try #require(effects.orders?.roundTrip)
        #expect(trip.side == side && trip.nanoseconds == 25_000_000)
        // The same again is nobody's but the other side's.
        let again = Self.pong(bench.lastPing[side] ?? [], from: side)
        #expect(Self.passed(bench.send(again, from: side)) == again)
    }

    /// Whatever stands around it, and wherever the reads cut it, only our pong is missing.
    @Test(arguments: RelaySide.allCases)
    func ownPong_isCutOut_howeverReadsCutTheStream(_ side: RelaySide) {
        let masked = side == .client
        let before =
            WebSocketWire.text("before", masked: masked) + Self.pong([1, 2, 3], from: side)
            + Self.pong([9, 9, 9, 9, 9, 9, 9, 9], from: side)
            + WebSocketWire.text("frag", masked: masked, fin: false)
        let after =
            WebSocketWire.frame(0, [1, 2], masked: masked)
            + WebSocketWire.frame(2, Array(repeating: 7, count: 300), masked: masked)
        for cut in 0...200 {
            let bench = WatchBench(Self.rules)
            bench.pass(to: 30_000)
            let stream = before + Self.pong(bench.lastPing[side] ?? [], from: side) + after
            let first = min(cut, stream.count)
            let second = min(first + cut % 7, stream.count)
            var out: [UInt8] = []
            var trips = 0
            for piece in [stream[..<first], stream[first..<second], stream[second...]] where !piece.isEmpty {
                let effects = bench.send(Array(piece), from: side)
                out += Self.passed(effects)
                if effects.orders?.roundTrip != nil { trips += 1 }
            }
            #expect(out == before + after, "cut at \(first) and \(second)")
            #expect(trips == 1)
        }
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        var out: [UInt8] = []
        for byte in before + Self.pong(bench.lastPing[side] ?? [], from: side) + after {
            out += Self.passed(bench.send([byte], from: side))
        }
        #expect(out == before + after)
    }

    @Test func foreignPongs_areNotHeldBack_unlessTheyCouldBeOurs() {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        let long = Self.pong([1, 2, 3, 4, 5, 6, 7, 8, 9], from: .upstream)
        #expect(Self.passed(bench.send(Array(long[..<5]), from: .upstream)) == Array(long[..<5]))
        bench.send(Array(long[5...]), from: .upstream)
        let eight = Self.pong([1, 2, 3, 4, 5, 6, 7, 8], from: .upstream)
        #expect(Self.passed(bench.send(Array(eight[..<5]), from: .upstream)) == [])
        #expect(Self.passed(bench.send(Array(eight[5...]), from: .upstream)) == eight)
        _ = bench.pong(from: .upstream)
        // With no ping of ours out, nothing is held.
        #expect(Self.passed(bench.send(Array(eight[..<5]), from: .upstream)) == Array(eight[..<5]))
    }

    @Test func buffers_passUncopied_whileAPingIsOut() {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        let buffer = ByteBuffer(bytes: WebSocketWire.text("hi", masked: false) + Self.pong([1], from: .upstream))
        let address = buffer.withUnsafeReadableBytes { $0.baseAddress }
        let effects = bench.machine.received(from: .upstream, buffer, now: bench.time)
        #expect(effects.orders == nil)
        #expect(effects.toOther?.withUnsafeReadableBytes { $0.baseAddress } == address)
    }

    /// The applications' own pings and pongs are theirs, also when they look like ours.
    @Test func foreignPings_andTheirPongs_areRelayed() {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        let cookie = bench.lastPing[.client] ?? []
        let ping = WebSocketWire.frame(9, cookie, masked: false)
        #expect(Self.passed(bench.send(ping, from: .upstream)) == ping)
        let pong = Self.pong(cookie, from: .client)
        // The client answers twice: one answer is kept, one goes on.
        #expect(Self.passed(bench.send(pong + pong, from: .client)) == pong)
    }

    // MARK: Boundaries

    @Test func ping_waitsForTheEndOfAFrame() {
        let bench = WatchBench(Self.rules)
        let frame = WebSocketWire.frame(2, Array(repeating: 1, count: 50), masked: false)
        bench.send(Array(frame[..<20]), from: .upstream)
        #expect(bench.pass(to: 30_000) == ["30 s: upstream <ping [1], 10 s"])
        bench.pass(to: 35_000)
        // Half of the rest is no boundary; in the next read is one, and behind it the frame after.
        #expect(RelayBench.describe(bench.send(Array(frame[20..<40]), from: .upstream)) == "pass 20 bytes")
        let effects = bench.send(Array(frame[40...]) + Array(frame[..<9]), from: .upstream)
        let expected = Array(frame[40...]) + WebSocketWire.frame(9, [0, 0, 0, 0, 0, 0, 0, 2], masked: false)
        #expect(Self.passed(effects) == expected + Array(frame[..<9]))
        // It is only out from here on.
        #expect(bench.pass(to: 44_999).contains { $0.contains("end") } == false)
        #expect(bench.pass(to: 45_000).last?.contains("end client now") == true)
    }

    @Test func ping_followsTheFrame_whenTheReadEndsWithIt() {
        let bench = WatchBench(Self.rules)
        let frame = WebSocketWire.text("hello", masked: true)
        bench.send(Array(frame[..<8]), from: .client)
        bench.pass(to: 30_000)
        let effects = bench.send(Array(frame[8...]), from: .client)
        #expect(Self.bytes(effects.toOther) == Array(frame[8...]))
        #expect(WebSocketWire.frames(Self.bytes(effects.orders?.toUpstream))?.first?.opcode == 9)
    }

    @Test func ping_mayStandInsideAFragmentedMessage() {
        let bench = WatchBench(Self.rules)
        bench.send(WebSocketWire.text("a", masked: false, fin: false), from: .upstream)
        #expect(bench.pass(to: 30_000) == ["30 s: client >ping [1], upstream <ping [2], 10 s"])
    }

    // MARK: Silence

    @Test func client_isGivenUp_whenItDoesNotAnswer() {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        bench.pass(to: 35_000)
        _ = bench.pong(from: .upstream)
        #expect(
            bench.pass(to: 40_000) == [
                "40 s: client >1011 ping timeout, drain client, drain upstream, 1 s, end client afterFlush, end upstream afterFlush"
            ])
        #expect(bench.machine.summary.cause == .silent(.client))
        #expect(bench.machine.summary.sentToUpstream == 1006)
    }

    @Test func upstream_isGivenUp_whenItDoesNotAnswer() {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        _ = bench.pong(from: .client)
        #expect(
            bench.pass(to: 40_000) == [
                "40 s: client >1011 upstream connection lost, upstream <1001 ping timeout, drain client, drain upstream, 10 s, end upstream afterFlush"
            ])
        #expect(bench.machine.summary.cause == .silent(.upstream))
    }

    @Test(arguments: RelaySide.allCases)
    func silentSide_isCut_whenItIsInAFrame(_ side: RelaySide) {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        _ = bench.pong(from: side.other)
        let part = WebSocketWire.text("a longer one", masked: side == .upstream).dropLast(3)
        bench.send(Array(part), from: side.other)
        let words = bench.pass(to: 40_000).last ?? ""
        #expect(words.contains("end \(side) now"))
        #expect(bench.machine.summary.cause == .silent(side))
    }

    /// What is sent shows life: a pong may have to wait behind a large message.
    @Test func side_lives_whileItSendsAnything() {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        _ = bench.pong(from: .upstream)
        let header = WebSocketWire.header(2, length: 100_000, masked: true)
        bench.send(header, from: .client)
        for second in 31...70 {
            bench.pass(to: second * 1000)
            bench.send([0], from: .client)
            if second == 55 { _ = bench.pong(from: .upstream) }
        }
        #expect(bench.machine.summary.cause == nil)
        #expect(bench.pass(to: 80_000).last?.contains("end client") == true)
    }

    @Test func silence_meansNothing_whileTheOtherSideIsFull() {
        let bench = WatchBench(Self.rules)
        bench.pass(to: 30_000)
        bench.did(bench.machine.writabilityChanged(of: .upstream, isWritable: false, now: bench.time))
        bench.pass(to: 300_000)
        #expect(bench.machine.summary.cause == nil)
        bench.did(bench.machine.writabilityChanged(of: .upstream, isWritable: true, now: bench.time))
        #expect(bench.pass(to: 309_000).filter { $0.contains("end") } == [])
        // What the pong took says nothing about the way.
        #expect(bench.pong(from: .client).orders?.roundTrip == nil)
        #expect(bench.pass(to: 310_000).last?.contains("end upstream") == true)
    }

    @Test func nobodyIsPinged_whileASideIsFull() {
        let bench = WatchBench(Self.rules)
        bench.did(bench.machine.writabilityChanged(of: .client, isWritable: false, now: bench.time))
        #expect(bench.pass(to: 100_000).allSatisfy { !$0.contains("ping") })
        bench.did(bench.machine.writabilityChanged(of: .client, isWritable: true, now: bench.time))
        #expect(bench.pass(to: 130_000).last?.contains("ping") == true)
    }

    @Test func nothingIsArmed_whenNothingIsWatched() {
        let bench = WatchBench(RelayRules())
        #expect(bench.wakesAt == nil)
        #expect(bench.machine.deadlinePassed(now: .max).isNothing)
        #expect(bench.machine.writabilityChanged(of: .client, isWritable: false, now: 0).isNothing)
        #expect(bench.machine.renewed(until: 0, now: 0).isNothing)
        #expect(bench.machine.renewalAnswered(true).isNothing)
        #expect(bench.machine.began(now: 0).isNothing)
    }
}
