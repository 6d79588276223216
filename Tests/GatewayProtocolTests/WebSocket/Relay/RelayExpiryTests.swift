import GatewayProtocol
import NIOCore
import Testing

/// The token's last moments: the notice, the renewal, the end.
@Suite struct RelayExpiryTests {
    private static let rules = RelayRules(
        notice: NoticeRule(before: .seconds(60), message: [.text(Array("soon".utf8))]))

    private static func bytes(_ buffer: ByteBuffer?) -> [UInt8] { buffer.map { Array($0.readableBytesView) } ?? [] }

    private static func passed(_ effects: RelayEffects) -> [UInt8] {
        Self.bytes(effects.orders?.beforeToOther) + Self.bytes(effects.toOther)
    }

    private static let notice = WebSocketWire.text("soon", masked: false)
    private static let end =
        "client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, 1 s"

    @Test func client_isTold_beforeTheEnd() {
        let bench = WatchBench(Self.rules, expiry: 300_000)
        #expect(bench.pass(to: 300_000) == ["240 s: client >'soon', 60 s", "300 s: \(Self.end)"])
        #expect(bench.machine.summary.cause == .tokenExpired)
    }

    @Test func client_isToldAtOnce_whenTheTokenIsShort() {
        let bench = WatchBench(Self.rules, expiry: 20_000)
        #expect(bench.wakesAt == 20_000)
        #expect(bench.pass(to: 20_000) == ["20 s: \(Self.end)"])
        #expect(bench.texts == ["soon"])
    }

    @Test(arguments: [(300_000, 240_000, "abc 60"), (20_000, 0, "abc 20"), (20_400, 0, "abc 20"), (400, 0, "abc 0")])
    func notice_saysWhatIsLeft_ofWhichSession(_ expiry: Int, _ time: Int, _ text: String) {
        let rule = NoticeRule(before: .seconds(60), message: [.session, .text([0x20]), .seconds])
        let bench = WatchBench(RelayRules(notice: rule), expiry: expiry)
        bench.pass(to: time)
        #expect(bench.texts == [text])
    }

    @Test func session_endsWithoutNotice_whenNoneIsWanted() {
        let bench = WatchBench(RelayRules(), expiry: 300_000)
        #expect(bench.pass(to: 300_000) == ["300 s: \(Self.end)"])
    }

    /// The wall clock may have jumped.
    @Test func shell_mayEndTheSessionEarlier() {
        let bench = WatchBench(Self.rules, expiry: 300_000)
        #expect(RelayBench.describe(bench.machine.tokenExpired()) == Self.end)
        #expect(bench.pass(to: 240_000).filter { $0.contains("soon") } == [])
    }

    @Test func summary_namesTheRevocation_whenTheTokenIsRevoked() {
        let bench = WatchBench(Self.rules, expiry: 300_000)
        let end = RelayBench.describe(bench.machine.tokenRevoked())
        #expect(end == Self.end.replacing("expired", with: "revoked"))
        #expect(bench.machine.summary.cause == .tokenRevoked)
        #expect(bench.machine.summary.cause?.side == nil)
    }

    // MARK: Message boundaries

    @Test func notice_waitsForTheEndOfAMessage_notOfAFrame() {
        let bench = WatchBench(Self.rules, expiry: 300_000)
        bench.send(WebSocketWire.text("a", masked: false, fin: false), from: .upstream)
        #expect(bench.pass(to: 250_000) == ["240 s: 60 s"])
        let more = WebSocketWire.frame(9, [1], masked: false) + WebSocketWire.frame(0, [2], masked: false, fin: false)
        #expect(RelayBench.describe(bench.send(more, from: .upstream)).contains("soon") == false)
        let effects = bench.send(WebSocketWire.frame(0, [3], masked: false), from: .upstream)
        #expect(Self.bytes(effects.toOther) == WebSocketWire.frame(0, [3], masked: false))
        #expect(Self.bytes(effects.orders?.toClient) == Self.notice)
    }

    @Test func notice_findsItsPlace_insideARead() {
        let last = WebSocketWire.frame(0, [3], masked: false)
        let between = WebSocketWire.frame(9, [1], masked: false)
        for next in [
            WebSocketWire.text("next message", masked: false, fin: false),
            WebSocketWire.frame(2, [1, 2, 3, 4], masked: false),
        ] {
            let bench = WatchBench(Self.rules, expiry: 300_000)
            bench.send(WebSocketWire.text("a", masked: false, fin: false), from: .upstream)
            bench.pass(to: 240_000)
            // The read ends inside the next message, so that the boundary is in its middle.
            let effects = bench.send(last + between + next.dropLast(2), from: .upstream)
            #expect(Self.passed(effects) == last + between + Self.notice + next.dropLast(2))
            #expect(effects.orders?.toClient == nil)
        }
    }

    @Test func notice_isInserted_whereverReadsAreCut() {
        let stream =
            WebSocketWire.text("a", masked: false, fin: false) + WebSocketWire.frame(0, [1, 2], masked: false)
            + WebSocketWire.frame(2, Array(repeating: 5, count: 200), masked: false, fin: false)
            + WebSocketWire.frame(0, [3], masked: false)
        let boundaries = [9 - 2, stream.count]
        for cut in 1..<stream.count {
            for second in cut..<min(cut + 9, stream.count) {
                let bench = WatchBench(Self.rules, expiry: 300_000)
                var out = Self.bytes(bench.send(Array(stream[..<cut]), from: .upstream).toOther)
                bench.pass(to: 240_000)
                out += bench.takeClientBytes()
                for piece in [stream[cut..<second], stream[second...]] where !piece.isEmpty {
                    let effects = bench.send(Array(piece), from: .upstream)
                    out += Self.passed(effects) + Self.bytes(effects.orders?.toClient)
                }
                let places = [0] + boundaries
                #expect(
                    places.contains { Array(stream[..<$0]) + Self.notice + stream[$0...] == out },
                    "cut at \(cut), \(second)")
            }
        }
    }

    /// A compressed message is one bit of its own; ours has not got it (RFC 7692 section 6).
    @Test func notice_isUncompressed_alsoBesideCompressedMessages() throws {
        let bench = WatchBench(Self.rules, expiry: 300_000, deflate: true)
        bench.send(WebSocketWire.frame(1, [1, 2, 3], masked: false, rsv: 4), from: .upstream)
        bench.pass(to: 240_000)
        let frame = try #require(WebSocketWire.frames(bench.takeClientBytes())?.first)
        #expect(frame.opcode == 1 && frame.fin && frame.rsv == 0 && !frame.isMasked)
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65535, 65536])
    func notice_mayHaveAnyLength(_ count: Int) throws {
        let text = Array(repeating: UInt8(ascii: "n"), count: count)
        let bench = WatchBench(
            RelayRules(notice: NoticeRule(before: .seconds(60), message: [.text(text)])), expiry: 60_000)
        #expect(bench.takeClientBytes() == WebSocketWire.frame(1, text, masked: false))
    }

    @Test func notice_isNotSent_onceTheSessionEnds() {
        let bench = WatchBench(Self.rules, expiry: 300_000)
        bench.send(WebSocketWire.text("a", masked: false, fin: false), from: .upstream)
        bench.pass(to: 250_000)
        bench.send(WebSocketWire.close(1000, masked: true), from: .client)
        let effects = bench.send(
            WebSocketWire.frame(0, [3], masked: false) + WebSocketWire.text("b", masked: false), from: .upstream)
        #expect(!RelayBench.describe(effects).contains("soon"))
    }

    // MARK: Renewal

    @Test func renewal_movesTheEnd_andTheNotice() {
        let bench = WatchBench(Self.rules, expiry: 300_000)
        bench.pass(to: 250_000)
        bench.did(bench.machine.renewed(until: WatchBench.time(600_000), now: bench.time))
        #expect(bench.pass(to: 600_000) == ["300 s: 240 s", "540 s: client >'soon', 60 s", "600 s: \(Self.end)"])
    }

    @Test func renewal_takesBackANotice_thatIsStillWaiting() {
        let bench = WatchBench(Self.rules, expiry: 300_000)
        bench.send(WebSocketWire.text("a", masked: false, fin: false), from: .upstream)
        bench.pass(to: 250_000)
        bench.did(bench.machine.renewed(until: WatchBench.time(600_000), now: bench.time))
        let effects = bench.send(WebSocketWire.frame(0, [3], masked: false), from: .upstream)
        #expect(effects.orders?.toClient == nil)
        #expect(bench.pass(to: 540_000).last?.contains("soon") == true)
    }

    @Test func renewal_mayBringTheEndNearer() {
        let bench = WatchBench(RelayRules(), expiry: 300_000)
        let effects = bench.did(bench.machine.renewed(until: WatchBench.time(100_000), now: bench.time))
        #expect(effects.orders?.deadline == .arm(.seconds(100)))
        #expect(bench.pass(to: 100_000) == ["100 s: \(Self.end)"])
    }

    @Test func renewal_isTooLate_whenTheSessionEnds() {
        let bench = WatchBench(Self.rules, expiry: 300_000)
        bench.pass(to: 300_000)
        #expect(bench.machine.renewed(until: .max, now: bench.time).isNothing)
    }
}
