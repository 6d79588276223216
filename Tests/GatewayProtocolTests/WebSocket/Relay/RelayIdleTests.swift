import GatewayProtocol
import NIOCore
import Testing

/// Sessions that end because nothing happens, because they are old, or because their gateway leaves.
@Suite struct RelayIdleTests {
    private static func ends(_ lines: [String]) -> [String] { lines.filter { $0.contains("drain") } }

    private static let idleEnd = "client >1001 idle, upstream <1001 idle, drain client, drain upstream, 1 s"

    @Test func session_ends_whenNoMessageComes() {
        let bench = WatchBench(RelayRules(idle: IdleRule(time: .seconds(100))))
        bench.pass(to: 60_000)
        bench.send(WebSocketWire.text("hi", masked: true), from: .client)
        bench.pass(to: 120_000)
        bench.send(WebSocketWire.text("hi", masked: false), from: .upstream)
        #expect(Self.ends(bench.pass(to: 219_999)) == [])
        #expect(bench.pass(to: 220_000) == ["220 s: \(Self.idleEnd)"])
        #expect(bench.machine.summary.cause == .idle)
    }

    @Test(arguments: [false, true], RelaySide.allCases)
    func controlFrames_keepASession_whenTheyAreToCount(_ counts: Bool, _ side: RelaySide) {
        let bench = WatchBench(RelayRules(idle: IdleRule(time: .seconds(100), countsControlFrames: counts)))
        bench.pass(to: 60_000)
        bench.send(WebSocketWire.frame(9, [1], masked: side == .client), from: side)
        #expect(Self.ends(bench.pass(to: 100_000)).isEmpty == counts)
        #expect(Self.ends(bench.pass(to: 160_000)).isEmpty == !counts)
    }

    /// Otherwise no pinged session would ever be idle.
    @Test func ownPings_neverKeepASession() {
        let ping = PingRule(interval: .seconds(30), timeout: .seconds(10))
        let rules = RelayRules(ping: ping, idle: IdleRule(time: .seconds(100), countsControlFrames: true))
        for cut in [0, 1, 5] {
            let bench = WatchBench(rules)
            for second in 0..<100 {
                #expect(Self.ends(bench.pass(to: second * 1000)) == [])
                guard let client = bench.lastPing[.client], let upstream = bench.lastPing[.upstream] else { continue }
                guard second % 30 == 1 else { continue }
                for (side, payload) in [(RelaySide.client, client), (.upstream, upstream)] {
                    let pong = WebSocketWire.frame(10, payload, masked: side == .client)
                    bench.send(Array(pong[..<cut]), from: side)
                    bench.send(Array(pong[cut...]), from: side)
                }
            }
            #expect(bench.pass(to: 100_000).last == "100 s: \(Self.idleEnd)")
        }
    }

    @Test func slowMessage_keepsASession_whileItsBytesCome() {
        let bench = WatchBench(RelayRules(idle: IdleRule(time: .seconds(100))))
        bench.send(WebSocketWire.header(2, length: 1000, masked: true), from: .client)
        for step in 1...5 {
            bench.pass(to: step * 90_000)
            bench.send([0], from: .client)
        }
        #expect(Self.ends(bench.pass(to: 540_000)) == [])
        #expect(Self.ends(bench.pass(to: 550_000)).count == 1)
    }

    @Test func fragments_ofAControlFrame_areNoMessage() {
        let bench = WatchBench(RelayRules(idle: IdleRule(time: .seconds(100))))
        let ping = WebSocketWire.frame(9, Array(repeating: 1, count: 100), masked: true)
        for (index, byte) in ping.enumerated() {
            bench.pass(to: index * 900)
            bench.send([byte], from: .client)
        }
        #expect(Self.ends(bench.pass(to: 100_000)).count == 1)
    }

    @Test func session_isNotIdle_whileASideIsFull() {
        let bench = WatchBench(RelayRules(idle: IdleRule(time: .seconds(100))))
        bench.did(bench.machine.writabilityChanged(of: .client, isWritable: false, now: bench.time))
        #expect(Self.ends(bench.pass(to: 500_000)) == [])
        bench.did(bench.machine.writabilityChanged(of: .client, isWritable: true, now: bench.time))
        #expect(Self.ends(bench.pass(to: 599_999)) == [])
        #expect(Self.ends(bench.pass(to: 600_000)).count == 1)
    }

    // MARK: Age

    @Test func session_ends_whenItIsOld() {
        let bench = WatchBench(RelayRules(), oldAge: 3_600_000)
        bench.pass(to: 3_599_999)
        #expect(
            bench.pass(to: 3_600_000) == [
                "3600 s: client >1001 session too old, upstream <1001 session too old, drain client, drain upstream, 1 s"
            ])
        #expect(bench.machine.summary.cause == .tooOld)
    }

    @Test func oldSession_isToldWhatIsConfigured_atAFrameBoundary() {
        let bench = WatchBench(RelayRules(ageClose: WebSocketClose(1012, "move over")), oldAge: 1000)
        let frame = WebSocketWire.text("hello", masked: false)
        bench.send(Array(frame[..<4]), from: .upstream)
        #expect(bench.pass(to: 1000) == ["1 s: upstream <1001 move over, drain client, 1 s"])
        let effects = bench.send(Array(frame[4...]), from: .upstream)
        #expect(RelayBench.describe(effects) == "pass 3 bytes, client >1012 move over, drain upstream")
    }

    // MARK: Drain

    @Test(arguments: [(UInt16(1001), "bye"), (1012, "service restart")])
    func drain_comesInItsTurn(_ code: UInt16, _ reason: String) {
        for rules in [RelayRules(), WatchBench.rules] {
            let bench = WatchBench(rules)
            let close = WebSocketClose(code, text: reason)
            bench.did(bench.machine.drain(at: WatchBench.time(5000), with: close, now: bench.time))
            #expect(bench.wakesAt == 5000)
            bench.pass(to: 4000)
            let text = WebSocketWire.text("still here", masked: true)
            #expect(bench.send(text, from: .client).toOther?.readableBytes == text.count)
            #expect(
                bench.pass(to: 5000).last
                    == "5 s: client >\(code) \(reason), upstream <1001 \(reason), drain client, drain upstream, 1 s")
            #expect(bench.machine.summary.cause == .stopped(code: code))
        }
    }

    @Test func drain_isAtOnce_whenItsTimeIsOver() {
        let bench = WatchBench(RelayRules())
        let effects = bench.machine.drain(at: bench.time, with: WebSocketClose(1001, "now"), now: bench.time)
        #expect(effects.orders?.toClient != nil && effects.orders?.toUpstream != nil)
        #expect(bench.machine.drain(at: .max, with: .empty, now: 0).isNothing)
    }

    @Test func drain_keepsTheEarlierTurn() {
        let bench = WatchBench(RelayRules())
        for time in [9000, 4000, 7000] {
            bench.did(
                bench.machine.drain(
                    at: WatchBench.time(time), with: WebSocketClose(1001, text: "\(time)"), now: bench.time))
        }
        #expect(bench.pass(to: 10_000).first?.hasPrefix("4 s: client >1001 4000") == true)
    }

    // MARK: Slow consumers

    @Test func slowClient_isTold1008() {
        let bench = WatchBench(RelayRules())
        #expect(
            RelayBench.describe(bench.machine.slowConsumer(.client))
                == "client >1008 too slow, upstream <1001 too slow, drain client, drain upstream, 1 s")
        #expect(bench.machine.summary.cause == .slow(.client) && bench.machine.summary.cause?.side == nil)
    }

    @Test func clientOfASlowUpstream_isToldToComeBack() {
        let bench = WatchBench(RelayRules())
        #expect(
            RelayBench.describe(bench.machine.slowConsumer(.upstream))
                == "client >1013 upstream too slow, upstream <1001 upstream too slow, drain client, drain upstream, 1 s"
        )
        #expect(bench.machine.summary.cause == .slow(.upstream))
        #expect(bench.machine.slowConsumer(.client).isNothing)
    }

    /// The frame it is in the middle of will not be complete in time; the deadline ends it.
    @Test func slowSide_isCut_whenItCannotBeTold() {
        let bench = WatchBench(RelayRules())
        bench.send(Array(WebSocketWire.text("half", masked: false).dropLast(2)), from: .upstream)
        #expect(
            RelayBench.describe(bench.machine.slowConsumer(.client)) == "upstream <1001 too slow, drain client, 1 s")
        #expect(RelayBench.describe(bench.machine.deadlinePassed()) == "end client now, end upstream now")
    }
}
