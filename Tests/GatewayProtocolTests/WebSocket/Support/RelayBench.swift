import GatewayProtocol
import NIOCore

/// A relay on the bench: feeds events and says in words what the machine ordered.
struct RelayBench: ~Copyable {
    var machine: RelayStateMachine
    /// What is missing of the frame that each side is in the middle of.
    private var rest: [RelaySide: [UInt8]] = [:]

    static let limits = RelayLimits(maxFrame: 1000, maxMessage: 1500)

    enum Event: String, CaseIterable {
        case clientData, upstreamData, clientClose, upstreamClose, clientBroken, upstreamBroken
        case clientGone, upstreamGone, expired, stopped, deadline
        /// Begins a frame of which the next bytes of that side are the rest.
        case clientPart, upstreamPart
    }

    /// The events that are tried in each state.
    static let tried = Event.allCases.filter { $0 != .clientPart && $0 != .upstreamPart }

    init(deflate: Bool = false) {
        self.machine = RelayStateMachine(limits: Self.limits, deflate: deflate, maskKey: 0x37FA_213D)
    }

    init(after events: [Event]) {
        self.init()
        for event in events { _ = self.apply(event) }
    }

    mutating func apply(_ event: Event) -> RelayEffects {
        switch event {
        case .clientData: self.send(WebSocketWire.text("c", masked: true), .client)
        case .upstreamData: self.send(WebSocketWire.text("u", masked: false), .upstream)
        case .clientClose: self.send(WebSocketWire.close(1000, "bye", masked: true), .client)
        case .upstreamClose: self.send(WebSocketWire.close(3000, "end", masked: false), .upstream)
        case .clientBroken: self.send(WebSocketWire.frame(0xB, masked: true), .client)
        case .upstreamBroken: self.send(WebSocketWire.frame(0xB, masked: false), .upstream)
        case .clientGone: self.machine.closed(by: .client)
        case .upstreamGone: self.machine.closed(by: .upstream)
        case .expired: self.machine.tokenExpired()
        case .stopped: self.machine.stop(WebSocketClose(1012, "restart"))
        case .deadline: self.machine.deadlinePassed()
        case .clientPart: self.begin(WebSocketWire.text("client", masked: true), .client)
        case .upstreamPart: self.begin(WebSocketWire.text("server", masked: false), .upstream)
        }
    }

    private mutating func send(_ bytes: [UInt8], _ side: RelaySide) -> RelayEffects {
        let all = (self.rest.removeValue(forKey: side) ?? []) + bytes
        return self.machine.received(from: side, ByteBuffer(bytes: all))
    }

    private mutating func begin(_ frame: [UInt8], _ side: RelaySide) -> RelayEffects {
        self.rest[side] = Array(frame.suffix(3))
        return self.machine.received(from: side, ByteBuffer(bytes: frame.dropLast(3)))
    }

    static func describe(_ effects: RelayEffects) -> String {
        var words: [String] = []
        if let held = effects.orders?.beforeToOther { words.append("held \(held.readableBytes)") }
        if let bytes = effects.toOther { words.append("pass \(self.describe(bytes))") }
        guard let orders = effects.orders else { return words.isEmpty ? "-" : words.joined(separator: ", ") }
        if let bytes = orders.toClient { words.append("client \(self.describe(bytes))") }
        if let bytes = orders.toUpstream { words.append("upstream \(self.describe(bytes))") }
        if orders.drainsClient { words.append("drain client") }
        if orders.drainsUpstream { words.append("drain upstream") }
        switch orders.clientReading {
        case .pause: words.append("pause client")
        case .resume: words.append("resume client")
        case nil: break
        }
        if let token = orders.renewalToken { words.append("token '\(String(decoding: token, as: UTF8.self))'") }
        if let trip = orders.roundTrip { words.append("\(trip.side) took \(trip.nanoseconds / 1_000_000) ms") }
        switch orders.deadline {
        case .arm(let duration) where duration.components.attoseconds != 0:
            words.append("\(duration / .milliseconds(1)) ms")
        case .arm(let duration): words.append("\(duration.components.seconds) s")
        case .cancel: words.append("no deadline")
        case nil: break
        }
        if orders.finishesClient { words.append("finish client") }
        if let closing = orders.closeClient { words.append("end client \(closing)") }
        if let closing = orders.closeUpstream { words.append("end upstream \(closing)") }
        if orders.isFinished { words.append("finished") }
        return words.joined(separator: ", ")
    }

    private static func describe(_ buffer: ByteBuffer) -> String {
        let bytes = Array(buffer.readableBytesView)
        var rest = bytes[...]
        var words: [String] = []
        while let frame = SeenFrame(&rest) {
            let sender = frame.isMasked ? "<" : ">"
            switch frame.opcode {
            case 8:
                words.append(
                    "\(sender)\(frame.closeCode.map { "\($0)" } ?? "close")\(frame.closeReason.isEmpty ? "" : " \(frame.closeReason)")"
                )
            case 9, 10:
                let payload = frame.payload.count == 8 ? frame.payload.drop { $0 == 0 } : frame.payload[...]
                words.append("\(sender)\(frame.opcode == 9 ? "ping" : "pong") \(payload)")
            default: words.append("\(sender)'\(String(decoding: frame.payload, as: UTF8.self))'")
            }
        }
        // The end of a frame that began in an earlier buffer cannot be told from the start of one.
        return rest.isEmpty ? words.joined(separator: " ") : "\(bytes.count) bytes"
    }
}

extension RelayEffects {
    var isNothing: Bool { self.toOther == nil && self.orders == nil }
}
