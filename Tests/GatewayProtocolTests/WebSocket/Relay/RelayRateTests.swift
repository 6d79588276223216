import GatewayProtocol
import NIOCore
import Testing

/// What a client may send in a time.
@Suite struct RelayRateTests {
    private static func rules(
        _ messages: RateBound?,
        bytes: RateBound? = nil,
        _ excess: RateRule.Excess
    ) -> RelayRules {
        RelayRules(rate: RateRule(messages: messages, bytes: bytes, excess: excess))
    }

    private static let message = WebSocketWire.text("x", masked: true)

    @Test func burst_passes_andOneMore_ends() {
        let bench = WatchBench(Self.rules(RateBound(perSecond: 2, burst: 5), .close))
        for _ in 0..<5 { #expect(bench.send(Self.message, from: .client).orders == nil) }
        #expect(
            RelayBench.describe(bench.send(Self.message, from: .client))
                == "pass <'x', client >1008 rate limit, upstream <1001 rate limit, drain client, drain upstream, 1 s")
        #expect(bench.machine.summary.cause == .rateExceeded)
    }

    /// Nothing more of a flood reaches the backend, not even the rest of a frame.
    @Test func excess_cutsTheFrame_thatItEndsIn() {
        let bench = WatchBench(Self.rules(nil, bytes: RateBound(perSecond: 10, burst: 20), .close))
        let frame = WebSocketWire.frame(2, Array(repeating: 1, count: 100), masked: true)
        #expect(
            RelayBench.describe(bench.send(Array(frame[..<50]), from: .client))
                == "pass 50 bytes, client >1008 rate limit, drain client, drain upstream, 1 s, end upstream now")
        #expect(bench.send(Array(frame[50...]), from: .client).isNothing)
    }

    @Test func rate_isEarnedBack() {
        let bench = WatchBench(Self.rules(RateBound(perSecond: 2, burst: 5), .close))
        for second in 0..<100 {
            bench.pass(to: second * 1000)
            for _ in 0..<2 { #expect(bench.send(Self.message, from: .client).orders == nil) }
        }
        for _ in 0..<3 { #expect(bench.send(Self.message, from: .client).orders == nil) }
        #expect(bench.send(Self.message, from: .client).orders != nil)
    }

    @Test func upstream_hasNoRate() {
        let bench = WatchBench(
            Self.rules(RateBound(perSecond: 1, burst: 1), bytes: RateBound(perSecond: 1, burst: 1), .close))
        for _ in 0..<100 { #expect(bench.send(WebSocketWire.text("x", masked: false), from: .upstream).orders == nil) }
    }

    @Test(
        arguments: [
            ("messages", [WebSocketWire.text("x", masked: true)], 1),
            ("control frames", [WebSocketWire.frame(9, masked: true), WebSocketWire.frame(10, masked: true)], 2),
            (
                "a message in small fragments",
                [
                    WebSocketWire.text("x", masked: true, fin: false),
                    WebSocketWire.frame(0, [1], masked: true, fin: false),
                    WebSocketWire.frame(0, [1], masked: true),
                ], 3
            ),
            (
                "a message in large fragments",
                [
                    WebSocketWire.frame(2, Array(repeating: 0, count: 1024), masked: true, fin: false),
                    WebSocketWire.frame(0, Array(repeating: 0, count: 4000), masked: true, fin: false),
                    WebSocketWire.frame(0, masked: true),
                ], 1
            ),
        ] as [(String, [[UInt8]], Int)])
    func frames_countAsMessages(_ name: String, _ frames: [[UInt8]], _ count: Int) {
        for byteByByte in [false, true] {
            for allowed in [count - 1, count] {
                // A burst is at least one.
                let bench = WatchBench(Self.rules(RateBound(perSecond: 1, burst: allowed + 1), .close))
                bench.send(Self.message, from: .client)
                let stream = frames.flatMap { $0 }
                for piece in byteByByte ? stream.map({ [$0] }) : [stream] { bench.send(piece, from: .client) }
                #expect((bench.machine.summary.cause == nil) == (allowed == count), "\(name), \(allowed)")
            }
        }
    }

    @Test func bytes_areAllBytes() {
        let bound = RateBound(perSecond: 10, burst: Self.message.count * 3)
        let bench = WatchBench(Self.rules(nil, bytes: bound, .close))
        for _ in 0..<3 { #expect(bench.send(Self.message, from: .client).orders == nil) }
        #expect(bench.send([Self.message[0]], from: .client).orders != nil)
        #expect(bench.machine.summary.cause == .rateExceeded)
    }

    @Test func ownPongs_doNotCount() {
        let ping = PingRule(interval: .seconds(30), timeout: .seconds(10))
        let rate = RateRule(messages: RateBound(perSecond: 1, burst: 1), excess: .close)
        for cut in [0, 1, 8] {
            let bench = WatchBench(RelayRules(ping: ping, rate: rate))
            bench.pass(to: 30_000)
            let pong = WebSocketWire.frame(10, bench.lastPing[.client] ?? [], masked: true)
            bench.send(Array(pong[..<cut]), from: .client)
            bench.send(Array(pong[cut...]) + Self.message, from: .client)
            #expect(bench.machine.summary.cause == nil)
            bench.send(Self.message, from: .client)
            #expect(bench.machine.summary.cause == .rateExceeded)
        }
    }

    // MARK: Delay

    @Test func client_isNotRead_untilItHasEarnedWhatItSent() {
        let bench = WatchBench(Self.rules(RateBound(perSecond: 2, burst: 4), .delay))
        let six = Array(repeating: Self.message, count: 6).flatMap { $0 }
        let effects = bench.send(six, from: .client)
        #expect(effects.toOther?.readableBytes == six.count)
        #expect(RelayBench.describe(effects).hasSuffix("pause client, 1 s"))
        #expect(bench.isPaused)
        #expect(bench.pass(to: 999) == [])
        #expect(bench.pass(to: 1000) == ["1 s: resume client"])
        #expect(!bench.isPaused && bench.wakesAt == nil)
        bench.send(Self.message, from: .client)
        #expect(bench.isPaused && bench.wakesAt == 1500)
    }

    @Test func pause_grows_whenMoreWasReadAlready() {
        let bench = WatchBench(Self.rules(RateBound(perSecond: 1, burst: 1), .delay))
        for _ in 0..<3 { bench.send(Self.message, from: .client) }
        #expect(bench.wakesAt == 1000)
        #expect(bench.pass(to: 1999) == ["1 s: 1 s"])
        #expect(bench.pass(to: 2000) == ["2 s: resume client"])
    }

    @Test func longRun_keepsTheRate() {
        let bench = WatchBench(
            Self.rules(
                RateBound(perSecond: 10, burst: 20), bytes: RateBound(perSecond: 1000, burst: 1000), .delay))
        var sent = 0
        for tick in 0..<6000 {
            bench.pass(to: tick * 10)
            if !bench.isPaused {
                bench.send(Self.message, from: .client)
                sent += 1
            }
        }
        #expect(sent >= 10 * 60 && sent <= 10 * 60 + 21)
    }

    @Test func closingRelay_readsItsClientAgain() {
        let bench = WatchBench(Self.rules(RateBound(perSecond: 1, burst: 1), .delay))
        bench.send(Self.message + Self.message, from: .client)
        #expect(bench.isPaused)
        let effects = bench.send(WebSocketWire.close(1000, masked: false), from: .upstream)
        #expect(RelayBench.describe(effects) == "client >1000, drain upstream, resume client, 10 s")
        // The rate ends with the session.
        #expect(RelayBench.describe(bench.send(Self.message + Self.message, from: .client)) == "pass <'x' <'x'")
    }

    @Test func pausedClient_isNotGivenUp() {
        let ping = PingRule(interval: .seconds(30), timeout: .seconds(10))
        let rate = RateRule(messages: RateBound(perSecond: 1, burst: 1), excess: .delay)
        let bench = WatchBench(RelayRules(ping: ping, idle: IdleRule(time: .seconds(50)), rate: rate))
        bench.pass(to: 30_000)
        _ = bench.pong(from: .upstream)
        bench.send(Array(repeating: Self.message, count: 61).flatMap { $0 }, from: .client)
        for second in stride(from: 31, through: 89, by: 5) {
            bench.pass(to: second * 1000)
            if bench.wakesAt != nil { _ = bench.pong(from: .upstream) }
        }
        #expect(bench.isPaused && bench.machine.summary.cause == nil)
        #expect(bench.pass(to: 90_000).contains { $0.contains("resume client") })
        #expect(bench.machine.summary.cause == nil)
    }

    // MARK: Buckets

    @Test(arguments: [(1, 1), (3, 7), (1_000_000, 1), (Int.max, Int.max), (0, 0), (-5, -5), (1 << 30, 1 << 40)])
    func bucket_neverTraps_andNeverGivesMoreThanItHas(_ perSecond: Int, _ burst: Int) {
        let bound = RateBound(perSecond: perSecond, burst: burst)
        for start in [0, 1, 1 << 40, UInt64(1) << 62] {
            var bucket = TokenBucket()
            for count in [0, 1, 1 << 20, UInt64.max] {
                _ = bucket.take(count, of: bound, now: start)
            }
            #expect(bucket.take(1, of: bound, now: start) > 0 || perSecond > 1 << 29)
        }
    }

    @Test(arguments: 0..<20)
    func bucket_agreesWithExactArithmetic(_ seed: UInt64) {
        var random = WebSocketRandom(seed)
        // Whole nanoseconds for each token, so that nothing is rounded.
        let nanoseconds: Int = [1, 2, 5, 1000, 1_000_000, 250_000_000].randomElement(using: &random) ?? 1
        let burst = Int.random(in: 1...50, using: &random)
        let bound = RateBound(perSecond: 1_000_000_000 / nanoseconds, burst: burst)
        var bucket = TokenBucket()
        var now = 1000
        // In nanoseconds' worth of tokens.
        var level = burst * nanoseconds
        for _ in 0..<500 {
            let passed = Int.random(in: 0...(2 * nanoseconds), using: &random)
            now += passed
            level = min(burst * nanoseconds, level + passed)
            let count = Int.random(in: 0...3, using: &random)
            level -= count * nanoseconds
            #expect(bucket.take(UInt64(count), of: bound, now: UInt64(now)) == UInt64(max(0, -level)))
        }
    }
}
