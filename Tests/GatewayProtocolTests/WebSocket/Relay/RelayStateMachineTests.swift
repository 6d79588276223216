import GatewayProtocol
import NIOCore
import Testing

@Suite struct RelayStateMachineTests {
    private static func machine(deflate: Bool = false) -> RelayStateMachine {
        RelayStateMachine(limits: RelayBench.limits, deflate: deflate, maskKey: 0x37FA_213D)
    }

    private static func bytes(_ buffer: ByteBuffer?) -> [UInt8] { buffer.map { Array($0.readableBytesView) } ?? [] }

    private static func numbers(_ traffic: RelayTraffic) -> [UInt64] {
        [traffic.frames, traffic.messages, traffic.payloadBytes]
    }

    @Test func frames_passWithoutOrders_whileOpen() {
        var machine = Self.machine(deflate: true)
        for side in RelaySide.allCases {
            let frames = WebSocketWire.frame(2, Array(repeating: 1, count: 300), masked: side == .client, rsv: 4)
            for piece in [frames, Array(frames[..<100]), Array(frames[100...])] {
                let effects = machine.received(from: side, ByteBuffer(bytes: piece))
                #expect(Self.bytes(effects.toOther) == piece)
                #expect(effects.orders == nil)
            }
        }
    }

    @Test func buffer_passesWithItsReaderIndex_andWithoutCopy() {
        var machine = Self.machine()
        var buffer = ByteBuffer(bytes: [9, 9, 9] + WebSocketWire.text("hi", masked: false))
        buffer.moveReaderIndex(forwardBy: 3)
        let address = buffer.withUnsafeReadableBytes { $0.baseAddress }
        let passed = machine.received(from: .upstream, buffer).toOther
        #expect(passed?.withUnsafeReadableBytes { $0.baseAddress } == address)
        #expect(passed?.readableBytes == 4)
    }

    @Test func headerInPieces_isHeldBack_untilItIsWhole() {
        var machine = Self.machine()
        let frame = WebSocketWire.frame(2, Array(repeating: 7, count: 200), masked: true)
        let first = machine.received(
            from: .client, ByteBuffer(bytes: WebSocketWire.text("a", masked: true) + frame[..<3]))
        #expect(Self.bytes(first.toOther) == WebSocketWire.text("a", masked: true))
        #expect(first.orders == nil)
        #expect(machine.received(from: .client, ByteBuffer(bytes: frame[3..<7])).isNothing)
        let last = machine.received(from: .client, ByteBuffer(bytes: frame[7...]))
        #expect(Self.bytes(last.orders?.beforeToOther) == Array(frame[..<7]))
        #expect(Self.bytes(last.toOther) == Array(frame[7...]))
    }

    /// While only a part of a header has come, the other side is at a boundary.
    @Test func close_isSentAtOnce_whenOnlyAHeaderHasBegun() {
        var machine = Self.machine()
        _ = machine.received(from: .upstream, ByteBuffer(bytes: [0x81]))
        _ = machine.received(from: .client, ByteBuffer(bytes: [0x81]))
        let effects = machine.tokenExpired()
        #expect(Self.bytes(effects.orders?.toClient) == WebSocketWire.close(4001, "token expired", masked: false))
        #expect(Self.bytes(effects.orders?.toUpstream) == WebSocketWire.close(4001, "token expired", masked: true))
        let late = machine.received(
            from: .client, ByteBuffer(bytes: Array(WebSocketWire.text("x", masked: true).dropFirst())))
        #expect(late.isNothing)
    }

    @Test(arguments: [
        WebSocketWire.close(1000, "bye", masked: true), WebSocketWire.close(nil, masked: true),
        WebSocketWire.close(4999, masked: true),
        WebSocketWire.close(1000, String(repeating: "x", count: 123), masked: true),
    ])
    func close_isForwardedExactly_howeverItIsCut(_ frame: [UInt8]) {
        for cut in frame.indices {
            var machine = Self.machine()
            let first = machine.received(from: .client, ByteBuffer(bytes: frame[..<cut]))
            #expect(first.orders == nil && Self.bytes(first.toOther).isEmpty)
            let second = machine.received(from: .client, ByteBuffer(bytes: frame[cut...] + [0x81, 0x00]))
            #expect(Self.bytes(second.orders?.toUpstream) == frame)
            #expect(second.toOther == nil)
            #expect(second.orders?.deadline == .arm(.seconds(10)))
        }
    }

    @Test(
        arguments: [
            (WebSocketWire.close(1000, "bye", masked: false), WebSocketWire.close(1000, "bye", masked: false), nil),
            (WebSocketWire.close(4003, masked: false), WebSocketWire.close(4003, masked: false), nil),
            (WebSocketWire.close(nil, masked: false), WebSocketWire.close(nil, masked: false), nil),
            (WebSocketWire.frame(8, [3, 232, 0xFF], masked: false), WebSocketWire.close(1000, masked: false), 1007),
        ]
            + ([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] as [UInt16]).map {
                (
                    WebSocketWire.close($0, "x", masked: false),
                    WebSocketWire.close(1011, "invalid close code from upstream", masked: false), 1002
                )
            } + [
                (
                    WebSocketWire.frame(8, [3], masked: false),
                    WebSocketWire.close(1011, "invalid close code from upstream", masked: false), 1002
                )
            ] as [([UInt8], [UInt8], UInt16?)])
    func upstreamsClose_reachesTheClient_withAValidCode(_ sent: [UInt8], _ expected: [UInt8], _ answer: UInt16?) {
        var machine = Self.machine()
        let effects = machine.received(
            from: .upstream, ByteBuffer(bytes: WebSocketWire.text("hi", masked: false) + sent))
        #expect(Self.bytes(effects.toOther) == WebSocketWire.text("hi", masked: false))
        #expect(Self.bytes(effects.orders?.toClient) == expected)
        let told = WebSocketWire.frames(Self.bytes(effects.orders?.toUpstream))?.first
        #expect(told?.closeCode == answer)
        #expect(machine.summary.cause == .closed(by: .upstream))
    }

    @Test(arguments: FrameViolation.allCases)
    func violation_isTold_toBothSides(_ violation: FrameViolation) throws {
        let examples = WebSocketFrameScannerTests.all
        for example in examples where example.stop == .violation(violation) {
            var machine = Self.machine(deflate: example.deflate)
            let side: RelaySide = example.direction == .fromClient ? .client : .upstream
            let effects = machine.received(from: side, ByteBuffer(bytes: example.stream))
            #expect(Self.bytes(effects.toOther) == Array(example.stream.prefix(example.forwarded ?? 0)))
            let (offender, other) =
                side == .client
                ? (effects.orders?.toClient, effects.orders?.toUpstream)
                : (effects.orders?.toUpstream, effects.orders?.toClient)
            let told = try #require(WebSocketWire.frames(Self.bytes(offender))?.first)
            #expect(told.closeCode == violation.closeCode)
            #expect(told.closeReason == "\(violation.label)")
            let news = try #require(WebSocketWire.frames(Self.bytes(other))?.first)
            #expect(news.closeCode == (side == .client ? 1001 : 1011))
            #expect(machine.summary.cause == .violated(by: side, violation))
        }
    }

    @Test func summary_tellsWhoSaidWhat() {
        var machine = Self.machine()
        _ = machine.received(from: .client, ByteBuffer(bytes: WebSocketWire.text("hello", masked: true)))
        _ = machine.received(from: .upstream, ByteBuffer(bytes: WebSocketWire.text("hi", masked: false)))
        _ = machine.received(from: .client, ByteBuffer(bytes: WebSocketWire.close(nil, masked: true)))
        _ = machine.received(from: .upstream, ByteBuffer(bytes: WebSocketWire.close(1000, masked: false)))
        let summary = machine.summary
        #expect(summary.cause == .closed(by: .client) && summary.cause?.side == .client)
        #expect(summary.receivedFromClient == 1005 && summary.sentToUpstream == 1005)
        #expect(summary.receivedFromUpstream == 1000 && summary.sentToClient == 1000)
        #expect(Self.numbers(summary.fromClient) == [2, 1, 5])
        #expect(Self.numbers(summary.fromUpstream) == [2, 1, 4])
    }

    @Test func summary_says1006_forASideThatSaidNothing() {
        var machine = Self.machine()
        _ = machine.closed(by: .upstream)
        #expect(machine.summary.cause == .lost(.upstream))
        #expect(machine.summary.receivedFromUpstream == 1006 && machine.summary.sentToClient == 1011)
        #expect(machine.summary.sentToUpstream == 1006)
    }

    /// What a peer may not be able to do: keep a closing relay alive with whatever it sends.
    @Test func deadline_endsBoth_whateverIsStillSent() {
        var machine = Self.machine()
        _ = machine.tokenExpired()
        for _ in 0..<100 {
            #expect(machine.received(from: .client, ByteBuffer(bytes: WebSocketWire.text("x", masked: true))).isNothing)
            #expect(machine.tokenExpired().isNothing)
        }
        let orders = machine.deadlinePassed().orders
        #expect(orders?.closeClient == .now && orders?.closeUpstream == .now)
    }
}
