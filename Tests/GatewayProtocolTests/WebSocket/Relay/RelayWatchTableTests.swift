import GatewayProtocol
import NIOCore
import Testing

/// Every event of a watching relay in every state: what is ordered, in words (see `RelayBench.describe`).
@Suite struct RelayWatchTableTests {
    enum Event: String, CaseIterable {
        case clientData, upstreamData, clientPart, upstreamPart, renewal, renewalPart, clientPong, upstreamPong
        case flood, clientFull, clientFree, upstreamFull, upstreamFree
        case renewed, accepted, drain, drainNow, slowClient, slowUpstream, expired
        case clientClose, clientGone, upstreamGone
        /// The armed deadline passes.
        case wake
    }

    /// The events that are tried in each state.
    static let tried = Event.allCases.filter { $0 != .clientPart && $0 != .upstreamPart && $0 != .renewalPart }

    private final class World {
        let bench = WatchBench(expiry: 300_000, oldAge: 1_000_000)
        private var rest: [RelaySide: [UInt8]] = [:]

        func apply(_ event: Event) -> String {
            let now = self.bench.time
            let effects: RelayEffects
            switch event {
            case .clientData: effects = self.send(WebSocketWire.text("c", masked: true), .client)
            case .upstreamData: effects = self.send(WebSocketWire.text("u", masked: false), .upstream)
            case .clientPart: effects = self.begin(WebSocketWire.text("client", masked: true), .client)
            case .upstreamPart: effects = self.begin(WebSocketWire.text("server", masked: false), .upstream)
            case .renewal: effects = self.send(Self.renewal, .client)
            case .renewalPart: effects = self.begin(Self.renewal, .client)
            case .clientPong: effects = self.pong(.client)
            case .upstreamPong: effects = self.pong(.upstream)
            case .flood:
                effects = self.send(
                    Array(repeating: WebSocketWire.text("c", masked: true), count: 20).flatMap { $0 }, .client)
            case .clientFull:
                effects = self.bench.did(
                    self.bench.machine.writabilityChanged(of: .client, isWritable: false, now: now))
            case .clientFree:
                effects = self.bench.did(self.bench.machine.writabilityChanged(of: .client, isWritable: true, now: now))
            case .upstreamFull:
                effects = self.bench.did(
                    self.bench.machine.writabilityChanged(of: .upstream, isWritable: false, now: now))
            case .upstreamFree:
                effects = self.bench.did(
                    self.bench.machine.writabilityChanged(of: .upstream, isWritable: true, now: now))
            case .renewed: effects = self.bench.did(self.bench.machine.renewed(until: now + 80_000_000_000, now: now))
            case .accepted: effects = self.bench.did(self.bench.machine.renewalAnswered(true))
            case .drain:
                effects = self.bench.did(
                    self.bench.machine.drain(at: now + 2_000_000_000, with: WebSocketClose(1012, "restart"), now: now))
            case .drainNow:
                effects = self.bench.did(
                    self.bench.machine.drain(at: now, with: WebSocketClose(1012, "restart"), now: now))
            case .slowClient: effects = self.bench.did(self.bench.machine.slowConsumer(.client))
            case .slowUpstream: effects = self.bench.did(self.bench.machine.slowConsumer(.upstream))
            case .expired: effects = self.bench.did(self.bench.machine.tokenExpired())
            case .clientClose: effects = self.send(WebSocketWire.close(1000, "bye", masked: true), .client)
            case .clientGone: effects = self.bench.did(self.bench.machine.closed(by: .client))
            case .upstreamGone: effects = self.bench.did(self.bench.machine.closed(by: .upstream))
            case .wake:
                guard let wakesAt = self.bench.wakesAt else { return "asleep" }
                return self.bench.pass(to: wakesAt).joined(separator: "; ")
            }
            return Self.shortened(RelayBench.describe(effects))
        }

        private static let renewal = WebSocketWire.text(#"{"type":"renew","token":"abc"}"#, masked: true)

        private func send(_ bytes: [UInt8], _ side: RelaySide) -> RelayEffects {
            self.bench.send((self.rest.removeValue(forKey: side) ?? []) + bytes, from: side)
        }

        private func begin(_ frame: [UInt8], _ side: RelaySide) -> RelayEffects {
            self.rest[side] = Array(frame.suffix(3))
            return self.bench.send(Array(frame.dropLast(3)), from: side)
        }

        private func pong(_ side: RelaySide) -> RelayEffects {
            self.send(
                WebSocketWire.frame(
                    10, self.bench.lastPing[side] ?? [0, 0, 0, 0, 0, 0, 0, 9], masked: side == .client), side)
        }

        private static func shortened(_ words: String) -> String {
            words.replacing(Array(repeating: " <'c'", count: 19).joined(), with: " …")
        }
    }

    struct State: Sendable, CustomTestStringConvertible {
        var name: String
        var events: [Event]
        var expected: String

        var testDescription: String { self.name }

        init(_ name: String, _ events: Event..., expected: String) {
            self.name = name
            self.events = events
            self.expected = expected
        }
    }

    @Test(arguments: states)
    func event_isAnsweredAsTheTableSays_inEachState(_ state: State) {
        let lines = Self.tried.map { event in
            let world = World()
            for event in state.events { _ = world.apply(event) }
            return "\(event): \(world.apply(event))"
        }
        #expect(lines.joined(separator: "\n") == state.expected)
    }

    static let states = [
        State(
            "quiet",
            expected: """
                clientData: pass <'c'
                upstreamData: pass >'u'
                renewal: token 'abc'
                clientPong: pass <pong [9]
                upstreamPong: pass >pong [9]
                flood: pass … <'c', pause client, 15 s
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: 20 s
                accepted: client >'ok'
                drain: 2 s
                drainNow: client >1012 restart, upstream <1001 restart, drain client, drain upstream, 1 s
                slowClient: client >1008 too slow, upstream <1001 too slow, drain client, drain upstream, 1 s
                slowUpstream: client >1013 upstream too slow, upstream <1001 upstream too slow, drain client, drain upstream, 1 s
                expired: client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, 1 s
                clientClose: upstream <1000 bye, drain client, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, 10 s
                wake: 30 s: client >ping [1], upstream <ping [2], 10 s
                """
        ),
        State(
            "both pinged", .wake,
            expected: """
                clientData: pass <'c'
                upstreamData: pass >'u'
                renewal: token 'abc'
                clientPong: client took 0 ms
                upstreamPong: upstream took 0 ms
                flood: pass … <'c', pause client
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: -
                accepted: client >'ok'
                drain: 2 s
                drainNow: client >1012 restart, upstream <1001 restart, drain client, drain upstream, 1 s
                slowClient: client >1008 too slow, upstream <1001 too slow, drain client, drain upstream, 1 s
                slowUpstream: client >1013 upstream too slow, upstream <1001 upstream too slow, drain client, drain upstream, 1 s
                expired: client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, 1 s
                clientClose: upstream <1000 bye, drain client, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, 10 s
                wake: 40 s: client >1011 ping timeout, drain client, drain upstream, 1 s, end client afterFlush, end upstream afterFlush
                """
        ),
        State(
            "client pinged, upstream answered", .wake, .upstreamPong,
            expected: """
                clientData: pass <'c'
                upstreamData: pass >'u'
                renewal: token 'abc'
                clientPong: client took 0 ms
                upstreamPong: pass >pong [2]
                flood: pass … <'c', pause client
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: -
                accepted: client >'ok'
                drain: 2 s
                drainNow: client >1012 restart, upstream <1001 restart, drain client, drain upstream, 1 s
                slowClient: client >1008 too slow, upstream <1001 too slow, drain client, drain upstream, 1 s
                slowUpstream: client >1013 upstream too slow, upstream <1001 upstream too slow, drain client, drain upstream, 1 s
                expired: client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, 1 s
                clientClose: upstream <1000 bye, drain client, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, 10 s
                wake: 40 s: client >1011 ping timeout, drain client, drain upstream, 1 s, end client afterFlush, end upstream afterFlush
                """
        ),
        State(
            "pings await the ends of frames", .clientPart, .upstreamPart, .wake,
            expected: """
                clientData: pass 10 bytes, upstream <ping [1], 10 s
                upstreamData: pass 6 bytes, client >ping [1], 10 s
                renewal: pass 3 bytes, upstream <ping [1], token 'abc', 10 s
                clientPong: pass 17 bytes, upstream <ping [1], 10 s
                upstreamPong: pass 13 bytes, client >ping [1], 10 s
                flood: pass 143 bytes, upstream <ping [1], pause client, 10 s
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: 20 s
                accepted: -
                drain: 2 s
                drainNow: 1 s
                slowClient: 1 s
                slowUpstream: 1 s
                expired: drain client, 1 s
                clientClose: pass 3 bytes, upstream <1000 bye, drain client, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: drain client, 10 s, end client afterFlush
                wake: 100 s: 1 s
                """
        ),
        State(
            "client paused", .flood,
            expected: """
                clientData: pass <'c', pause client
                upstreamData: pass >'u'
                renewal: pause client, token 'abc'
                clientPong: pass <pong [9], pause client
                upstreamPong: pass >pong [9]
                flood: pass … <'c', pause client
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: -
                accepted: client >'ok'
                drain: 2 s
                drainNow: client >1012 restart, upstream <1001 restart, drain client, drain upstream, resume client, 1 s
                slowClient: client >1008 too slow, upstream <1001 too slow, drain client, drain upstream, resume client, 1 s
                slowUpstream: client >1013 upstream too slow, upstream <1001 upstream too slow, drain client, drain upstream, resume client, 1 s
                expired: client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, resume client, 1 s
                clientClose: upstream <1000 bye, drain client, resume client, 10 s
                clientGone: drain upstream, resume client, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, resume client, 10 s
                wake: 15 s: resume client, 15 s
                """
        ),
        State(
            "client full", .clientFull,
            expected: """
                clientData: pass <'c'
                upstreamData: pass >'u'
                renewal: token 'abc'
                clientPong: pass <pong [9]
                upstreamPong: pass >pong [9]
                flood: pass … <'c', pause client, 15 s
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: 20 s
                accepted: client >'ok'
                drain: 2 s
                drainNow: client >1012 restart, upstream <1001 restart, drain client, drain upstream, 1 s
                slowClient: client >1008 too slow, upstream <1001 too slow, drain client, drain upstream, 1 s
                slowUpstream: client >1013 upstream too slow, upstream <1001 upstream too slow, drain client, drain upstream, 1 s
                expired: client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, 1 s
                clientClose: upstream <1000 bye, drain client, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, 10 s
                wake: 30 s: 210 s
                """
        ),
        State(
            "upstream full while both are pinged", .wake, .upstreamFull,
            expected: """
                clientData: pass <'c'
                upstreamData: pass >'u'
                renewal: token 'abc'
                clientPong: -
                upstreamPong: -
                flood: pass … <'c', pause client
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: -
                accepted: client >'ok'
                drain: 2 s
                drainNow: client >1012 restart, upstream <1001 restart, drain client, drain upstream, 1 s
                slowClient: client >1008 too slow, upstream <1001 too slow, drain client, drain upstream, 1 s
                slowUpstream: client >1013 upstream too slow, upstream <1001 upstream too slow, drain client, drain upstream, 1 s
                expired: client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, 1 s
                clientClose: upstream <1000 bye, drain client, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, 10 s
                wake: 40 s: 200 s
                """
        ),
        State(
            "renewal not whole yet", .renewalPart,
            expected: """
                clientData: pass <'c', token 'abc'
                upstreamData: pass >'u'
                renewal: client >'no', token 'abc'
                clientPong: pass <pong [9], token 'abc'
                upstreamPong: pass >pong [9]
                flood: pass … <'c', pause client, token 'abc', 16 s
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: 20 s
                accepted: client >'ok'
                drain: 2 s
                drainNow: client >1012 restart, upstream <1001 restart, drain client, drain upstream, 1 s
                slowClient: client >1008 too slow, upstream <1001 too slow, drain client, drain upstream, 1 s
                slowUpstream: client >1013 upstream too slow, upstream <1001 upstream too slow, drain client, drain upstream, 1 s
                expired: client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, 1 s
                clientClose: upstream <1000 bye, drain client, token 'abc', 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, 10 s
                wake: 30 s: client >ping [1], upstream <ping [2], 10 s
                """
        ),
        State(
            "renewal asked, upstream in a message", .upstreamPart, .renewal,
            expected: """
                clientData: pass <'c'
                upstreamData: pass 6 bytes
                renewal: token 'abc'
                clientPong: pass <pong [9]
                upstreamPong: pass 13 bytes
                flood: pass … <'c', pause client, 16 s
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: 20 s
                accepted: -
                drain: 2 s
                drainNow: upstream <1001 restart, drain client, 1 s
                slowClient: upstream <1001 too slow, drain client, 1 s
                slowUpstream: upstream <1001 upstream too slow, drain client, 1 s
                expired: upstream <4001 token expired, drain client, 1 s
                clientClose: upstream <1000 bye, drain client, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: drain client, 10 s, end client afterFlush
                wake: 30 s: upstream <ping [1], 10 s
                """
        ),
        State(
            "answer waits for upstream's message", .upstreamPart, .renewal, .accepted,
            expected: """
                clientData: pass <'c'
                upstreamData: held 7, pass >'u'
                renewal: token 'abc'
                clientPong: pass <pong [9]
                upstreamPong: pass 13 bytes, client >'ok'
                flood: pass … <'c', pause client, 16 s
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: 20 s
                accepted: -
                drain: 2 s
                drainNow: upstream <1001 restart, drain client, 1 s
                slowClient: upstream <1001 too slow, drain client, 1 s
                slowUpstream: upstream <1001 upstream too slow, drain client, 1 s
                expired: upstream <4001 token expired, drain client, 1 s
                clientClose: upstream <1000 bye, drain client, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: drain client, 10 s, end client afterFlush
                wake: 30 s: upstream <ping [1], 10 s
                """
        ),
        State(
            "drain has its turn", .drain,
            expected: """
                clientData: pass <'c'
                upstreamData: pass >'u'
                renewal: token 'abc'
                clientPong: pass <pong [9]
                upstreamPong: pass >pong [9]
                flood: pass … <'c', pause client
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: -
                accepted: client >'ok'
                drain: -
                drainNow: client >1012 restart, upstream <1001 restart, drain client, drain upstream, 1 s
                slowClient: client >1008 too slow, upstream <1001 too slow, drain client, drain upstream, 1 s
                slowUpstream: client >1013 upstream too slow, upstream <1001 upstream too slow, drain client, drain upstream, 1 s
                expired: client >4001 token expired, upstream <4001 token expired, drain client, drain upstream, 1 s
                clientClose: upstream <1000 bye, drain client, 10 s
                clientGone: drain upstream, 10 s, end upstream afterFlush
                upstreamGone: client >1011 upstream connection lost, drain client, 10 s
                wake: 2 s: client >1012 restart, upstream <1001 restart, drain client, drain upstream, 1 s
                """
        ),
        State(
            "expired, upstream pinged", .wake, .expired,
            expected: """
                clientData: -
                upstreamData: -
                renewal: -
                clientPong: client took 0 ms
                upstreamPong: upstream took 0 ms
                flood: -
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: -
                accepted: -
                drain: -
                drainNow: -
                slowClient: -
                slowUpstream: -
                expired: -
                clientClose: 1 s, end client afterFlush
                clientGone: 1 s
                upstreamGone: -
                wake: 31 s: end client now, end upstream now
                """
        ),
        State(
            "client silent", .wake, .upstreamPong, .wake,
            expected: """
                clientData: -
                upstreamData: -
                renewal: -
                clientPong: client took 10000 ms
                upstreamPong: -
                flood: -
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: -
                accepted: -
                drain: -
                drainNow: -
                slowClient: -
                slowUpstream: -
                expired: -
                clientClose: -
                clientGone: -
                upstreamGone: -
                wake: 41 s: end client now, end upstream now
                """
        ),
        State(
            "client closed, upstream pinged", .wake, .clientClose,
            expected: """
                clientData: -
                upstreamData: pass >'u'
                renewal: -
                clientPong: -
                upstreamPong: upstream took 0 ms
                flood: -
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: -
                accepted: -
                drain: -
                drainNow: -
                slowClient: -
                slowUpstream: -
                expired: -
                clientClose: -
                clientGone: drain upstream, 1 s
                upstreamGone: client >1000, 1 s, end client afterFlush
                wake: 40 s: client >1000, drain upstream, 1 s, end client afterFlush, end upstream now
                """
        ),
        State(
            "finished", .clientGone, .upstreamGone,
            expected: """
                clientData: -
                upstreamData: -
                renewal: -
                clientPong: -
                upstreamPong: -
                flood: -
                clientFull: -
                clientFree: -
                upstreamFull: -
                upstreamFree: -
                renewed: -
                accepted: -
                drain: -
                drainNow: -
                slowClient: -
                slowUpstream: -
                expired: -
                clientClose: -
                clientGone: -
                upstreamGone: -
                wake: asleep
                """
        ),
    ]
}
